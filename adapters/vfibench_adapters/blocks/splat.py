"""Forward warping, or splatting, after Niklaus and Liu, Softmax Splatting (CVPR 2020, arXiv 2003.05534)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

Mode = Literal["sum", "avg", "linear", "soft"]
Denominator = Literal["addeps", "zeroeps", "clipeps"]

EPSILON = 1e-7
STRIP = 4096
"""Pixels moved at a time on the CPU."""
MARGIN = 2
"""Pixels around the picture that catch what falls outside: the two columns (rows) of a clamped position."""


def splat(
    image: Tensor,
    flow: Tensor,
    metric: Tensor | None = None,
    mode: Mode = "sum",
    denominator: Denominator = "addeps",
) -> Tensor:
    """Send each input pixel to where the flow points, shared bilinearly among four output pixels.

    With b the bilinear weight of the shares that arrive at an output pixel, it becomes
        "sum"     sum of b * image,
        "avg"     sum of b * image / sum of b,
        "linear"  sum of b * metric * image / sum of b * metric,
        "soft"    as "linear" with exp(metric).
    Shares outside the picture are dropped, and so are pixels whose flow is not finite. Where nothing
    arrives the sums are 0. Computed in float32 at least, also under autocast. Gradients reach image, flow
    and metric. The sums are the same in every run on the CPU, and on CUDA where
    `torch.use_deterministic_algorithms(True)` holds, since `index_add_` has a deterministic form there.

    Args:
        image: [B, C, H, W].
        flow: [B, 2, H, W] in pixels, x in channel 0.
        metric: [B, 1, H, W], for "linear" (not negative) and "soft" (moderate, as it is exponentiated).
        mode: see above.
        denominator: what keeps the division defined: "addeps" adds 1e-7, "zeroeps" makes zeros 1,
            "clipeps" raises to at least 1e-7.

    Returns:
        [B, C, H, W] in float32, or float64 where an input is, in channels_last memory.
    """
    importance = _importance(metric, mode)
    dtype = torch.promote_types(torch.promote_types(image.dtype, flow.dtype), torch.float32)
    if importance is not None:
        importance = importance.to(dtype)
    with torch.autocast(image.device.type, enabled=False):
        return _splat(image.to(dtype), flow.to(dtype), importance, mode, denominator)


def _importance(metric: Tensor | None, mode: Mode) -> Tensor | None:
    """[B, 1, H, W], or None where all pixels count alike."""
    if (metric is None) != (mode in ("sum", "avg")):
        raise ValueError(f"splatting by {mode!r} takes {'a' if metric is None else 'no'} metric")
    if metric is None:
        return None
    metric = metric.to(torch.promote_types(metric.dtype, torch.float32))
    return metric.exp() if mode == "soft" else metric


def _splat(
    image: Tensor, flow: Tensor, importance: Tensor | None, mode: Mode, denominator: Denominator
) -> Tensor:
    batch, channels, height, width = image.shape
    rows = image.permute(0, 2, 3, 1).reshape(-1, channels)  # a pixel's channels move as one piece
    canvas = (batch, height + 2 * MARGIN, width + 2 * MARGIN)
    total = rows.new_zeros(canvas[0] * canvas[1] * canvas[2], channels)
    arrived = None if mode == "sum" else total.new_zeros(len(total))
    factor = None if importance is None else importance.reshape(-1)
    for target, share in _shares(flow, canvas):
        weight = share if factor is None else share * factor
        for part in _strips(rows):
            total.index_add_(0, target[part], rows[part] * weight[part].unsqueeze(1))
        if arrived is not None:
            arrived.index_add_(0, target, weight)
    picture = _inside(total.view(*canvas, channels))
    if arrived is not None:
        picture = picture / _defined(_inside(arrived.view(*canvas, 1)), denominator)
    return picture.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def _strips(rows: Tensor) -> Iterator[slice]:
    """Pieces of the rows; on the CPU small ones, whose products stay in the cache."""
    length = STRIP if rows.device.type == "cpu" else len(rows)
    return (slice(start, start + length) for start in range(0, len(rows), length))


def _shares(flow: Tensor, canvas: tuple[int, int, int]) -> Iterator[tuple[Tensor, Tensor]]:
    """For each of a target's four neighbours, its index in the canvas and its bilinear weight, both [B*H*W].

    A target outside the picture is moved to the margin, where nobody looks.
    """
    batch, height, width = canvas
    columns = torch.arange(flow.shape[3], device=flow.device, dtype=flow.dtype)
    rows = torch.arange(flow.shape[2], device=flow.device, dtype=flow.dtype).unsqueeze(1)
    known = flow.isfinite().all(dim=1)
    x = torch.where(known, flow[:, 0] + columns, -MARGIN)
    y = torch.where(known, flow[:, 1] + rows, -MARGIN)
    left, top = x.detach().floor(), y.detach().floor()
    right_share, bottom_share = x - left, y - top
    first = torch.arange(batch, device=flow.device).view(-1, 1, 1) * (height * width)
    line, place = (top + MARGIN).clamp(0, height - 2).long(), (left + MARGIN).clamp(0, width - 2).long()
    corner = first + line * width + place
    for down, vertical in ((0, 1 - bottom_share), (1, bottom_share)):
        for right, horizontal in ((0, 1 - right_share), (1, right_share)):
            yield (corner + (down * width + right)).flatten(), (vertical * horizontal).flatten()


def _inside(canvas: Tensor) -> Tensor:
    """[B, H + 2 * MARGIN, W + 2 * MARGIN, C] without its margin."""
    return canvas[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


def _defined(total: Tensor, denominator: Denominator) -> Tensor:
    """The sum of weights, fit to divide by."""
    if denominator == "addeps":
        return total + EPSILON
    if denominator == "zeroeps":
        return torch.where(total == 0, 1, total)
    return total.clamp(min=EPSILON)
