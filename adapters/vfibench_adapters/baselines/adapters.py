"""Two adapters that learn nothing, and the shortest examples of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench_adapters.baselines.cards import BLEND, NEAREST


class Blend:
    """Average of the two frames, weighted by nearness in time."""

    card: ClassVar[AdapterCard] = BLEND

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to build."""

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """[B, 2, 3, H, W] to (1 - t) * first + t * second, [B, T, 3, H, W]."""
        first, second = frames.unbind(1)
        return torch.stack([(1 - time) * first + time * second for time in times], dim=1)


class Nearest:
    """A copy of the frame nearest in time; the first frame at 0.5."""

    card: ClassVar[AdapterCard] = NEAREST

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to build."""

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """[B, 2, 3, H, W] to the nearer of the two at each time, [B, T, 3, H, W]."""
        first, second = frames.unbind(1)
        return torch.stack([second if time > 0.5 else first for time in times], dim=1)
