"""DAIN behind the harness's interface, with its released checkpoint file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench_adapters.dain.cards import DAIN as CARD
from vfibench_adapters.dain.megadepth import fold_norms
from vfibench_adapters.dain.network import DAIN
from vfibench_adapters.loading import placed, tensors_in, trained, untrained
from vfibench_adapters.requests import check_request


class DAINAdapter:
    """DAIN; two input frames, any time (the weights serve the midpoint and slow motion alike)."""

    card: ClassVar[AdapterCard] = CARD

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from the released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        network = untrained(DAIN) if weights is None else trained(DAIN, _state(weights), weights)
        fold_norms(network.depthNet)
        self.network = placed(network, device)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate; flow, depth, context and kernels are found once for all times.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1], H and W multiples of 64.
            times: T times in (0, 1).

        Returns:
            [B, T, 3, H, W].
        """
        check_request(self.card, frames, times)
        known = self.network.analyse(*frames.unbind(1))
        made = (self.network.synthesise(known, self.network.flows(known, time), time) for time in times)
        return torch.stack([synthesis.rectified for synthesis in made], dim=1)


def _state(path: Path) -> dict[str, Tensor]:
    """The released tensors; norms' counters of training batches, which newer PyTorch saves, do not matter."""
    return {
        name: tensor for name, tensor in tensors_in(path).items() if not name.endswith("num_batches_tracked")
    }
