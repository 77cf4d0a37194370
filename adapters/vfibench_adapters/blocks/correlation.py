"""Correlation of two feature maps over a square of displacements: the cost volume of flow networks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

COLUMNS = 16
"""Columns matched at a time: 16 against 24 wastes a third of the products, and was fastest from 8 to 32."""


def cost_volume(first: Tensor, second: Tensor, radius: int = 4) -> Tensor:
    """How well each pixel of one map matches its neighbourhood in another (FlowNet, arXiv 1504.06852).

    volume(d, p) = mean over channels of first(p) * second(p + d), for the displacements d with both parts
    in [-radius, radius]. No activation is applied. Plain PyTorch with gradients; the same result in every
    run. The volume lies in channels_last memory.

    Args:
        first, second: [B, C, H, W], of any size from 1 x 1.
        radius: r >= 0, in pixels.

    Returns:
        [B, (2r + 1)^2, H, W]; displacement (dx, dy) is channel (2r + 1) * (dy + r) + (dx + r). Zero where
        p + d is outside. In float32, also under autocast, or float64 where an input is.
    """
    dtype = torch.promote_types(torch.promote_types(first.dtype, second.dtype), torch.float32)
    with torch.autocast(first.device.type, enabled=False):
        return _cost_volume(first.to(dtype), second.to(dtype), radius)


def _cost_volume(first: Tensor, second: Tensor, radius: int) -> Tensor:
    """Match blocks of n columns with the n + 2r they can reach: a matrix product, of which a band counts."""
    batch, channels, height, width = first.shape
    side, n = 2 * radius + 1, min(COLUMNS, width)
    blocks = -(-width // n)
    filled, reach, products = blocks * n - width, n + 2 * radius, height * batch * blocks
    # Rows go first, so that the rows of one vertical displacement are one piece of memory for any batch.
    pixels = F.pad(first, (0, filled)).permute(2, 0, 3, 1).reshape(products, n, channels) / channels
    around = F.pad(second, (radius, filled + radius, radius, radius)).permute(2, 0, 3, 1)
    around = around.unfold(2, reach, n).contiguous(memory_format=torch.contiguous_format)
    volume = first.new_empty(batch, height, blocks, n, side, side)
    for dy in range(side):
        window = around[dy : dy + height].reshape(products, channels, reach)
        product = torch.bmm(pixels, window).view(height, batch, blocks, n, reach)
        volume[..., dy, :] = _band(product, side).transpose(0, 1)
    volume = volume.view(batch, height, blocks * n, side * side)[:, :, :width]
    return volume.permute(0, 3, 1, 2)


def _band(product: Tensor, side: int) -> Tensor:
    """[..., n, n + side - 1] to [..., n, side]: row i from column i on."""
    n, reach = product.shape[-2:]
    outer = product.stride()[:-2]
    return product.as_strided((*product.shape[:-2], n, side), (*outer, reach + 1, 1))
