"""DAIN's kernel estimator: a U-Net and two heads, 16 kernel weights for each pixel of either frame."""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (32, 64, 128, 256, 512)
"""Channels after each pooling's convolution; 6 go in, 16 come out."""


def unet() -> nn.Sequential:
    """The layers of `kernel_features` in the order in which the released names count them."""
    layers: list[nn.Module] = [*_conv(6, 16), *_conv(16, 32)]
    for inputs, outputs in zip(WIDTHS, (*WIDTHS[1:], 512), strict=True):
        layers += [nn.MaxPool2d(2), *_conv(inputs, outputs)]
    for inputs, outputs in zip(reversed(WIDTHS), (*reversed(WIDTHS[:-1]), 16), strict=True):
        layers += [nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), *_conv(inputs, outputs)]
    return nn.Sequential(*layers)


def head() -> nn.Sequential:
    """[B, 16, H, W] features to [B, 16, H, W] kernels of one frame."""
    return nn.Sequential(*_conv(16, 16), nn.Conv2d(16, 16, 3, padding=1))


def kernel_features(layers: nn.Sequential, frames: Tensor) -> Tensor:
    """Run `unet()`: each upsampled map is added to the map that entered the pooling of its size.

    Args:
        layers: see `unet`.
        frames: [B, 6, H, W], both frames, H and W multiples of 32.

    Returns:
        [B, 16, H, W].
    """
    pooled, features = [], frames
    for layer in layers:
        if isinstance(layer, nn.MaxPool2d):
            pooled.append(features)
        features = layer(features)
        if isinstance(layer, nn.Upsample):
            features = features + pooled.pop()
    return features


def _conv(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
