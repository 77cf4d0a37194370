"""Backward warping."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

BILINEAR = 0
Outside = Literal["zeros", "border"]
PADDINGS: dict[Outside, int] = {"zeros": 0, "border": 1}
"""torch's numbers for what lies outside a picture."""


def backward_warp(image: Tensor, flow: Tensor, padding: Outside = "zeros") -> Tensor:
    """Fetch each output pixel from where the flow points, bilinearly: out(p) = image(p + flow(p)).

    Corners are aligned: -1 and 1 are the centres of the outermost pixels, so a flow of one pixel moves by
    exactly one pixel. Positions are computed in float32 at least, since half precision cannot tell
    neighbouring pixels of a wide frame apart.

    Args:
        image: [B, C, H, W].
        flow: [B, 2, H, W] in pixels, x in channel 0.
        padding: what lies outside the image: zeros, or its border continued.

    Returns:
        [B, C, H, W] in float32, or float64 where an input is.
    """
    x, y = positions(image, flow)
    if min(image.shape[-2:]) == 1:  # a single line has no length to measure by: add one of what lies outside
        lines = (0, int(image.shape[-1] == 1), 0, int(image.shape[-2] == 1))
        image = F.pad(image, lines, mode="constant" if padding == "zeros" else "replicate")
    height, width = image.shape[-2:]
    grid = torch.stack((x * (2 / (width - 1)) - 1, y * (2 / (height - 1)) - 1), dim=-1)
    return sampled(image, grid, padding)


def sampled(image: Tensor, grid: Tensor, padding: Outside, align_corners: bool = True) -> Tensor:
    """`grid_sample`, bilinear and in the grid's type, by torch's own kernel on every device.

    On CUDA `F.grid_sample` takes cuDNN's where that can do it, which refuses very large pictures.
    """
    return torch.grid_sampler_2d(
        image.to(grid.dtype), grid, BILINEAR, PADDINGS[padding], align_corners=align_corners
    )


def positions(image: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """Where the flow points from each pixel: columns and rows, each [B, H, W], in float32 at least."""
    height, width = image.shape[-2:]
    dtype = torch.promote_types(torch.promote_types(image.dtype, flow.dtype), torch.float32)
    columns = torch.arange(width, device=flow.device, dtype=dtype)
    rows = torch.arange(height, device=flow.device, dtype=dtype).unsqueeze(1)
    return flow[:, 0].to(dtype) + columns, flow[:, 1].to(dtype) + rows
