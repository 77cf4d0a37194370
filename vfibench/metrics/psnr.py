"""Peak signal-to-noise ratio."""

from __future__ import annotations

import torch
from torch.nn import functional

from vfibench.metrics.definitions import Arithmetic


def squared_error(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean squared error of each picture.

    Args:
        first, second: [P, C, H, W] float32 levels.

    Returns:
        [P] float64, summed in float64: exact where both are whole numbers.
    """
    square = functional.mse_loss(first, second, reduction="none")
    return square.sum((1, 2, 3), dtype=torch.float64).div_(square[0].numel())


def masked_squared_error(first: torch.Tensor, second: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean squared error over the pixels of a mask, [P, H, W] bool; NaN where the mask is empty."""
    square = (first - second).double().square_().sum(1).mul_(mask)
    return square.sum((1, 2)) / (mask.sum((1, 2)) * first.shape[1])


def unit_squared_error(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean squared error in levels of pictures given on the unit scale, differences in float64."""
    return (first.double() - second.double()).square_().mean((1, 2, 3)) * 255**2


def decibel(error: torch.Tensor, epsilon: float = 0.0, arithmetic: Arithmetic = "float64") -> torch.Tensor:
    """PSNR from a mean squared error in levels, peak 255.

    Args:
        error: [P] float64.
        epsilon: added to the error on the unit scale; 1e-8 makes 80 dB the most there is.
        arithmetic: "log-f32" adds the mean error of a float32 logarithm, see `float32_excess`.

    Returns:
        [P] float64 dB, +inf for an error of 0 without epsilon.
    """
    value = -10 * torch.log10(error / 255**2 + epsilon)
    return value + float32_excess(value) if arithmetic == "log-f32" else value


def agreement(found: torch.Tensor, expected: torch.Tensor, limit: float) -> torch.Tensor:
    """How near two sets of frames are: the PSNR of each sample's values, all of them together, peak 1.

    No metric: it neither clamps nor rounds.

    Args:
        found, expected: [B, ...] on the unit scale.
        limit: dB of equal frames; nothing has more.

    Returns:
        [B] float64 dB.
    """
    square = (found.double() - expected.double()).square_().flatten(1)
    return decibel(square.mean(1) * 255**2).clamp(max=limit)


def float32_excess(value: torch.Tensor) -> torch.Tensor:
    """What scripts print too much that take the logarithm in float32 with NumPy: 2e-6 dB at 40 dB.

    NumPy's vectorised float32 log10 lies half a unit in the last place too far from zero on average (measured
    over 1e6 values); with the product's rounding it is 0.6 of a unit of the result.
    """
    _, exponent = torch.frexp(value)
    return torch.ldexp(torch.full_like(value, 0.6), exponent - 24)
