"""Bicubic resizing as MATLAB's `imresize` does it: how super-resolution makes its low-resolution inputs.

Cubic convolution (Keys, IEEE Trans. ASSP 29:6, 1981, a = -1/2) with pixel areas aligned: output pixel i has
its centre at (i + 1/2) / scale - 1/2 of the input. Where the picture shrinks, the kernel is stretched by
1 / scale, which keeps aliases out. Weights are divided by their sum, edges are mirrored with the edge pixel
twice, and the output has ceil(length * scale) pixels. Rows come first, then columns.

Everything is in float64, and only the end result is rounded, as scripts do that convert pictures to double
before they resize them. At a factor of 2, 4 or 8 every product and sum of whole levels is exact, so that
low-resolution pictures are the same to the bit on every machine and device.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from vfibench.contracts import UInt8Array

    Taps = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]

REACH = 2.0  # of the kernel, pixels


def reduced_pictures(pictures: UInt8Array, factor: int) -> UInt8Array:
    """Pictures from disk, `factor` times smaller.

    Args:
        pictures: [N, 3, H, W] uint8, any memory layout.
        factor: a whole number.

    Returns:
        [N, 3, ceil(H / factor), ceil(W / factor)] uint8, a channel-first view of interleaved memory.
    """
    import torch

    interleaved = torch.from_numpy(pictures.transpose(0, 2, 3, 1))
    small = reduced(interleaved, factor, (1, 2)).to(torch.uint8)
    made: UInt8Array = small.numpy().transpose(0, 3, 1, 2)
    return made


def reduced(levels: torch.Tensor, factor: int, dims: tuple[int, int] = (-2, -1)) -> torch.Tensor:
    """Pictures `factor` times smaller, in whole levels: rounded (halves up) and saturated.

    Args:
        levels: whole levels 0..255, uint8 or floating-point.
        factor: a whole number.
        dims: where rows and columns are counted.

    Returns:
        float64 whole levels.
    """
    return resized(levels.double(), Fraction(1, factor), dims).add_(0.5).floor_().clamp_(0, 255)


def enlarged(frames: torch.Tensor, factor: int) -> torch.Tensor:
    """[..., H, W] floating-point frames to [..., factor * H, factor * W], unrounded and unclamped."""
    return resized(frames, Fraction(factor))


def resized(pixels: torch.Tensor, scale: Fraction, dims: tuple[int, int] = (-2, -1)) -> torch.Tensor:
    """What `imresize(pixels, scale)` gives for an array of double.

    Args:
        pixels: floating-point; the result is computed in this type.
        scale: output length / input length.
        dims: where rows and columns are counted.
    """
    for dim in dims:
        pixels = _along(pixels, dim, scale)
    return pixels


def _along(pixels: torch.Tensor, dim: int, scale: Fraction) -> torch.Tensor:
    """Resize one dimension: a weighted sum of as many gathered arrays as the kernel has taps."""
    shape = [1] * pixels.dim()
    shape[dim] = -1
    total: torch.Tensor | None = None
    for places, factors in placed_taps(pixels.shape[dim], scale, pixels.dtype, pixels.device):
        taken, factor = pixels.index_select(dim, places), factors.view(shape)
        total = taken.mul_(factor) if total is None else total.addcmul_(taken, factor)
    assert total is not None
    return total


@lru_cache(maxsize=64)
def placed_taps(
    length: int, scale: Fraction, dtype: torch.dtype, device: torch.device
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """`taps` on a device, for each tap its indices and weights; kept there, as uploads make the host wait."""
    import torch

    index, weights = taps(length, scale)
    with torch.inference_mode(False):  # so that they can be used where gradients are needed, too
        return [
            (torch.from_numpy(places).to(device), torch.from_numpy(factors).to(device, dtype))
            for places, factors in zip(index.T.copy(), weights.T.copy(), strict=True)
        ]


@lru_cache(maxsize=64)
def taps(length: int, scale: Fraction) -> Taps:
    """Which input pixels make each output pixel, and their weights.

    Args:
        length: input pixels.
        scale: output length / input length.

    Returns:
        Indices and weights, both [ceil(length * scale), taps]; each row of weights sums to 1.
    """
    import numpy as np

    stretch = max(1.0, float(1 / scale))
    centres = (np.arange(math.ceil(length * scale)) + 0.5) / float(scale) - 0.5
    first = np.floor(centres - REACH * stretch).astype(np.int64) + 1
    places = first[:, None] + np.arange(math.floor(2 * REACH * stretch) + 1)
    weights = cubic((places - centres[:, None]) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    used = weights.any(axis=0)
    mirrored = places[:, used] % (2 * length)
    return np.minimum(mirrored, 2 * length - 1 - mirrored), weights[:, used]


def cubic(distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Keys' kernel for a = -1/2: 1 at 0, -1/16 at 3/2, 0 from 2 on."""
    import numpy as np

    x = np.abs(distance)
    inner = (1.5 * x - 2.5) * x**2 + 1
    outer = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, inner, np.where(x < REACH, outer, 0.0))
