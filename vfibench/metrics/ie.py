"""Interpolation error, in levels 0..255."""

from __future__ import annotations

from typing import Literal

import torch

from vfibench.metrics.psnr import squared_error


def interpolation_error(
    first: torch.Tensor, second: torch.Tensor, norm: Literal["mae", "rms", "l2"]
) -> torch.Tensor:
    """Error of each picture.

    Args:
        first, second: [P, 3, H, W] float32 levels.
        norm: "mae" is the mean absolute error over pixels and channels (RIFE, DAIN), "rms" the root
            mean square over both (Middlebury), "l2" the mean over pixels of the Euclidean norm over
            channels (SuperSloMo-R).

    Returns:
        [P] float64.
    """
    if norm == "rms":
        return squared_error(first, second).sqrt_()
    difference = torch.sub(first, second)
    error = difference.abs_() if norm == "mae" else difference.square_().sum(1).sqrt_()
    return error.flatten(1).mean(1, dtype=torch.float64)
