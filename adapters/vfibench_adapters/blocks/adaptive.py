"""Adaptive warping: sampling with a kernel of its own at each pixel.

Bao et al., "MEMC-Net", arXiv 1810.08768, and "Depth-Aware Video Frame Interpolation", CVPR 2019,
arXiv 1904.00830, section 3.2.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vfibench_adapters.blocks.warp import positions

SIDE = 4
"""Taps in each direction; the second is the pixel up and left of the sampled point."""


def adaptive_warp(image: Tensor, flow: Tensor, kernels: Tensor) -> Tensor:
    """Fetch each output pixel from around the point its flow leads to, through its own 4 x 4 kernel.

    The taps start one pixel before the point's integer part. Each is its kernel value times the bilinear
    weight of the quarter it lies in: (1 - a)(1 - b) for the upper left four taps, a(1 - b) for the upper
    right, (1 - a)b and ab below, where (a, b) is the point's fractional part. Taps beyond the edge take the
    edge. Where the point is outside the picture, or the flow is at least half the picture long in
    either direction, the pixel itself is copied.

    Differentiable in all inputs; the same result in every run.

    Args:
        image: [B, C, H, W].
        flow: [B, 2, H, W] in pixels, x in channel 0.
        kernels: [B, 16, H, W], tap (row, column) in channel 4 * row + column.

    Returns:
        [B, C, H, W] in channels_last memory, in float32, also under autocast, or float64 where an input is.
    """
    batch, channels, height, width = image.shape
    dtype = torch.promote_types(torch.promote_types(image.dtype, flow.dtype), torch.float32)
    pixels = image.to(dtype).permute(0, 2, 3, 1).reshape(-1, channels)
    places, weights = _taps(flow.to(dtype), kernels.to(dtype))
    warped = F.embedding_bag(places, pixels, per_sample_weights=weights, mode="sum")
    return warped.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _taps(flow: Tensor, kernels: Tensor) -> tuple[Tensor, Tensor]:
    """Index into all pixels of the batch and weight of the 16 taps of every pixel, each [B * H * W, 16]."""
    batch, _, height, width = flow.shape
    x, y = positions(kernels, flow)
    moves = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    moves &= (flow[:, 0].abs() < width / 2) & (flow[:, 1].abs() < height / 2)
    columns, across = _line(x, moves, torch.arange(width, device=flow.device))
    rows, down = _line(y, moves, torch.arange(height, device=flow.device).unsqueeze(1))

    weights = kernels.permute(0, 2, 3, 1).unflatten(-1, (SIDE, SIDE))
    weights = weights * down.unsqueeze(-1) * across.unsqueeze(-2)
    itself = F.pad(weights.new_ones(1, 1), (0, SIDE - 1, 0, SIDE - 1))
    weights = torch.where(moves[..., None, None], weights, itself)
    planes = torch.arange(batch, device=flow.device).view(-1, 1, 1, 1, 1) * height
    places = (planes + rows.unsqueeze(-1)) * width + columns.unsqueeze(-2)
    return places.view(-1, SIDE**2), weights.reshape(-1, SIDE**2)


def _line(position: Tensor, moves: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """The four taps along one axis: their places in the picture and bilinear weights, each [B, H, W, 4].

    Args:
        position: [B, H, W], where the flow leads.
        moves: [B, H, W], whether it is followed; else all taps are the pixel itself.
        own: the pixel's place.
    """
    position = torch.where(moves, position, own)
    start = position.detach().floor()
    steps = torch.arange(-1, SIDE - 1, device=own.device) * moves.unsqueeze(-1)
    places = (start.long().unsqueeze(-1) + steps).clamp(0, own.numel() - 1)
    fraction = position - start
    return places, torch.stack((1 - fraction, 1 - fraction, fraction, fraction), dim=-1)
