"""SoftSplat behind the harness's interface, with its released checkpoint files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench_adapters.loading import nets_in, placed, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.softsplat.cards import SOFTSPLAT
from vfibench_adapters.softsplat.network import SoftSplat


class SoftSplatAdapter:
    """SoftSplat; two input frames, any time.

    There is no `predict_clip`: the two frames of a pair are standardised by their common mean and
    deviation, so a frame's features differ from pair to pair.
    """

    card: ClassVar[AdapterCard] = SOFTSPLAT

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        network = untrained(SoftSplat) if weights is None else trained(SoftSplat, nets_in(weights), weights)
        self.network = placed(network, device)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate; flow, features and metrics are computed once for all times.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1].
            times: T times in (0, 1).

        Returns:
            [B, T, 3, H, W].
        """
        check_request(self.card, frames, times)
        scene = self.network.scene(*frames.flip(2).unbind(1))  # the network sees BGR
        return torch.stack([self.network.frame(scene, time) for time in times], dim=1).flip(2)
