"""The perceptual loss's features: VGG-16 up to relu4_3 (Johnson et al., ECCV 2016, arXiv 1603.08155)."""

from __future__ import annotations

from pickle import UnpicklingError
from typing import cast

from torch import Tensor, nn

RELU4_3 = 23
"""Layers of torchvision's `features` up to and with the ReLU after conv4_3."""


class VGGFeatures(nn.Module):
    """Frames normalised by ImageNet's mean and deviation, [B, 3, H, W], to [B, 512, H/8, W/8]."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers.eval().requires_grad_(False)

    def forward(self, frames: Tensor) -> Tensor:
        """Features after relu4_3."""
        return cast(Tensor, self.layers(frames))


def perceptual_network() -> tuple[VGGFeatures | None, str]:
    """The network with ImageNet weights; torchvision downloads and keeps them.

    Returns:
        The network, or None and a line that says why it cannot be had here.
    """
    from torchvision.models import VGG16_Weights, vgg16

    try:
        layers = vgg16(weights=VGG16_Weights.IMAGENET1K_V1, progress=False).features[:RELU4_3]
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:  # no network, or a damaged file
        reason = str(error).partition("\n")[0] or type(error).__name__
        return None, f"perceptual: VGG-16's weights cannot be had ({reason}); trained without this loss"
    return VGGFeatures(layers), ""
