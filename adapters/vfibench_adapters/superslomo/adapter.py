"""Super SloMo and SuperSloMo-R behind the harness's interface, with their released checkpoint files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD, AdapterCard
from vfibench.errors import VfibenchError
from vfibench.weights import read_checkpoint
from vfibench_adapters.loading import contents, placed, trained, untrained
from vfibench_adapters.superslomo.cards import CONVLSTM, SUPERSLOMO
from vfibench_adapters.superslomo.network import Bottleneck, SuperSloMo

PREFIXES = {"stage1_state_dict": "stage1_model.", "stage2_state_dict": "stage2_model."}

BOTTLENECKS: dict[Bottleneck, str] = {
    "conv": "plain convolutions (conv6.0.0...)",
    "convlstm": "ConvLSTM (conv6.forward_net...)",
}


class SuperSloMoAdapter:
    """Super SloMo with plain convolutions in the bottleneck; two input frames, any time."""

    card: ClassVar[AdapterCard] = SUPERSLOMO
    bottleneck: ClassVar[Bottleneck] = "conv"

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        self.network = placed(self._network(weights), device)
        self.mean = torch.tensor(IMAGENET_MEAN, device=device).view(3, 1, 1)
        self.std = torch.tensor(IMAGENET_STD, device=device).view(3, 1, 1)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate the middle interval; flow between the frames is computed once for all times.

        Args:
            frames: [B, N, 3, H, W] in [0, 1], H and W multiples of 32.
            times: T times in (0, 1).

        Returns:
            [B, T, 3, H, W].
        """
        if frames.shape[1] not in self.card.inputs:
            expected = " or ".join(map(str, self.card.inputs))
            raise VfibenchError(f"{self.card.name}: expected {expected} frames, found {frames.shape[1]}")
        normalised = (frames - self.mean) / self.std
        motion = self.network.motion(normalised)
        made = [self.network.synthesise(normalised, motion, time).frame for time in times]
        return torch.stack(made, dim=1) * self.std + self.mean

    def _network(self, path: Path | None) -> SuperSloMo:
        make = partial(SuperSloMo, self.bottleneck)
        if path is None:
            return untrained(make)
        state = stage_weights(read_checkpoint(path), path)
        found = bottleneck_of(state)
        if found != BOTTLENECKS[self.bottleneck]:
            message = f"{self.card.name}: bottleneck: expected {BOTTLENECKS[self.bottleneck]}, found {found}"
            raise VfibenchError(f"{message} in {path}", f"give {self.card.weights[0].name}")
        return trained(make, state, path)


class ConvLSTMAdapter(SuperSloMoAdapter):
    """SuperSloMo-R: ConvLSTM bottlenecks over three windows of four frames, or the one window of two."""

    card: ClassVar[AdapterCard] = CONVLSTM
    bottleneck: ClassVar[Bottleneck] = "convlstm"


def stage_weights(checkpoint: object, path: Path) -> dict[str, Tensor]:
    """Both stages' weights under the network's own names.

    Args:
        checkpoint: the released structure, {"stage1_state_dict": ..., "stage2_state_dict": ..., ...} with
            bare names, or one flat dict of names that begin with "stage1_model." and "stage2_model.".
        path: its file, for messages.

    Raises:
        VfibenchError: it is neither.
    """
    if not isinstance(checkpoint, Mapping):
        raise _another_file(path, contents(checkpoint))
    if all(isinstance(checkpoint.get(key), Mapping) for key in PREFIXES):
        return {
            prefix + name: tensor
            for key, prefix in PREFIXES.items()
            for name, tensor in checkpoint[key].items()
        }
    flat = {str(name): value for name, value in checkpoint.items() if isinstance(value, Tensor)}
    if any(name.startswith(tuple(PREFIXES.values())) for name in flat):
        return flat
    raise _another_file(path, contents(checkpoint))


def bottleneck_of(state: Mapping[str, Any]) -> str:
    """What stands in the bottleneck of these weights, in words."""
    names = [name for name in state if ".conv6." in name]
    if any(".update_gate." in name for name in names):
        return "ConvGRU (conv6.forward_net...)"
    if any(".forward_net." in name for name in names):
        return BOTTLENECKS["convlstm"]
    return BOTTLENECKS["conv"] if names else "none"


def _another_file(path: Path, found: str) -> VfibenchError:
    expected = f"a dict with {' and '.join(PREFIXES)}"
    return VfibenchError(f"expected {expected}, found {found} in {path}", "give the authors' released file")
