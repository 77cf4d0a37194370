"""SepConv behind the harness's interface, with its released checkpoint files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench_adapters.loading import nets_in, placed, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.sepconv.cards import SEPCONV
from vfibench_adapters.sepconv.network import SepConv


class SepConvAdapter:
    """SepConv; two input frames, the midpoint."""

    card: ClassVar[AdapterCard] = SEPCONV

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        network = untrained(SepConv) if weights is None else trained(SepConv, nets_in(weights), weights)
        self.network = placed(network, device)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """The frame midway.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1], H and W multiples of 32.
            times: 0.5, T times.

        Returns:
            [B, T, 3, H, W].
        """
        check_request(self.card, frames, times)
        first, second = frames.flip(2).unbind(1)  # the network was trained on BGR
        midway = self.network(first, second).flip(1)
        return torch.stack([midway] * len(times), dim=1)
