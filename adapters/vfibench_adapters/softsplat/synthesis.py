"""The synthesis network of the released SoftSplat model (Niklaus and Liu, CVPR 2020, arXiv 2003.05534).

Features of both frames at three resolutions are splatted to time t, each pixel as important as a learned
metric says, and a GridNet makes the frame of them. Encoding and metric do not depend on the time.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.splat import splat
from vfibench_adapters.blocks.warp import backward_warp
from vfibench_adapters.softsplat.flow import resized
from vfibench_adapters.softsplat.grid import Basic, GridNet, conv

WIDTHS = (32, 64, 96)
"""Channels of the features at 1, 1/2 and 1/4 of the frame's size."""

LIMIT = 20.0
"""Largest size of the exponent in the splatting's weights."""


class View(NamedTuple):
    """One of the two frames, at three resolutions, as far as the time does not matter; finest first.

    Attributes:
        features: [B, C + 1, h, w]; the frame itself at full resolution, the features, and last the metric.
        flows: [B, 2, h, w], all the way to the other frame, in pixels of that resolution.
        metrics: [B, 1, h, w], large where a pixel should be hidden.
    """

    features: list[Tensor]
    flows: list[Tensor]
    metrics: list[Tensor]


class Encode(nn.Module):
    """Features of a frame at three resolutions."""

    def __init__(self) -> None:
        super().__init__()
        inputs = 3
        for name, width in zip(("netOne", "netTwo", "netThr"), WIDTHS, strict=True):
            first = conv(inputs, width, stride=1 if inputs == 3 else 2)
            self.add_module(name, nn.Sequential(first, nn.PReLU(width), conv(width, width), nn.PReLU(width)))
            inputs = width

    def forward(self, frame: Tensor) -> list[Tensor]:
        """[B, 3, H, W] to [B, 3 + 32, H, W], [B, 64, H/2, W/2] and [B, 96, H/4, W/4]."""
        one = self.get_submodule("netOne")(frame)
        two = self.get_submodule("netTwo")(one)
        return [torch.cat((frame, one), 1), two, self.get_submodule("netThr")(two)]


class Softmetric(GridNet):
    """How much each pixel should stand back, judged by how badly it matches what it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.netInput = conv(3, 12)
        self.netError = conv(1, 4)
        self.add_grid((16, *WIDTHS), down=1, up=1)
        self.netOutput = Basic(16, 16, 1)

    def forward(self, own: Tensor, other: Tensor, flow: Tensor) -> Tensor:
        """The finest features [B, 35, H, W] of a frame and the other, and the flow, to [B, 1, H, W]."""
        error = (own - backward_warp(other, flow)).abs_().mean(1, keepdim=True)
        joined = torch.cat((self.netInput(own[:, :3]), self.netError(error)), 1)
        return self.netOutput(self.through_grid(joined)).float()  # type: ignore[no-any-return]


class Warp(nn.Module):
    """Splat the features of both frames to time t and merge them, a resolution at a time."""

    def __init__(self) -> None:
        super().__init__()
        for name, width in zip(("netOne", "netTwo", "netThr"), WIDTHS, strict=True):
            features = width + 3 if width == WIDTHS[0] else width
            self.add_module(name, Basic(2 * (features + 1), width, width))

    def forward(self, one: View, two: View, time: float) -> list[Tensor]:
        """[B, 32, H, W], [B, 64, H/2, W/2] and [B, 96, H/4, W/4]."""
        return [
            merge(torch.cat((_splatted(one, level, time), _splatted(two, level, 1 - time)), 1))
            for level, merge in enumerate(self.children())
        ]


def _splatted(view: View, level: int, part: float) -> Tensor:
    """Features and metric of one resolution, moved `part` of the way; [B, C + 1, h, w]."""
    weight = (view.metrics[level] * (-2 * part)).clamp_(-LIMIT, LIMIT)
    moved = splat(view.features[level], view.flows[level] * part, weight, "soft")
    moved[:, -1] *= 2 * part  # the metric grows with the way, here as in the weight
    return moved


class Synthesis(GridNet):
    """From two frames and the flow between them to the frame at any time: `view` once, then `frame`."""

    def __init__(self) -> None:
        super().__init__()
        self.netEncode = Encode()
        self.netSoftmetric = Softmetric()
        self.netWarp = Warp()
        self.add_grid(WIDTHS, down=3, up=3)
        self.netOutput = Basic(WIDTHS[0], WIDTHS[0], 3)

    def views(self, first: Tensor, second: Tensor, onward: Tensor, back: Tensor) -> tuple[View, View]:
        """Both frames [B, 3, H, W] with their flows [B, 2, H, W] to each other, ready for any time."""
        one, two = self.netEncode(first), self.netEncode(second)
        metric_one = self.netSoftmetric(one[0], two[0], onward)
        metric_two = self.netSoftmetric(two[0], one[0], back)
        return _view(one, onward, metric_one), _view(two, back, metric_two)

    def frame(self, one: View, two: View, time: float) -> Tensor:
        """The frame at `time` in (0, 1), [B, 3, H, W]."""
        return self.netOutput(self.through_grid(*self.netWarp(one, two, time)))  # type: ignore[no-any-return]


def _view(features: list[Tensor], flow: Tensor, metric: Tensor) -> View:
    """Flow and metric at every resolution, each made from the one before."""
    flows, metrics = [flow], [metric]
    for level in features[1:]:
        size = (level.shape[2], level.shape[3])
        flows.append(resized(flows[-1], size))
        metrics.append(F.interpolate(metrics[-1], size, mode="bilinear", align_corners=False))
    joined = [torch.cat((one.float(), other), 1) for one, other in zip(features, metrics, strict=True)]
    return View(joined, flows, metrics)
