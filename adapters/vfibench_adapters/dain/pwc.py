"""PWC-Net with dense decoders and a context network (Sun et al., CVPR 2018, arXiv 1709.02371)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.correlation import cost_volume
from vfibench_adapters.blocks.warp import backward_warp

CHANNELS = {1: 16, 2: 32, 3: 64, 4: 96, 5: 128, 6: 196}
"""Feature channels by level; level l is at 1/2^l of the frame."""

DENSE = (128, 128, 96, 64, 32)
"""Channels that a decoder's convolutions add to their input, in turn."""

WARP_SCALE = {5: 0.625, 4: 1.25, 3: 2.5, 2: 5.0}
"""From flow units (20 pixels of the frame) to pixels of a level: 20 / 2^l."""

MATCHES = 81
"""Displacements of the cost volume: 4 pixels in each direction."""

DILATIONS = {1: (128, 1), 2: (128, 2), 3: (128, 4), 4: (96, 8), 5: (64, 16), 6: (32, 1)}
"""The context network's layers: output channels and dilation."""


class PWCNet(nn.Module):
    """Flow between two frames, in units of 20 pixels of the frame, at a quarter of its size."""

    def __init__(self) -> None:
        super().__init__()
        before = 3
        for level, channels in CHANNELS.items():
            for name in _feature_names(level):
                self.add_module(name, _conv(before, channels, stride=1 if before == channels else 2))
                before = channels
        for level in range(6, 1, -1):
            inputs = MATCHES + (0 if level == 6 else CHANNELS[level] + 4)
            for index, outputs in enumerate(DENSE):
                self.add_module(f"conv{level}_{index}", _conv(inputs, outputs))
                inputs += outputs
            self.add_module(f"predict_flow{level}", nn.Conv2d(inputs, 2, 3, padding=1))
            self.add_module(f"deconv{level}", nn.ConvTranspose2d(2, 2, 4, 2, 1))
            if level > 2:
                self.add_module(f"upfeat{level}", nn.ConvTranspose2d(inputs, 2, 4, 2, 1))
        for index, (outputs, dilation) in DILATIONS.items():
            self.add_module(f"dc_conv{index}", _conv(inputs, outputs, dilation=dilation))
            inputs = outputs
        self.dc_conv7 = nn.Conv2d(inputs, 2, 3, padding=1)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Flow both ways.

        Args:
            first, second: [B, 3, H, W] RGB in [0, 1], H and W multiples of 64.

        Returns:
            Flow from first to second and back, each [B, 2, H / 4, W / 4] in units of 20 pixels.
        """
        onward, back = self.levels(first, second)[2].chunk(2)
        return onward, back

    def levels(self, first: Tensor, second: Tensor) -> dict[int, Tensor]:
        """Flow at levels 6 to 2, each [2B, 2, h, w]: from first to second, then back, as one batch."""
        features = self._features(torch.cat((first, second)))
        flows: dict[int, Tensor] = {}
        rising: tuple[Tensor, ...] = ()
        for level in range(6, 1, -1):
            ours = features[level]
            theirs = ours.roll(len(first), 0)
            if rising:
                theirs = _warp(theirs, rising[0] * WARP_SCALE[level])
            matches = F.leaky_relu(cost_volume(ours, theirs), 0.1)
            dense = self._dense(level, torch.cat((matches, ours, *rising), 1) if rising else matches)
            flows[level] = self.get_submodule(f"predict_flow{level}")(dense)
            if level > 2:
                names = (f"deconv{level}", flows[level]), (f"upfeat{level}", dense)
                rising = tuple(self.get_submodule(name)(inputs) for name, inputs in names)
        for index in DILATIONS:
            dense = self.get_submodule(f"dc_conv{index}")(dense)
        flows[2] = flows[2] + self.dc_conv7(dense)
        return flows

    def _features(self, frames: Tensor) -> dict[int, Tensor]:
        features = {}
        for level in CHANNELS:
            for name in _feature_names(level):
                frames = self.get_submodule(name)(frames)
            features[level] = frames
        return features

    def _dense(self, level: int, features: Tensor) -> Tensor:
        for index in range(len(DENSE)):
            features = torch.cat((self.get_submodule(f"conv{level}_{index}")(features), features), dim=1)
        return features


def _feature_names(level: int) -> list[str]:
    """Names of a level's three convolutions; those of level 6 were given another order."""
    return [f"conv{level}{end}" for end in (("aa", "a", "b") if level == 6 else ("a", "aa", "b"))]


def _conv(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=dilation, dilation=dilation),
        nn.LeakyReLU(0.1, inplace=True),
    )


def _warp(features: Tensor, flow: Tensor) -> Tensor:
    """Backward warping; zero wherever the point is not (to 1e-4) inside the picture."""
    warped = backward_warp(features, flow)
    seen = backward_warp(torch.ones_like(features[:, :1]), flow)
    return warped * (seen >= 0.9999)
