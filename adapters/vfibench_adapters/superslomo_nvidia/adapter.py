"""Super SloMo as its own group released it behind the harness's interface, with its released files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench_adapters.loading import placed, tensors_in, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.superslomo_nvidia.cards import SUPERSLOMO_NVIDIA
from vfibench_adapters.superslomo_nvidia.network import SuperSloMo


class SuperSloMoNvidiaAdapter:
    """Two input frames, any time.

    Args:
        flow_scale: 2 finds the flow at half the size, as its authors do on large frames; see the card.
    """

    card: ClassVar[AdapterCard] = SUPERSLOMO_NVIDIA

    def __init__(self, flow_scale: int = 1) -> None:
        self.flow_scale = flow_scale

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        make = partial(SuperSloMo, self.flow_scale)
        if weights is None:
            network = untrained(make)
        else:
            network = trained(make, tensors_in(weights, "state_dict"), weights)
        self.network = placed(network, device)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate; flow between the frames is computed once for all times.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1], H and W multiples of 32 x flow_scale.
            times: T times in (0, 1).

        Returns:
            [B, T, 3, H, W].
        """
        check_request(self.card, frames, times)
        network = self.network
        first, second = (255 * frames - network.mean_pix).unbind(1)
        motion = network.motion(first, second)
        made = [network.synthesise(first, second, motion, time).frame for time in times]
        return (torch.stack(made, dim=1) + network.mean_pix) / 255
