"""The flow network of the released SoftSplat model: a feature pyramid, matched coarse to fine.

After PWC-Net (Sun et al., CVPR 2018, arXiv 1709.02371): features of the other frame are warped by the flow
so far, a cost volume compares them, and a decoder makes the flow anew (not a correction of it).
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.correlation import cost_volume
from vfibench_adapters.blocks.warp import backward_warp

LEVELS = {"First": 16, "Second": 32, "Third": 64, "Fourth": 96, "Fifth": 128, "Sixth": 192}
"""Levels of the pyramid from fine to coarse, each half as large as the one before, and their channels."""

RADIUS = 4


def resized(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """A flow [B, 2, h, w] at another size (H, W); both components scale by W / w, as the original has it."""
    if flow.shape[-2:] == size:
        return flow
    larger = F.interpolate(flow, size, mode="bilinear", align_corners=False)
    return larger * (size[1] / flow.shape[3])


class Extractor(nn.Module):
    """Features at 1/2, 1/4 ... 1/64 of a frame's size (rounded up)."""

    def __init__(self) -> None:
        super().__init__()
        inputs = 3
        for name, outputs in LEVELS.items():
            self.add_module(f"net{name}", _stage(inputs, outputs))
            inputs = outputs

    def forward(self, frames: Tensor) -> list[Tensor]:
        """[B, 3, H, W] to six feature maps, finest first."""
        features = []
        for stage in self.children():
            frames = stage(frames)
            features.append(frames)
        return features


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1),
        nn.LeakyReLU(0.1, inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.LeakyReLU(0.1, inplace=True),
    )


class Decoder(nn.Module):
    """From features, cost volume and flow so far (none at the coarsest level) to the flow of this level."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        widths = (inputs, 128, 128, 96, 64, 32, 2)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        self.netMain = nn.Sequential(*layers[:-1])

    def forward(self, first: Tensor, second: Tensor, coarser: Tensor | None) -> Tensor:
        """Flow from `first` to `second`, features [B, C, H, W] of one level, as [B, 2, H, W] float32."""
        if coarser is None:
            return self._decode(first, cost_volume(first, second, RADIUS))
        flow = resized(coarser, (first.shape[2], first.shape[3]))
        return self._decode(first, cost_volume(first, backward_warp(second, flow), RADIUS), flow)

    def _decode(self, *parts: Tensor) -> Tensor:
        return self.netMain(torch.cat(parts, 1)).float()  # type: ignore[no-any-return]


class FlowNet(nn.Module):
    """Flow between two frames, in both directions by the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.netExtractor = Extractor()
        for name, channels in LEVELS.items():
            coarser = 0 if name == "Sixth" else 2
            self.add_module(f"net{name}", Decoder(channels + (2 * RADIUS + 1) ** 2 + coarser))

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Flow from first to second and back, each [B, 2, H, W] in pixels, of frames [B, 3, H, W]."""
        finest = self.levels(first, second)["First"]
        onward, back = resized(finest, (first.shape[2], first.shape[3])).chunk(2)
        return onward, back

    def levels(self, first: Tensor, second: Tensor) -> dict[str, Tensor]:
        """The flow of each level, coarsest first: [2B, 2, h, w], both directions one after the other."""
        pyramid = self.netExtractor(torch.cat((first, second)))
        flows: dict[str, Tensor] = {}
        flow = None
        for name, features in reversed(list(zip(LEVELS, pyramid, strict=True))):
            other = torch.cat(features.chunk(2)[::-1])
            flow = flows[name] = self.get_submodule(f"net{name}")(features, other, flow)
        return flows
