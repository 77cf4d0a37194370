"""Convolution followed by LeakyReLU."""

from __future__ import annotations

from torch import nn


def conv_leaky(inputs: int, outputs: int, kernel: int, slope: float = 0.1) -> nn.Sequential:
    """Size-preserving convolution (zero padding, bias), then LeakyReLU.

    State-dict keys are "0.weight" and "0.bias", as in most released networks.
    """
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2),
        nn.LeakyReLU(slope, inplace=True),
    )
