"""Super SloMo in Avinash Paliwal's version behind the harness's interface, with its released file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench.weights.reading import read_checkpoint
from vfibench.weights.states import bare, contents, network_part
from vfibench_adapters.loading import placed, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.superslomo_adobe.cards import SUPERSLOMO_ADOBE
from vfibench_adapters.superslomo_adobe.network import SuperSloMo

MEAN = (0.429, 0.431, 0.397)
PARTS = ("state_dictFC", "state_dictAT")


class SuperSloMoAdobeAdapter:
    """Two input frames, any time. The original resizes frames to multiples of 32; here the harness pads.

    Args:
        align_corners: False samples as the repository's code does under today's PyTorch; see the card.
    """

    card: ClassVar[AdapterCard] = SUPERSLOMO_ADOBE

    def __init__(self, align_corners: bool = True) -> None:
        self.align_corners = align_corners

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from the released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        make = partial(SuperSloMo, self.align_corners)
        network = trained(make, both_parts(weights), weights) if weights else untrained(make)
        self.network = placed(network, device)
        self.mean = torch.tensor(MEAN, device=device).view(3, 1, 1)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate; flow between the frames is computed once for all times.

        Args:
            frames: [B, 2, 3, H, W] in [0, 1], H and W multiples of 32.
            times: T times in (0, 1).

        Returns:
            [B, T, 3, H, W].
        """
        check_request(self.card, frames, times)
        first, second = (frames - self.mean).unbind(1)
        flows = self.network.flows(first, second)
        made = [self.network.synthesise(first, second, flows, time).frame for time in times]
        return torch.stack(made, dim=1) + self.mean


def both_parts(path: Path) -> dict[str, Tensor]:
    """The weights of both U-Nets, each under the name of its part of the file.

    Raises:
        VfibenchError: the file is no checkpoint, or has no such parts.
    """
    checkpoint = network_part(read_checkpoint(path), path)
    if not (isinstance(checkpoint, Mapping) and all(isinstance(checkpoint.get(p), Mapping) for p in PARTS)):
        raise VfibenchError(
            f"expected a dict with {' and '.join(PARTS)}, found {contents(checkpoint)} in {path}",
            f"give the released {SUPERSLOMO_ADOBE.weights[0].name}",
        )
    parts = {part: bare(checkpoint[part], path) for part in PARTS}
    return {f"{part}.{name}": tensor for part in PARTS for name, tensor in parts[part].items()}
