"""Depth-aware flow projection: where each pixel of a frame in between comes from.

Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019, arXiv 1904.00830, section 3.1, as the
released code computes it: the four integer neighbours of a target share a flow equally.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vfibench_adapters.blocks.warp import positions


class Projection(NamedTuple):
    """Flow seen from the target frame.

    Attributes:
        flow: [B, 2, H, W] in pixels, from the target frame back to the source; 0 in holes left open.
        weight: [B, 1, H, W], the sum of weights that arrived at a pixel; 0 is a hole.
    """

    flow: Tensor
    weight: Tensor


def project_flow(flow: Tensor, weight: Tensor, *, fill: bool = True) -> Projection:
    """Carry each pixel's flow along itself, average what arrives by weight, and turn it round.

    A pixel that lands inside the picture counts with its weight in all four pixels around its target,
    without bilinear shares; at the right and the bottom edge the neighbour beyond is the edge itself, which
    then counts twice. Differentiable in both inputs. On CUDA, sums are made in a fixed order where
    `torch.use_deterministic_algorithms(True)` is on.

    Args:
        flow: [B, 2, H, W] in pixels, x in channel 0: source to target.
        weight: [B, 1, H, W], positive; inverse depth lets the nearer pixel win.
        fill: give each hole the plain mean of the nearest filled pixels left, right, above and below it.

    Returns:
        See Projection; in float32, also under autocast, or float64 where an input is.
    """
    dtype = torch.promote_types(torch.promote_types(flow.dtype, weight.dtype), torch.float32)
    flow, weight = flow.to(dtype), weight.to(dtype)
    landed = _around(_scatter(torch.cat((flow * -weight, weight), dim=1), flow))
    total = landed[:, 2:]
    filled = total > 0
    mean = torch.where(filled, landed[:, :2] / torch.where(filled, total, 1.0), 0.0)
    return Projection(_fill(mean, filled) if fill else mean, total)


def _scatter(values: Tensor, flow: Tensor) -> Tensor:
    """Add each pixel of [B, C, H, W] to the pixel up and left of where its flow leads."""
    batch, channels, height, width = values.shape
    x, y = positions(values, flow.detach())
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    x, y = torch.where(inside, x, 0).long(), torch.where(inside, y, 0).long()
    planes = torch.arange(batch, device=flow.device).view(-1, 1, 1) * height
    target = ((planes + y) * width + x).flatten()
    arriving = torch.where(inside.unsqueeze(1), values, 0).transpose(0, 1).reshape(channels, -1)
    sums = torch.stack([line.new_zeros(len(line)).index_add(0, target, line) for line in arriving])
    return sums.view(channels, batch, height, width).transpose(0, 1)


def _around(sums: Tensor) -> Tensor:
    """Give what fell on each pixel of [B, C, H, W] to its right, lower and lower right neighbour, too."""
    for dim in (-1, -2):
        last = sums.shape[dim] - 1
        before = torch.cat((torch.zeros_like(sums.narrow(dim, 0, 1)), sums.narrow(dim, 0, last)), dim)
        beyond = torch.cat((torch.zeros_like(sums.narrow(dim, 0, last)), sums.narrow(dim, last, 1)), dim)
        sums = sums + before + beyond
    return sums


def _fill(flow: Tensor, filled: Tensor) -> Tensor:
    """Fill holes of [B, 2, H, W] from the nearest filled pixels in four directions, where there are any."""
    known = filled.to(flow.dtype)
    total, count = torch.zeros_like(flow), torch.zeros_like(known)
    for dim in (-1, -2):
        for nearest in _nearest(filled, dim):
            total += (flow * known).gather(dim, nearest.expand_as(flow))
            count += known.gather(dim, nearest)
    return torch.where(filled, flow, total / count.clamp(min=1))


def _nearest(filled: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Index along `dim` of the last filled pixel up to each one and of the first from each one on.

    Where there is none, the index of a hole: the first and the last of the line.
    """
    size = filled.shape[dim]
    place = torch.arange(size, device=filled.device)
    place = place.view(-1, *[1] * (-1 - dim)).expand(filled.shape)
    before = torch.where(filled, place, 0).cummax(dim).values
    after = torch.where(filled, place, size - 1).flip(dim).cummin(dim).values.flip(dim)
    return before, after
