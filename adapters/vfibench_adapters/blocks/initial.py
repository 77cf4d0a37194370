"""Initial parameters for training from nothing, other than PyTorch's own."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn


def he_initial(modules: Iterable[nn.Module], slope: float, last: Iterable[nn.Module], smaller: float) -> None:
    """Keep the size of signals from layer to layer (He et al., ICCV 2015, arXiv 1502.01852).

    PyTorch's own initial values shrink them: deep in a network, where large motion is seen, little arrives.

    Args:
        modules: of which convolutions are filled anew.
        slope: of its activations for negative numbers.
        last: layers whose output is flow, a mask or a correction.
        smaller: factor for these: flow begins near zero, both frames are seen alike.
    """
    for module in modules:
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight, a=slope)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for layer in last:
        layer.get_parameter("weight").data.mul_(smaller)
