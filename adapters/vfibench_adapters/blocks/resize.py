"""Bilinear resizing by a factor, pixels taken as areas (align_corners=False)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def resized(x: Tensor, factor: float) -> Tensor:
    """[B, C, H, W] at `factor` times its size, rounded down; itself for 1. Values stay, also of flows."""
    if factor == 1:
        return x
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class Double(nn.Module):
    """Twice the size, as a layer without parameters."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, C, 2H, 2W]."""
        return resized(x, 2.0)
