"""What no camera can tell: exact motion and visibility of every pixel, from the scene itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vfibench_datasets.synthetic.geometry import apply, inverse
from vfibench_datasets.synthetic.render import look_up, texture_of, window
from vfibench_datasets.synthetic.scenes import HEIGHT, WIDTH, Layer, Scene

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from vfibench.contracts import BoolArray, UInt8Array

    Float32Array = npt.NDArray[np.float32]
    Float64Array = npt.NDArray[np.float64]
    IntArray = npt.NDArray[np.intp]

PURE = 0.99  # share of a pixel's colour that must come from one surface for the pixel to count as seen
ROUNDING = 1e-6  # pixels; a point taken to another time and back comes home to 1e-12


@dataclass(frozen=True)
class Truth:
    """Motion and visibility of a frame's pixels; each belongs to the foremost layer that covers half of it.

    Attributes:
        flow0, flow1: [2, H, W] float32, (x, y) in pixels, from the pixel to the place of its surface point
            at t = 0 and t = 1, whether or not it can be seen there.
        seen0, seen1: [H, W] bool, True where that input shows the same surface point: it lies inside the
            frame (between the outermost pixel centres) and at least 99% of the colour there, and of the
            pixel itself, is the surface's own. So a pixel whose colour mixes two layers (the anti-aliased
            edge), or that would be read from such a place, counts as not seen.
        mixed: [H, W] bool, True where the pixel itself mixes layers; never seen, by definition.
    """

    flow0: Float32Array
    flow1: Float32Array
    seen0: BoolArray
    seen1: BoolArray
    mixed: BoolArray

    @property
    def inputs_seeing(self) -> UInt8Array:
        """How many of the two inputs show the pixel: [H, W] uint8, 0, 1 or 2."""
        import numpy as np

        return self.seen0.astype(np.uint8) + self.seen1


def truth(scene: Scene, time: float) -> Truth:
    """Exact motion and visibility of the frame at `time`, towards the inputs at t = 0 and t = 1."""
    import numpy as np

    owner, purity = owners(scene, time)
    flows, seen = np.empty((2, 2, HEIGHT, WIDTH)), np.empty((2, HEIGHT, WIDTH), dtype=bool)
    for index, layer in enumerate(scene.layers):
        y, x = np.nonzero(owner == index)
        point = apply(inverse(layer.at(time)), x.astype(np.float64), y.astype(np.float64))
        own = coverage(layer, index, *point)
        for side in (0, 1):
            there = apply(layer.at(side), *point)
            flows[side, :, y, x] = np.stack([there[0] - x, there[1] - y], axis=1)
            shown = own * uncovered(scene, index, side, *there) >= PURE
            seen[side, y, x] = shown & (purity[y, x] >= PURE) & inside(*there)
    flow0, flow1 = flows.astype(np.float32)
    return Truth(flow0, flow1, seen[0], seen[1], purity < PURE)


def owners(scene: Scene, time: float) -> tuple[IntArray, Float64Array]:
    """Which layer each pixel belongs to, and the share of the pixel's colour that is that layer's.

    Returns:
        [H, W] indices into `scene.layers`, and [H, W] float64 in 0..1.
    """
    import numpy as np

    owner = np.zeros((HEIGHT, WIDTH), dtype=np.intp)
    share = np.ones((HEIGHT, WIDTH))
    for index, layer in enumerate(scene.layers[1:], start=1):
        left, top, right, bottom = window(layer, index, time)
        if left >= right or top >= bottom:
            continue
        x = np.arange(left, right, dtype=np.float64)[None]
        y = np.arange(top, bottom, dtype=np.float64)[:, None]
        cover = coverage(layer, index, *apply(inverse(layer.at(time)), x, y))
        taken, part = cover >= 0.5, (slice(top, bottom), slice(left, right))
        owner[part] = np.where(taken, index, owner[part])
        share[part] = np.where(taken, cover, share[part] * (1.0 - cover))
    return owner, share


def coverage(layer: Layer, index: int, px: Float64Array, py: Float64Array) -> Float64Array:
    """Opacity of layer `index` of a scene at points of the layer: [...] in 0..1, 1 for the backdrop."""
    import numpy as np

    if index == 0:
        return np.ones(np.shape(px))
    texture = texture_of(layer, index)
    return np.asarray(look_up(texture, texture.coverage, px, py)[..., 0])


def uncovered(scene: Scene, index: int, time: float, x: Float64Array, y: Float64Array) -> Float64Array:
    """How much of layer `index` the layers before it leave visible at frame positions: [...] in 0..1."""
    import numpy as np

    left = np.ones(x.shape)
    for front, layer in enumerate(scene.layers[index + 1 :], start=index + 1):
        left = left * (1.0 - coverage(layer, front, *apply(inverse(layer.at(time)), x, y)))
    return left


def inside(x: Float64Array, y: Float64Array) -> BoolArray:
    """Whether positions lie between the outermost pixel centres of the frame, rounding errors forgiven."""
    import numpy as np

    across = (x >= -ROUNDING) & (x <= WIDTH - 1.0 + ROUNDING)
    return np.asarray(across & (y >= -ROUNDING) & (y <= HEIGHT - 1.0 + ROUNDING))
