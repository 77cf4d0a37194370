"""Alignment of two frames' features to the moment between them, coarse to fine.

After the pyramid, cascading and deformable alignment of EDVR (Wang et al., 2019, arXiv 1905.02716),
used both ways at once. Attributes carry the released names; "_1" belongs to the half that moves the first
features, "_2" to the one that moves the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.deformable import DeformConv
from vfibench_adapters.blocks.resize import resized

LEVELS = (3, 2, 1)  # coarse to fine: a quarter, half and the whole of the size
HALVES = (1, 2)
FIRST, SECOND = HALVES
SLOPE = 0.1

Levels = Sequence[Tensor | None]
"""Features [B, C, H, W], then those at half and a quarter of the size; None stands for zeros."""


def leaky(x: Tensor) -> Tensor:
    """LeakyReLU, in place."""
    return F.leaky_relu_(x, SLOPE)


def conv3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """3x3 convolution with bias, zero padding of 1."""
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1)


class Described(NamedTuple):
    """Features as the alignment takes them for its first argument; they depend on one frame alone.

    Attributes:
        levels: as `Alignment.levels` gives them.
        shares: what they contribute to the first convolution of each (half, level), bias included.
    """

    levels: Levels
    shares: dict[tuple[int, int], Tensor]


def _layers(level: int, channels: int, groups: int) -> dict[str, nn.Module]:
    """Of one level of one half; only the coarsest has no coarser one to build on."""
    if level == LEVELS[0]:
        return {
            "offset_conv1": conv3(2 * channels, channels),
            "offset_conv2": conv3(channels, channels),
            "dcnpack": DeformConv(channels, groups),
        }
    return {
        "offset_conv1": conv3(2 * channels, channels),
        "offset_conv2": conv3(2 * channels, channels),
        "offset_conv3": conv3(channels, channels),
        "dcnpack": DeformConv(channels, groups),
        "fea_conv": conv3(2 * channels, channels),
    }


class PyramidAlignment(nn.Module):
    """Moves each of two features towards the other by deformable convolutions on three levels.

    Args:
        channels: of the features at every level.
        groups: of the deformable convolutions.
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        for half in HALVES:
            for level in LEVELS:
                for name, layer in _layers(level, channels, groups).items():
                    self.add_module(f"L{level}_{name}_{half}", layer)

    def share(self, half: int, level: int, features: Tensor, *, moved: bool) -> Tensor:
        """One feature's part of the first convolution of [moved features, the others].

        Args:
            half, level: which convolution.
            features: [B, C, H, W] at that level.
            moved: whether they come first there, as those that the half moves do; the first features'
                part carries the bias.
        """
        conv = self._layer(half, level, "offset_conv1")
        channels = features.shape[1]
        weight = conv.weight[:, :channels] if moved else conv.weight[:, channels:]
        bias = conv.bias if moved == (half == FIRST) else None
        return F.conv2d(features, weight, bias, padding=1)

    def forward(self, first: Described, second: Levels) -> Tensor:
        """First features as described, the second's levels, to [first moved, second moved], [B, 2C, H, W]."""
        halves = []
        for half, moved in ((FIRST, first.levels), (SECOND, second)):
            joined = {level: self._joined(half, level, first, second[level - 1]) for level in LEVELS}
            halves.append(self._moved(half, moved, joined))
        return torch.cat(halves, dim=1)

    def _joined(self, half: int, level: int, first: Described, second: Tensor | None) -> Tensor:
        """What the first convolution makes of both features."""
        share = first.shares[half, level]
        if second is None:
            return F.leaky_relu(share, SLOPE)
        return leaky(self.share(half, level, second, moved=half == SECOND).add_(share))

    def _moved(self, half: int, features: Levels, joined: dict[int, Tensor]) -> Tensor:
        """One half: offsets and moved features from the coarsest level to the finest, [B, C, H, W].

        Args:
            half: which.
            features: those to be moved, finest level first.
            joined: by level, what the first convolution made of both features.
        """
        motion, moved = self._coarsest(half, features[-1], joined[LEVELS[0]])
        for level in LEVELS[1:]:
            coarse, finer = resized(leaky(moved), 2.0), features[level - 1]
            dcn = self._layer(half, level, "dcnpack")
            if finer is None:  # zeros read from anywhere are zeros: there is no need to know the offsets
                fine = dcn.bias.view(1, -1, 1, 1).expand_as(coarse)
            else:
                motion = torch.cat((joined[level], resized(motion, 2.0).mul_(2)), 1)
                motion = leaky(self._layer(half, level, "offset_conv2")(motion))
                motion = leaky(self._layer(half, level, "offset_conv3")(motion))
                fine = dcn(finer, motion)
            moved = self._layer(half, level, "fea_conv")(torch.cat((fine, coarse), 1))
        return moved

    def _coarsest(self, half: int, features: Tensor | None, joined: Tensor) -> tuple[Tensor, Tensor]:
        motion = leaky(self._layer(half, LEVELS[0], "offset_conv2")(joined))
        return motion, self._layer(half, LEVELS[0], "dcnpack")(features, motion)

    def _layer(self, half: int, level: int, name: str) -> Any:
        return getattr(self, f"L{level}_{name}_{half}")


class Alignment(nn.Module):
    """Features of two moments to features in between: pyramids, their alignment, and fusion.

    Args:
        channels: of all features.
        groups: of the deformable convolutions.
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.fea_L2_conv1, self.fea_L2_conv2 = conv3(channels, channels, 2), conv3(channels, channels)
        self.fea_L3_conv1, self.fea_L3_conv2 = conv3(channels, channels, 2), conv3(channels, channels)
        self.pcd_align = PyramidAlignment(channels, groups)
        self.fusion = nn.Conv2d(2 * channels, channels, 1)

    def levels(self, features: Tensor) -> list[Tensor]:
        """[B, C, H, W], H and W multiples of 4, to the same and those at half and a quarter of the size."""
        half = leaky(self.fea_L2_conv2(leaky(self.fea_L2_conv1(features))))
        quarter = leaky(self.fea_L3_conv2(leaky(self.fea_L3_conv1(half))))
        return [features, half, quarter]

    def levels_of_zeros(self, like: Tensor) -> Levels:
        """`levels` of features that are zero everywhere; biases make the smaller ones other than zero."""
        _, half, quarter = self.levels(torch.zeros_like(like))
        return None, half, quarter

    def describe(self, levels: Sequence[Tensor]) -> Described:
        """What `between` needs of its first features, from their levels."""
        shares = {
            (half, level): self.pcd_align.share(half, level, levels[level - 1], moved=half == FIRST)
            for half in HALVES
            for level in LEVELS
        }
        return Described(levels, shares)

    def between(self, first: Described, second: Levels) -> Tensor:
        """First features as described and the second's levels, to [B, C, H, W] in between."""
        return cast(Tensor, self.fusion(self.pcd_align(first, second)))
