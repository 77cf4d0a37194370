"""Convolution followed by LeakyReLU, and the doubling of a decoder's features."""

from __future__ import annotations

from torch import Tensor, nn

from vfibench_adapters.blocks.resize import resized


def conv_leaky(inputs: int, outputs: int, kernel: int, slope: float = 0.1) -> nn.Sequential:
    """Size-preserving convolution (zero padding, bias), then LeakyReLU.

    State-dict keys are "0.weight" and "0.bias", as in most released networks.
    """
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2),
        nn.LeakyReLU(slope, inplace=True),
    )


def double(features: Tensor) -> Tensor:
    """[B, C, H, W] to [B, C, 2H, 2W], bilinear, pixels taken as areas (align_corners=False)."""
    return resized(features, 2.0)
