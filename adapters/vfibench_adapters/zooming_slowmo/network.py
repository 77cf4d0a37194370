"""Zooming Slow-Mo (Xiang et al., CVPR 2020, arXiv 2002.11616), in its released form.

N low-resolution frames become 2N - 1 frames of four times the size: features of the missing frames are
made from their neighbours' by deformable alignment, a bidirectional deformable ConvLSTM lets all of them
speak to each other, and each is reconstructed by itself. Attributes carry the released names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.residual import ResidualBlock
from vfibench_adapters.zooming_slowmo.alignment import Alignment, conv3, leaky
from vfibench_adapters.zooming_slowmo.recurrence import BidirectionalDeformableConvLSTM, PreparedFrame


class ZoomingSlowMo(Alignment):
    """The network; it aligns neighbouring frames itself, as its recurrence aligns states.

    Args:
        channels: of all features.
        groups: of the deformable convolutions; divides `channels`.
        front, back: residual blocks before the alignment and after the recurrence.
    """

    def __init__(self, channels: int = 64, groups: int = 8, front: int = 5, back: int = 40) -> None:
        super().__init__(channels, groups)
        self.conv_first = conv3(3, channels)
        self.feature_extraction = nn.Sequential(*(ResidualBlock(channels) for _ in range(front)))
        self.ConvBLSTM = BidirectionalDeformableConvLSTM(channels, groups)
        self.recon_trunk = nn.Sequential(*(ResidualBlock(channels) for _ in range(back)))
        self.upconv1, self.upconv2 = conv3(channels, 4 * channels), conv3(channels, 4 * channels)
        self.HRconv, self.conv_last = conv3(channels, channels), conv3(channels, 3)

    def items(self, frames: Iterable[Tensor]) -> Iterator[PreparedFrame]:
        """Frames in order, each [B, 3, H, W], to the items at their times and half-way between them.

        Items are made as they are asked for; N frames give 2N - 1. H and W are multiples of 4.
        """
        before = None
        for frame in frames:
            features = self.feature_extraction(leaky(self.conv_first(frame)))
            levels = self.levels(features)
            if before is not None:
                yield self.ConvBLSTM.forward_net.prepare(self.between(self.describe(before), levels))
            yield self.ConvBLSTM.forward_net.prepare(features)
            before = levels

    def features_at(self, items: Sequence[PreparedFrame], indices: Sequence[int]) -> list[Tensor]:
        """What `reconstruct` needs for the frames at `indices` of a window of items, in their order."""
        return self.ConvBLSTM.at(items, indices)

    def reconstruct(self, features: Tensor) -> Tensor:
        """[B, channels, H, W] to a frame, [B, 3, 4H, 4W]; frame by frame takes the least memory."""
        x = self.recon_trunk(features)
        x = leaky(F.pixel_shuffle(self.upconv1(x), 2))
        x = leaky(F.pixel_shuffle(self.upconv2(x), 2))
        return cast(Tensor, self.conv_last(leaky(self.HRconv(x))))
