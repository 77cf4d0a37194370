"""Layers cut from the photographs: outlines traced by hand, and the textures they become."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vfibench_datasets.synthetic.outlines import OUTLINES, Outline

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from vfibench_datasets.synthetic.raster import Float32Array, Float64Array

    Int64Array = npt.NDArray[np.int64]

MARGIN = 6
SUBROWS = 8


@dataclass(frozen=True)
class Texture:
    """A picture ready to be placed; coordinates p are photograph pixels from its centre.

    Attributes:
        pixels: [h, w, 4] float32, RGB in 0..255 and coverage in 0..1, as `raster.sample` reads it.
        coverage: [h, w, 1] float32, the last channel alone.
        centre: raster coordinates (u, v) of p = (0, 0).
        density: raster pixels per photograph pixel.
    """

    pixels: Float32Array
    coverage: Float32Array
    centre: tuple[float, float]
    density: float


class CutBox(NamedTuple):
    """A rectangle of whole photograph pixels, ends included."""

    left: int
    top: int
    right: int
    bottom: int


@functools.lru_cache(maxsize=4)  # 20 MB each, and a sequence has one
def backdrop(name: str, level: int) -> Texture:
    """A whole photograph, halved `level` times; it covers the frame at all times."""
    import numpy as np

    from vfibench_datasets.synthetic.photographs import photograph

    pixels = photograph(name)
    height, width = pixels.shape[:2]
    opaque = np.ones((height, width, 1))
    return _texture(np.concatenate([pixels, opaque], axis=2), ((width - 1) / 2, (height - 1) / 2), level)


@functools.lru_cache(maxsize=16)
def cut_out(name: str, level: int) -> Texture:
    """A layer cut out of a photograph, halved `level` times, transparent outside its outline."""
    import numpy as np

    outline = OUTLINES[name]
    box, coverage = _stencil(outline, MARGIN << level)
    picture = np.concatenate([_crop(outline.photograph, box), coverage[..., None]], axis=2)
    return _texture(picture, ((box.right - box.left) / 2, (box.bottom - box.top) / 2), level)


def _texture(picture: Float64Array, centre: tuple[float, float], level: int) -> Texture:
    import numpy as np

    from vfibench_datasets.synthetic.raster import reduce, refine

    for _ in range(level):
        picture = reduce(picture)
    pixels = np.ascontiguousarray(refine(picture), dtype=np.float32)
    coverage = np.ascontiguousarray(pixels[..., 3:])
    for array in (pixels, coverage):
        array.setflags(write=False)
    density = 2.0 / (1 << level)
    return Texture(pixels, coverage, (centre[0] * density, centre[1] * density), density)


def _crop(name: str, box: CutBox) -> Float64Array:
    """Colours of a photograph inside a box; beyond the photograph's edge they are mirrored."""
    import numpy as np

    from vfibench_datasets.synthetic.photographs import photograph

    pixels = photograph(name)
    rows = _mirrored(box.top, box.bottom, pixels.shape[0])
    columns = _mirrored(box.left, box.right, pixels.shape[1])
    return np.asarray(pixels[rows][:, columns], dtype=np.float64)


def _mirrored(first: int, last: int, size: int) -> Int64Array:
    import numpy as np

    index = np.arange(first, last + 1) % (2 * size - 2)
    return np.asarray(np.minimum(index, 2 * size - 2 - index))


def _stencil(outline: Outline, margin: int) -> tuple[CutBox, Float64Array]:
    """The box around an outline and its coverage, [H, W] in 0..1."""
    import numpy as np

    if outline.stencil:
        return _stencil_of_picture(outline, margin)
    curves = [smooth(curve, outline.rounding) for curve in outline.curves]
    points = [point for curve in curves for point in curve]
    left, right = int(min(x for x, _ in points)), int(max(x for x, _ in points))
    top, bottom = int(min(y for _, y in points)), int(max(y for _, y in points))
    box = CutBox(left - margin, top - margin, right + margin + 1, bottom + margin + 1)
    total = coverage_of(curves[0], box)
    for curve in curves[1:]:
        total = np.maximum(total, coverage_of(curve, box))
    return box, total


def _stencil_of_picture(outline: Outline, margin: int) -> tuple[CutBox, Float64Array]:
    """As `_stencil`, where a black-and-white picture gives the shape (black is inside)."""
    import numpy as np

    from vfibench_datasets.synthetic.photographs import photograph

    inside = (255 - photograph(outline.stencil)[..., 0].astype(np.int64)) / 255.0
    height, width = inside.shape
    x, y = outline.offset
    box = CutBox(x - margin, y - margin, x + width - 1 + margin, y + height - 1 + margin)
    return box, np.pad(inside, margin)


def smooth(curve: tuple[tuple[float, float], ...], times: int) -> list[tuple[float, float]]:
    """Round the corners of a closed polygon by cutting them `times` times at a quarter (Chaikin)."""
    points = list(curve)
    for _ in range(times):
        pairs = zip(points, points[1:] + points[:1], strict=True)
        points = [
            (0.25 * (a * x0 + b * x1), 0.25 * (a * y0 + b * y1))
            for (x0, y0), (x1, y1) in pairs
            for a, b in ((3.0, 1.0), (1.0, 3.0))
        ]
    return points


def coverage_of(curve: list[tuple[float, float]], box: CutBox) -> Float64Array:
    """Share of each pixel that a simple closed polygon covers.

    Exact along each of eight lines a pixel row; the winding number adds up edge by edge.

    Returns:
        [H, W] float64 in 0..1, for the pixels of `box`.
    """
    import numpy as np

    columns = np.arange(box.left, box.right + 1) + 0.5
    lines = box.top - 0.5 + (np.arange(SUBROWS * (box.bottom - box.top + 1)) + 0.5) / SUBROWS
    total = np.zeros((len(lines), len(columns)))
    for (x0, y0), (x1, y1) in zip(curve, curve[1:] + curve[:1], strict=True):
        crossed = np.flatnonzero((lines >= min(y0, y1)) & (lines < max(y0, y1)))
        if len(crossed):
            x = x0 + (lines[crossed] - y0) * ((x1 - x0) / (y1 - y0))
            total[crossed] += (1.0 if y1 > y0 else -1.0) * np.clip(columns - x[:, None], 0.0, 1.0)
    parts = np.abs(total).reshape(-1, SUBROWS, len(columns))
    share = parts[:, 0]
    for k in range(1, SUBROWS):  # a fixed order of summation
        share = share + parts[:, k]
    return np.asarray(np.minimum(share / SUBROWS, 1.0))
