"""Windowed means of pictures, the part of SSIM that costs time.

Planes are held in bands of 16 rows with the rows innermost, [bands, W, 16]. Blurring along a row is then a
depthwise convolution of 16 channels; blurring along a column is a small dense matrix from the 32 rows of two
adjacent bands to 16, that is a convolution with 16 input and 16 output channels. Both are what
convolution libraries are fastest at: 0.4 ms for the twelve planes of a 256x256 picture on one core, where
separable filtering in the usual layout takes 1 ms and a dense 11x11x11 window over 100.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional

from vfibench.metrics.definitions import Window

BAND = 16


@lru_cache
def taps(window: Window) -> tuple[float, ...]:
    """One axis of a window, summing to 1: 7 equal taps or 11 of a Gaussian with sigma 1.5."""
    if window == "uniform":
        return (1 / 7,) * 7
    bell = torch.exp(-torch.arange(-5, 6, dtype=torch.float64, device="cpu").square() / (2 * 1.5**2))
    return tuple((bell / bell.sum()).tolist())


def radius_of(window: Window) -> int:
    """Pixels a window reaches to each side of its centre: (K - 1) / 2."""
    return len(taps(window)) // 2


@lru_cache
def column_weights(window: Window, device: torch.device) -> torch.Tensor:
    """[16, 1, 1, K] float32: the taps, for each of the 16 rows of a band."""
    return torch.tensor(taps(window), dtype=torch.float32, device=device).expand(BAND, 1, 1, -1).contiguous()


@lru_cache
def row_weights(window: Window, device: torch.device) -> torch.Tensor:
    """[16, 16, 2, 1] float32: output row i of a band takes the taps from input row i on, of two bands."""
    weights = torch.tensor(taps(window), dtype=torch.float32, device="cpu")
    matrix = torch.zeros(BAND, 2 * BAND, dtype=torch.float32, device="cpu")
    for row in range(BAND):
        matrix[row, row : row + len(weights)] = weights
    return matrix.view(BAND, 2, BAND).transpose(1, 2).unsqueeze(-1).contiguous().to(device)


def mix_colours(planes: torch.Tensor) -> torch.Tensor:
    """The volume window's third axis: each colour becomes a weighted sum of all three, edges replicated.

    Weights sum to 1, so each sum is two interpolations, which is cheaper than a product with a 3x3 matrix.

    Args:
        planes: [..., 3, bands, W, 16], blurred along the other two axes.

    Returns:
        The same shape, new.
    """
    weights = taps("volume")
    own, middle, other = sum(weights[:6]), weights[6], sum(weights[7:])  # at an outer colour
    first, second, third = planes.unbind(-4)
    mixed = torch.empty_like(planes)
    outs = mixed.unbind(-4)
    torch.lerp(third, first, own / (own + other), out=outs[0]).lerp_(second, middle)
    torch.lerp(first, third, 0.5, out=outs[1]).lerp_(second, weights[5])
    torch.lerp(first, third, own / (own + other), out=outs[2]).lerp_(second, middle)
    return mixed


def banded(picture: torch.Tensor, rows: slice, radius: int) -> torch.Tensor:
    """Some rows of a picture in bands, edges replicated.

    Args:
        picture: [P, C, H, W], any memory layout.
        rows: output rows wanted, start and stop given.
        radius: of the window; band 0 begins so many rows above the first output row.

    Returns:
        [P, C, bands + 1, W + 2 radius, 16] for `bands` bands of output; further rows repeat the last.
    """
    pictures, channels, height, width = picture.shape
    bands = -(-(rows.stop - rows.start) // BAND) + 1
    index = torch.arange(bands * BAND, device=picture.device).add_(rows.start - radius).clamp_(0, height - 1)
    chosen = select_rows(picture, index).unflatten(2, (bands, BAND)).transpose(3, 4)
    result = picture.new_empty(pictures, channels, bands, width + 2 * radius, BAND)
    result[..., radius : radius + width, :] = chosen
    result[..., :radius, :] = result[..., radius, None, :]
    result[..., radius + width :, :] = result[..., radius + width - 1, None, :]
    return result


def select_rows(picture: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Rows of [P, C, H, W] by index, copied whole in the picture's own memory layout."""
    if picture.is_contiguous(memory_format=torch.channels_last):
        return picture.permute(0, 2, 3, 1).index_select(1, index).permute(0, 3, 1, 2)
    return picture.index_select(2, index)


def blur(planes: torch.Tensor, window: Window) -> torch.Tensor:
    """Blur planes in bands.

    Args:
        planes: [N, bands + 1, W + K - 1, 16] float32, contiguous.

    Returns:
        [N, bands, W, 16], contiguous: the mean over the window whose top left has the same index.
    """
    count, bands, columns, _ = planes.shape
    stacked = planes.view(count * bands, 1, columns, BAND).permute(0, 3, 1, 2)
    across = functional.conv2d(stacked, column_weights(window, planes.device), groups=BAND)
    width = across.shape[-1]
    joined = across.permute(0, 2, 3, 1).reshape(count, bands, width, BAND).permute(0, 3, 1, 2)
    down = functional.conv2d(joined, row_weights(window, planes.device))
    return down.permute(0, 2, 3, 1).contiguous()
