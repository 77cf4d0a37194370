"""Frames: the layers of a scene at a time, composed from back to front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfibench_datasets.synthetic.cuts import Texture, backdrop, cut_out
from vfibench_datasets.synthetic.geometry import Matrix, apply, corners, inverse
from vfibench_datasets.synthetic.scenes import HEIGHT, WIDTH, Layer, Scene

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from vfibench.contracts import UInt8Array

    Float32Array = npt.NDArray[np.float32]
    Float64Array = npt.NDArray[np.float64]

BAND = 32  # rows composed at a time, so that the work stays in the cache


def frame(scene: Scene, time: float) -> UInt8Array:
    """Render a scene.

    Args:
        time: 0 and 1 are the two middle inputs.

    Returns:
        [3, H, W] uint8 RGB, a channel-first view of interleaved memory; halves are rounded up.
    """
    import numpy as np

    matrices = [inverse(layer.at(time)) for layer in scene.layers]
    boxes = [window(layer, index, time) for index, layer in enumerate(scene.layers)]
    pixels = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
    for top in range(0, HEIGHT, BAND):
        canvas = np.zeros((BAND, WIDTH, 3))
        for index, (layer, matrix) in enumerate(zip(scene.layers, matrices, strict=True)):
            _compose(canvas, top, texture_of(layer, index), matrix, boxes[index], index == 0)
        pixels[top : top + BAND] = np.floor(canvas + 0.5)
    return pixels.transpose(2, 0, 1)


def _compose(
    canvas: Float64Array,
    top: int,
    texture: Texture,
    matrix: Matrix,
    box: tuple[int, int, int, int],
    behind_all: bool,
) -> None:
    """Lay a layer over the rows of the frame that begin at `top`."""
    import numpy as np

    left, upper, right, lower = box
    upper, lower = max(upper, top), min(lower, top + BAND)
    if upper >= lower or left >= right:
        return
    x, y = np.arange(left, right, dtype=np.float64)[None], np.arange(upper, lower, dtype=np.float64)[:, None]
    value = look_up(texture, texture.pixels, *apply(matrix, x, y))
    below = canvas[upper - top : lower - top, left:right]
    share = value[..., 3:]
    below[...] = value[..., :3] if behind_all else below + share * (value[..., :3] - below)


def texture_of(layer: Layer, index: int) -> Texture:
    """The texture of layer `index` of a scene; the first is the backdrop."""
    return (backdrop if index == 0 else cut_out)(layer.picture, layer.level)


def look_up(texture: Texture, pixels: Float32Array, px: Float64Array, py: Float64Array) -> Float64Array:
    """Read `texture.pixels` or `texture.coverage` at layer coordinates; a cut-out is clear outside.

    Args:
        px, py: photograph pixels from the layer's centre, [...].

    Returns:
        [..., C] float64.
    """
    from vfibench_datasets.synthetic.raster import sample

    u, v = px * texture.density + texture.centre[0], py * texture.density + texture.centre[1]
    return sample(pixels, u, v)


def window(layer: Layer, index: int, time: float) -> tuple[int, int, int, int]:
    """The part of the frame a layer can touch: left, top, right, bottom, ends excluded."""
    if index == 0:
        return 0, 0, WIDTH, HEIGHT
    texture = texture_of(layer, index)
    height, width = texture.coverage.shape[:2]
    points = corners(layer.at(time), width / 2 / texture.density, height / 2 / texture.density)
    if not points:
        return 0, 0, WIDTH, HEIGHT
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, upper = max(0, int(min(xs)) - 1), max(0, int(min(ys)) - 1)
    return left, upper, min(WIDTH, int(max(xs)) + 2), min(HEIGHT, int(max(ys)) + 2)
