"""SoftSplat, the complete model its authors released after the paper (Niklaus and Liu, CVPR 2020).

A flow network of its own (`flow`) takes the place of the paper's PWC-Net; `synthesis` splats and makes the
frame, `grid` holds the GridNet of both its parts. Frames are BGR here, as in training.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vfibench_adapters.softsplat.flow import FlowNet
from vfibench_adapters.softsplat.synthesis import Synthesis, View

EPSILON = 1e-7


class EncodedPair(NamedTuple):
    """A pair of frames, as far as the time does not matter.

    Attributes:
        one, two: the frames, encoded, with their flows and metrics.
        mean, deviation: [B, 1, 1, 1], of both frames of a sample together.
    """

    one: View
    two: View
    mean: Tensor
    deviation: Tensor


class SoftSplat(nn.Module):
    """Flow and synthesis. `scene` once a sample, then `frame` once a time."""

    def __init__(self) -> None:
        super().__init__()
        self.netFlow = FlowNet()
        self.netSynthesis = Synthesis()

    def scene(self, first: Tensor, second: Tensor) -> EncodedPair:
        """What two frames [B, 3, H, W], BGR in [0, 1], tell for all times."""
        one, two, mean, deviation = standardised(first, second)
        return EncodedPair(*self.netSynthesis.views(one, two, *self.netFlow(one, two)), mean, deviation)

    def frame(self, scene: EncodedPair, time: float) -> Tensor:
        """The frame at `time` in (0, 1): [B, 3, H, W], BGR, nominally in [0, 1]."""
        made = self.netSynthesis.frame(scene.one, scene.two, time)
        return made * scene.deviation + scene.mean


def standardised(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both frames [B, 3, H, W] less their common mean over their common deviation; then these two.

    Mean and deviation, [B, 1, 1, 1], are of all values of a sample's two frames together.
    """
    values = torch.stack((first, second), dim=1).float()
    variance, mean = torch.var_mean(values, dim=(1, 2, 3, 4), correction=0)
    mean, deviation = mean.view(-1, 1, 1, 1), variance.sqrt().view(-1, 1, 1, 1)
    one, two = (
        ((frame - mean) / (deviation + EPSILON)).contiguous(memory_format=torch.channels_last)
        for frame in (first, second)
    )
    return one, two, mean, deviation
