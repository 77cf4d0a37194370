"""DAIN: flow, depth, context and kernels of two frames, projected, warped, blended and rectified."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.adaptive import adaptive_warp
from vfibench_adapters.blocks.projection import project_flow
from vfibench_adapters.dain.filters import head, kernel_features, unet
from vfibench_adapters.dain.megadepth import hourglass
from vfibench_adapters.dain.pwc import PWCNet
from vfibench_adapters.dain.residual import ContextNet, RectifyNet

FLOW_UNIT = 20
"""Pixels in PWC-Net's unit of flow."""


class Analysis(NamedTuple):
    """What is known of two frames before a time is chosen. Pairs stand for the first and the second frame.

    Attributes:
        flows: raw output of PWC-Net, to the other frame, each [B, 2, H / 4, W / 4].
        depths: logarithm of depth, each [B, 1, H, W].
        contexts: frame, context features and log depth, each [B, 196, H, W].
        kernels: of adaptive warping, each [B, 16, H, W].
    """

    flows: tuple[Tensor, Tensor]
    depths: tuple[Tensor, Tensor]
    contexts: tuple[Tensor, Tensor]
    kernels: tuple[Tensor, Tensor]


class Synthesis(NamedTuple):
    """The frame at one time, [B, 3, H, W]: the mean of the two warped frames by time, and the result."""

    blended: Tensor
    rectified: Tensor


class DAIN(nn.Module):
    """Depth-aware interpolation with the released file's parameter names."""

    def __init__(self) -> None:
        super().__init__()
        self.initScaleNets_filter = unet()
        self.initScaleNets_filter1 = head()
        self.initScaleNets_filter2 = head()
        self.ctxNet = ContextNet()
        self.rectifyNet = RectifyNet(3 + 2 * (3 + 2 + 16 + 196))
        self.flownets = PWCNet()
        self.depthNet = hourglass()

    def analyse(self, first: Tensor, second: Tensor) -> Analysis:
        """Everything that does not depend on the time.

        Args:
            first, second: [B, 3, H, W] RGB in [0, 1], H and W multiples of 64.
        """
        frames = torch.cat((first, second)).contiguous(memory_format=torch.channels_last)
        depths = self.depthNet(frames)
        contexts = torch.cat((frames, *self.ctxNet(frames), depths), dim=1)
        features = kernel_features(self.initScaleNets_filter, torch.cat((first, second), dim=1))
        kernels = self.initScaleNets_filter1(features), self.initScaleNets_filter2(features)
        return Analysis(self.flownets(first, second), _pair(depths), _pair(contexts), kernels)

    def flows(self, known: Analysis, time: float) -> tuple[Tensor, Tensor]:
        """Flow from the frame at `time` in (0, 1) to the first and to the second, [B, 2, H, W] in pixels."""
        first, second = zip(known.flows, known.depths, strict=True)
        return _projected(*first, time), _projected(*second, 1 - time)

    def synthesise(self, known: Analysis, flows: tuple[Tensor, Tensor], time: float) -> Synthesis:
        """The frame at `time`, given its flows to the first and the second frame."""
        warped = [adaptive_warp(*parts) for parts in zip(known.contexts, flows, known.kernels, strict=True)]
        first, second = (context[:, :3] for context in warped)
        blended = (1 - time) * first + time * second
        correction = self.rectifyNet(blended, first, second, *flows, *known.kernels, *warped)
        return Synthesis(blended, blended + correction)


def _pair(batch: Tensor) -> tuple[Tensor, Tensor]:
    first, second = batch.chunk(2)
    return first, second


def _projected(flow: Tensor, log_depth: Tensor, share: float) -> Tensor:
    """Flow from the frame in between, [B, 2, H, W] in pixels, which lies at a `share` of the way.

    Holes are filled where no gradient is asked for, as the authors do.

    Args:
        flow: [B, 2, H / 4, W / 4], raw, along the whole way.
        log_depth: [B, 1, H, W].
    """
    part = flow.float() * FLOW_UNIT * share
    full = F.interpolate(part, scale_factor=4, mode="bilinear", align_corners=False)
    inverse_depth = 1e-6 + torch.exp(-log_depth.float())
    return project_flow(full, inverse_depth, fill=not full.requires_grad).flow
