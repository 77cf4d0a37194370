"""RIFE (Huang et al., ECCV 2022, arXiv 2011.06294): intermediate flow found directly, coarse to fine.

Three blocks refine the flow from time t to both frames, and a mask that says which frame is seen; a U-Net
corrects the merged frame. A fourth block, the teacher, also sees the true frame; it takes part in training
only. Flows are in pixels: channels 0 and 1 lead (x, y) from t to the first frame, 2 and 3 to the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.precision import in_full
from vfibench_adapters.blocks.resize import resized
from vfibench_adapters.blocks.warp import backward_warp
from vfibench_adapters.rife.refinement import (
    ContextNet,
    UNet,
    conv_prelu,
    warp_levels,
)

SCALES = (4.0, 2.0, 1.0)
WIDTHS, CONTEXT = (240, 150, 90), 16  # of the released networks


class Estimate(NamedTuple):
    """What is known about time t after a block.

    Attributes:
        flow: [B, 4, H, W], from t to the first frame, then to the second.
        logit: [B, 1, H, W], of the share of the first frame.
        warped0, warped1: [B, 3, H, W], both frames brought to t.
    """

    flow: Tensor
    logit: Tensor
    warped0: Tensor
    warped1: Tensor

    @property
    def merged(self) -> Tensor:
        """[B, 3, H, W], the warped frames averaged by the mask."""
        return torch.lerp(self.warped1, self.warped0, self.logit.sigmoid())


class Context(NamedTuple):
    """What does not depend on the time.

    Attributes:
        scales: of the three blocks, picture size / working size, the coarsest first.
        pair: [B, 6, H, W], both frames.
        small: `pair` at each block's scale.
        levels0, levels1: features of each frame, see `ContextNet`.
    """

    scales: Sequence[float]
    pair: Tensor
    small: list[Tensor]
    levels0: list[Tensor]
    levels1: list[Tensor]


class FlowBlock(nn.Module):
    """One step of refinement, made at 1/4 of its input's size.

    Args:
        inputs: channels in.
        width: channels within.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(conv_prelu(inputs, width // 2, 2), conv_prelu(width // 2, width, 2))
        self.convblock = nn.Sequential(*(conv_prelu(width, width) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, 4, 2, padding=1)

    def forward(self, x: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        """How the flow and the mask's logit change.

        Args:
            x: [B, inputs, H, W], sides multiples of 4.
            scale: size of the whole picture / size of `x`.

        Returns:
            [B, 4, scale * H, scale * W] in pixels of the whole picture, and [B, 1, scale * H, scale * W].
        """
        features = self.conv0(x)
        raw = resized(in_full(self.lastconv, self.convblock(features) + features), 2 * scale)
        return raw[:, :4] * (2 * scale), raw[:, 4:]


class IFNet(nn.Module):
    """The whole network: `context` once a sample, then `synthesise` once a time.

    Args:
        timed: whether the blocks are told the time (RIFE_m); else it is always 1/2 (RIFE).
        widths: channels of the three blocks; the teacher has as many as the last.
        context: channels of the first level of context, see `ContextNet`.
        taught: whether there is a teacher; inference needs none.

    Attributes:
        training_only: how the names of tensors begin that inference does not need.
    """

    training_only = ("block_tea.",)

    def __init__(
        self,
        timed: bool,
        widths: tuple[int, int, int] = WIDTHS,
        context: int = CONTEXT,
        taught: bool = True,
    ) -> None:
        super().__init__()
        self.timed = timed
        pair = 7 if timed else 6
        refined = pair + 11  # two warped frames, the mask's logit, the flow
        self.block0 = FlowBlock(pair, widths[0])
        self.block1 = FlowBlock(refined, widths[1])
        self.block2 = FlowBlock(refined, widths[2])
        if taught:
            self.block_tea = FlowBlock(refined + 3, widths[2])
        self.contextnet = ContextNet(context)
        self.unet = UNet(context)

    def context(self, frames: Tensor, scales: Sequence[float] = SCALES) -> Context:
        """What every time needs, from [B, 2, 3, H, W] in [0, 1].

        Args:
            frames: the two frames; H and W are multiples of 16 and of 4 x each scale.
            scales: see `Context`; doubled for 2K and again for 4K.
        """
        pair = frames.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        first, second = pair.chunk(2, dim=1)
        small = [resized(pair, 1 / scale) for scale in scales]
        return Context(scales, pair, small, self.contextnet(first), self.contextnet(second))

    def estimates(self, context: Context, time: float | Tensor) -> list[Estimate]:
        """Flow, mask and warped frames at `time` after each of the three blocks.

        Args:
            context: of both frames.
            time: in (0, 1), one for all samples or [B, 1, 1, 1]; 1/2 for a network that is not timed.
        """
        found: list[Estimate] = []
        blocks = (self.block0, self.block1, self.block2)
        for block, small, scale in zip(blocks, context.small, context.scales, strict=True):
            before = found[-1] if found else None
            change = block(self._input(small, time, before, scale), scale)
            found.append(_changed(before, change, context.pair))
        return found

    def teacher(self, context: Context, time: float | Tensor, student: Estimate, truth: Tensor) -> Estimate:
        """The privileged estimate of training: the student's last, refined by a block that sees the truth.

        Args:
            context, time: as for `estimates`.
            student: after the last block.
            truth: [B, 3, H, W], the frame at `time`.
        """
        x = self._input(context.pair, time, student, 1.0, truth)
        return _changed(student, self.block_tea(x, 1.0), context.pair)

    def correction(self, context: Context, last: Estimate) -> Tensor:
        """What the U-Net adds to the merged frame, as its sigmoid: [B, 3, H, W], 1/2 for nothing."""
        flow0, flow1 = last.flow.chunk(2, dim=1)
        context0, context1 = warp_levels(context.levels0, flow0), warp_levels(context.levels1, flow1)
        raw = self.unet(
            joined(context.pair, last.warped0, last.warped1, last.logit, last.flow),
            context0,
            context1,
        )
        return raw.to(last.flow.dtype).sigmoid()  # type: ignore[no-any-return]

    def synthesise(self, context: Context, time: float | Tensor) -> Tensor:
        """The frame at `time`, [B, 3, H, W], clamped to [0, 1] as in the original; see `estimates`."""
        return self.refined(context, self.estimates(context, time)[-1])

    def refined(self, context: Context, last: Estimate) -> Tensor:
        """The merged frame corrected and clamped, [B, 3, H, W]."""
        return (last.merged + self.correction(context, last) * 2 - 1).clamp(0, 1)

    def _input(
        self, small: Tensor, time: float | Tensor, before: Estimate | None, scale: float, *truth: Tensor
    ) -> Tensor:
        """A block's input at its scale: both frames, the time, then what the block before has found."""
        parts = [small]
        if self.timed:
            parts.append(torch.zeros_like(small[:, :1]) + time)
        if before is not None:
            found = (before.warped0, before.warped1, before.logit, *truth, before.flow / scale)
            parts.append(resized(torch.cat(found, 1), 1 / scale))
        return joined(*parts)


def _changed(before: Estimate | None, change: tuple[Tensor, Tensor], pair: Tensor) -> Estimate:
    """The estimate after a block: flow and logit add up, and both frames are warped anew."""
    flow, logit = change
    if before is not None:
        flow, logit = flow + before.flow, logit + before.logit
    warped = [
        backward_warp(frame, half, padding="border")
        for frame, half in zip(pair.chunk(2, dim=1), flow.chunk(2, dim=1), strict=True)
    ]
    return Estimate(flow, logit, *warped)
