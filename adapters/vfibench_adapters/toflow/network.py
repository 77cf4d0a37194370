"""TOFlow for interpolation (Xue et al., IJCV 2019, arXiv 1711.09078), in the form of pytoflow.

SpyNet finds the flow between the two frames in both directions; each frame is warped by half of the flow
that leads to the other one, and a small network corrects the mean of the two. Frames here are normalised by
ImageNet mean and deviation; flows are in pixels, (x, y).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.warp import backward_warp

LEVELS = 4
SMALL = 32  # pixels; a picture that is no larger is not halved any more


class FlowLevel(nn.Module):
    """SpyNet's network of one level: what to add to the flow of the level above."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (8, 32, 64, 32, 16, 2)
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 7, padding=3), nn.ReLU(inplace=True)]
        self.moduleBasic = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """[B, 8, H, W] (first frame, warped second frame, flow) to [B, 2, H, W]."""
        return self.moduleBasic(x.contiguous(memory_format=torch.channels_last))  # type: ignore[no-any-return]


class SpyNet(nn.Module):
    """Flow over a pyramid (Ranjan and Black, CVPR 2017); small pictures have fewer levels.

    Level 0 is the coarsest that the picture has, so the last ones rest where it has fewer than four.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moduleBasic = nn.ModuleList(FlowLevel() for _ in range(LEVELS))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow from the first frame to the second.

        Args:
            first, second: [B, 3, H, W], of any size whose coarsest level has a pixel.

        Returns:
            [B, 2, H, W] in pixels.
        """
        (one, other), *finer = zip(pyramid(first), pyramid(second), strict=True)
        start = torch.zeros_like(one[:, :2])
        flow: Tensor = start + self.moduleBasic[0](torch.cat((one, other, start), 1))
        for level, (one, other) in enumerate(finer, start=1):
            start = doubled(flow, one)
            warped = backward_warp(other, start, padding="border")
            flow = start + self.moduleBasic[level](torch.cat((one, warped, start), 1))
        return flow


def pyramid(frame: Tensor) -> list[Tensor]:
    """A picture and its halves, the coarsest first: at most four, none halved that fits into 32 x 32."""
    levels = [frame]
    while len(levels) < LEVELS and max(levels[0].shape[-2:]) > SMALL:
        levels.insert(0, F.avg_pool2d(levels[0], 2))
    return levels


def doubled(flow: Tensor, like: Tensor) -> Tensor:
    """A level's flow [B, 2, h, w] for the next level, of the size of `like`: 2h or 2h + 1 by 2w or 2w + 1."""
    flow = F.interpolate(flow, scale_factor=2.0, mode="bilinear", align_corners=True) * 2
    down, right = like.shape[-2] - flow.shape[-2], like.shape[-1] - flow.shape[-1]
    return F.pad(flow, (0, right, 0, down), mode="replicate") if down or right else flow


class Correction(nn.Module):
    """The image processing part, with the layers of all three tasks, since released files hold them all.

    Interpolation runs three; `conv_3x7_64_9x9` and `conv_64_64_9x9` serve denoising and super-resolution.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv_3x2_64_9x9 = nn.Conv2d(6, 64, 9, padding=4)
        self.conv_3x7_64_9x9 = nn.Conv2d(21, 64, 9, padding=4)
        self.conv_64_64_9x9 = nn.Conv2d(64, 64, 9, padding=4)
        self.conv_64_64_1x1 = nn.Conv2d(64, 64, 1)
        self.conv_64_3_1x1 = nn.Conv2d(64, 3, 1)

    def forward(self, warped0: Tensor, warped1: Tensor) -> Tensor:
        """Two warped frames to one, each [B, 3, H, W]."""
        x = F.relu(self.conv_3x2_64_9x9(joined(warped0, warped1)), inplace=True)
        x = F.relu(self.conv_64_64_1x1(x), inplace=True)
        return self.conv_64_3_1x1(x) + (warped0 + warped1) / 2  # type: ignore[no-any-return]


class Synthesis(NamedTuple):
    """The midpoint and what led to it.

    Attributes:
        frame: [B, 3, H, W], normalised like the input.
        flow_01, flow_10: [B, 2, H, W], from the first frame to the second, and back.
        warped0, warped1: [B, 3, H, W], both frames brought to the midpoint.
    """

    frame: Tensor
    flow_01: Tensor
    flow_10: Tensor
    warped0: Tensor
    warped1: Tensor


class TOFlow(nn.Module):
    """The whole network."""

    def __init__(self) -> None:
        super().__init__()
        self.SpyNet = SpyNet()
        self.ResNet = Correction()

    def forward(self, first: Tensor, second: Tensor) -> Synthesis:
        """The frame midway between two normalised frames, each [B, 3, H, W].

        Half of the flow that leads on to the second frame stands for the flow from the midpoint to it, and
        the same the other way round.
        """
        flow_01, flow_10 = self.SpyNet(first, second), self.SpyNet(second, first)
        warped0, warped1 = backward_warp(first, flow_10 / 2), backward_warp(second, flow_01 / 2)
        return Synthesis(self.ResNet(warped0, warped1), flow_01, flow_10, warped0, warped1)
