"""RIFE and RIFE_m behind the harness's interface, with their released checkpoint files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench_adapters.loading import channels, placed, tensors_in, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.rife.cards import RIFE, RIFE_M
from vfibench_adapters.rife.network import CONTEXT, SCALES, WIDTHS, IFNet

FIRST = "block0.conv0.0.0.weight"


class RIFEAdapter:
    """RIFE; two input frames, the midpoint.

    Args:
        scale: 1, 0.5 (2K) or 0.25 (4K): how large the flow's blocks see the frames.
        rotated: average with what the frames give when rotated by 180 degrees.
        bgr: give the network its channels in the order of its training and of the paper's benchmarks.

    Raises:
        VfibenchError: another scale.
    """

    card: ClassVar[AdapterCard] = RIFE
    timed: ClassVar[bool] = False

    def __init__(self, scale: float = 1.0, rotated: bool = False, bgr: bool = True) -> None:
        if scale not in (1, 0.5, 0.25):
            raise VfibenchError(f"{self.card.name}: expected a scale of 1, 0.5 or 0.25, found {scale}")
        self.scales = tuple(step / scale for step in SCALES)
        self.rotated, self.bgr = rotated, bgr

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        self.network = placed(self._network(weights), device)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate; the frames' context is found once for all times.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1], H and W multiples of the card's or variant's padding.
            times: T times in (0, 1), 0.5 alone for RIFE.

        Returns:
            [B, T, 3, H, W], clamped to [0, 1] by the network.
        """
        check_request(self.card, frames, times)
        if self.bgr:
            frames = frames.flip(2)
        made = self._predict(frames, times)
        if self.rotated:
            made = (made + self._predict(frames.flip(3, 4), times).flip(3, 4)) / 2
        return made.flip(2) if self.bgr else made

    def _predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        context = self.network.context(frames, self.scales)
        return torch.stack([self.network.synthesise(context, time) for time in times], dim=1)

    def _network(self, path: Path | None) -> IFNet:
        if path is None:
            return untrained(partial(IFNet, self.timed))
        state = tensors_in(path)
        if FIRST in state and self._is_the_other(state[FIRST]):
            expected, found = ("RIFE_m", "RIFE") if self.timed else ("RIFE", "RIFE_m")
            raise VfibenchError(
                f"{self.card.name}: expected weights of {expected}, found those of {found} in {path}",
                f"both files are called flownet.pkl: give {expected}'s",
            )
        return trained(partial(_shaped, self.timed, state), state, path)

    def _is_the_other(self, first: Tensor) -> bool:
        """Whether these weights of the first convolution belong to the network with or without time."""
        return first.ndim == 4 and first.shape[1] == (6 if self.timed else 7)


class RIFEMAdapter(RIFEAdapter):
    """RIFE_m; two input frames, any time."""

    card: ClassVar[AdapterCard] = RIFE_M
    timed: ClassVar[bool] = True


def _shaped(timed: bool, state: Mapping[str, Tensor]) -> IFNet:
    """A network as wide as the one of these weights; it has a teacher unless they have nothing of one."""
    first, second, third = (
        channels(state, f"block{index}.conv0.1.0.weight", width) for index, width in enumerate(WIDTHS)
    )
    context = channels(state, "contextnet.conv1.conv1.0.weight", CONTEXT)
    taught = any(name.startswith(IFNet.training_only) for name in state)
    return IFNet(timed, (first, second, third), context, taught)
