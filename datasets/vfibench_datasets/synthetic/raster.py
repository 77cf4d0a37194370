"""Textures: band-limited pictures that can be read between their pixels.

A texture is the uniform cubic B-spline whose coefficients are the picture's pixels: smooth, without
overshoot, and blurred just enough that frames sampled from it at about one pixel a coefficient can be
resampled accurately. The spline is stored as its control polygon after one subdivision (twice the
resolution) and read bilinearly between those. All sums have a fixed order and all values stored are
multiples of a power of two, so that every machine gets the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float32Array = npt.NDArray[np.float32]
    Float64Array = npt.NDArray[np.float64]


def reduce(picture: Float64Array) -> Float64Array:
    """Halve a picture [H, W, C]: binomial (1 4 6 4 1)/16 both ways, then every other pixel; edges repeat."""
    return _halve_rows(_halve_rows(picture).swapaxes(0, 1)).swapaxes(0, 1)


def refine(picture: Float64Array) -> Float64Array:
    """One step of cubic B-spline subdivision: [H, W, C] to [2 H - 1, 2 W - 1, C]; edges repeat."""
    return _double_rows(_double_rows(picture).swapaxes(0, 1)).swapaxes(0, 1)


def _halve_rows(p: Float64Array) -> Float64Array:
    import numpy as np

    q = np.concatenate([p[:1], p[:1], p, p[-1:], p[-1:]])
    n = len(p)
    around, beside = q[:n:2] + q[4 : n + 4 : 2], q[1 : n + 1 : 2] + q[3 : n + 3 : 2]
    return np.asarray((around + 4.0 * beside + 6.0 * p[::2]) / 16.0)


def _double_rows(p: Float64Array) -> Float64Array:
    import numpy as np

    q = np.concatenate([p[:1], p, p[-1:]])
    fine = np.empty((2 * len(p) - 1, *p.shape[1:]))
    fine[::2] = (q[:-2] + q[2:] + 6.0 * p) / 8.0
    fine[1::2] = (p[:-1] + p[1:]) / 2.0
    return fine


def sample(texture: Float32Array, u: Float64Array, v: Float64Array) -> Float64Array:
    """Read a texture bilinearly.

    Args:
        texture: [H, W, C].
        u, v: column and row coordinates, each [...]; beyond the edges, the edge's pixels go on.

    Returns:
        [..., C] float64.
    """
    import numpy as np

    height, width, channels = texture.shape
    u, v = np.clip(u, 0.0, width - 1.0), np.clip(v, 0.0, height - 1.0)
    column = np.minimum(u.astype(np.int64), width - 2)
    row = np.minimum(v.astype(np.int64), height - 2)
    fx, fy = (u - column)[..., None], (v - row)[..., None]
    index = row * width + column
    flat = texture.reshape(-1, channels)
    top = (1.0 - fx) * flat[index] + fx * flat[index + 1]
    index += width
    bottom = (1.0 - fx) * flat[index] + fx * flat[index + 1]
    return np.asarray((1.0 - fy) * top + fy * bottom)
