"""TOFlow behind the harness's interface, with pytoflow's checkpoint files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD, AdapterCard
from vfibench_adapters.loading import placed, tensors_in, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.toflow.cards import TOFLOW
from vfibench_adapters.toflow.network import TOFlow


class TOFlowAdapter:
    """TOFlow; two input frames of any size, the midpoint."""

    card: ClassVar[AdapterCard] = TOFLOW

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a file of pytoflow, or from reproducible random numbers.

        Args:
            device: where frames will be.
            weights: the released state dict, or a training checkpoint with `net_state_dict`.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        state = None if weights is None else tensors_in(weights, "net_state_dict")
        network = untrained(TOFlow) if weights is None or state is None else trained(TOFlow, state, weights)
        self.network = placed(network, device)
        self.mean = torch.tensor(IMAGENET_MEAN, device=device).view(3, 1, 1)
        self.std = torch.tensor(IMAGENET_STD, device=device).view(3, 1, 1)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """The frame midway.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1].
            times: 0.5, T times.

        Returns:
            [B, T, 3, H, W].
        """
        check_request(self.card, frames, times)
        first, second = ((frames - self.mean) / self.std).unbind(1)
        midway = self.network(first, second).frame * self.std + self.mean
        return torch.stack([midway] * len(times), dim=1)
