"""`dis`: dense inverse search, OpenCV's optical flow, with the Middlebury interpolation algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench_adapters.classical.cards import DIS
from vfibench_adapters.classical.middlebury import between, motion_of

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

library: Any = cv2  # whose own types leave this flow out

SMALLEST = 16  # pixels a side for OpenCV to find flow


class Dis:
    """Flow once for each pair of frames, then a frame at each time.

    Example:
        >>> Dis().predict(torch.zeros(1, 2, 3, 32, 48), [0.25, 0.5]).shape
        torch.Size([1, 2, 3, 32, 48])
    """

    card: ClassVar[AdapterCard] = DIS

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to build."""

    @torch.no_grad()
    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """[B, 2, 3, H, W] to [B, T, 3, H, W], float32; computed on the CPU."""
        with torch.autocast("cpu", enabled=False):
            made = [torch.cat(_sample(sample, times)) for sample in frames.float().cpu()]
        return torch.stack(made).to(frames.device)


def _sample(frames: Tensor, times: Sequence[float]) -> list[Tensor]:
    first, second = frames[None].unbind(1)
    motion = motion_of(first, second, flows(first[0], second[0]))
    return [between(first, second, motion, time) for time in times]


def flows(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """DIS from one frame [3, H, W] in [0, 1] to the other and back, [1, 2, H, W] each, in pixels."""
    height, width = first.shape[-2:]
    greys = [_grey(frame) for frame in (first, second)]
    search = library.DISOpticalFlow_create(library.DISOPTICAL_FLOW_PRESET_MEDIUM)  # one per thread
    found = []
    for one, other in (greys, greys[::-1]):
        flow = torch.from_numpy(search.calc(one, other, np.zeros((*one.shape, 2), np.float32)))
        found.append(flow[:height, :width].permute(2, 0, 1)[None].contiguous())
    return found[0], found[1]


def _grey(frame: Tensor) -> UInt8Array:
    """Luma of BT.601 in 8 bits, continued to a size that OpenCV takes."""
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    grey = (frame * weights).sum(0).mul(255).round().clamp(0, 255).byte().numpy()
    missing = [max(0, SMALLEST - side) for side in grey.shape]
    return np.pad(grey, [(0, missing[0]), (0, missing[1])], mode="edge") if any(missing) else grey
