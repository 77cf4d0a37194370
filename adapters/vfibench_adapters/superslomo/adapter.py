"""Super SloMo and SuperSloMo-R behind the harness's interface, with their released checkpoint files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD, AdapterCard
from vfibench.errors import VfibenchError
from vfibench.weights.reading import read_checkpoint
from vfibench.weights.states import bare, contents, network_part
from vfibench_adapters.loading import channels, placed, trained, untrained
from vfibench_adapters.requests import check_request
from vfibench_adapters.superslomo.cards import CONVGRU, CONVLSTM, SUPERSLOMO
from vfibench_adapters.superslomo.network import Bottleneck, Motion, SuperSloMo, windows

FIRST, WIDTH = "stage1_model.conv1a.0.weight", 32  # of the released networks
PREFIXES = {"stage1_state_dict": "stage1_model.", "stage2_state_dict": "stage2_model."}

BOTTLENECKS: dict[Bottleneck, str] = {
    "conv": "plain convolutions (conv6.0.0...)",
    "convlstm": "ConvLSTM (conv6.forward_net...)",
    "convgru": "ConvGRU (conv6.forward_net...)",
}


class SuperSloMoAdapter:
    """Super SloMo with plain convolutions in the bottleneck; two input frames, any time."""

    card: ClassVar[AdapterCard] = SUPERSLOMO
    bottleneck: ClassVar[Bottleneck] = "conv"

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from a file of any width, or from reproducible random numbers.

        Args:
            device: where it runs.
            weights: a released file, or one that `vfibench train` exported; None for random numbers.

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
        check_request(self.card, frames, times)
        normalised = (frames - self.mean) / self.std
        return self._synthesised(normalised, self.network.motion(normalised), times)

    def predict_clip(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate between consecutive frames; each pair of neighbours is encoded once for all windows.

        What comes after the first encoder depends on a window's other pairs and is computed for each.

        Args:
            frames: [F, 3, H, W] as `predict` takes them.
            times: T times in (0, 1).

        Returns:
            [F - N + 1, T, 3, H, W], N the card's usual count; prediction k is that of frames k to k + N - 1.
        """
        count = self.card.inputs[0]
        if len(frames) < count:
            raise VfibenchError(
                f"{self.card.name}: expected at least {count} frames in a clip, found {len(frames)}"
            )
        clip = ((frames - self.mean) / self.std).unsqueeze(0)
        made = [
            self._synthesised(clip[:, first : first + count], motion, times)
            for first, motion in enumerate(self._motions(clip, count))
        ]
        return torch.cat(made)

    def _motions(self, clip: Tensor, count: int) -> Iterator[Motion]:
        """The motion of each `count` consecutive frames of [1, F, 3, H, W]; few encodings are kept."""
        encoded: deque[list[Tensor]] = deque(maxlen=count - 1)
        for pair in windows(clip):
            encoded.append(self.network.stage1_model.encode(pair))
            if len(encoded) == count - 1:
                yield self.network.motion_of(encoded)

    def _synthesised(self, normalised: Tensor, motion: Motion, times: Sequence[float]) -> Tensor:
        made = [self.network.synthesise(normalised, motion, time).frame for time in times]
        return torch.stack(made, dim=1) * self.std + self.mean

    def _network(self, path: Path | None) -> SuperSloMo:
        if path is None:
            return untrained(partial(SuperSloMo, self.bottleneck))
        state = stage_weights(read_checkpoint(path), path)
        found = bottleneck_of(state)
        if found != BOTTLENECKS[self.bottleneck]:
            message = f"{self.card.name}: bottleneck: expected {BOTTLENECKS[self.bottleneck]}, found {found}"
            raise VfibenchError(f"{message} in {path}", f"give {self.card.weights[0].name}")
        return trained(partial(SuperSloMo, self.bottleneck, channels(state, FIRST, WIDTH)), state, path)


class ConvLSTMAdapter(SuperSloMoAdapter):
    """SuperSloMo-R: ConvLSTM bottlenecks over the N - 1 windows of N frames, three where it was trained."""

    card: ClassVar[AdapterCard] = CONVLSTM
    bottleneck: ClassVar[Bottleneck] = "convlstm"


class ConvGRUAdapter(SuperSloMoAdapter):
    """SuperSloMo-R with ConvGRU bottlenecks, of which no trained weights were released."""

    card: ClassVar[AdapterCard] = CONVGRU
    bottleneck: ClassVar[Bottleneck] = "convgru"


def stage_weights(checkpoint: object, path: Path) -> dict[str, Tensor]:
    """Both stages' weights under the network's own names.

    Args:
        checkpoint: the released structure, {"stage1_state_dict": ..., "stage2_state_dict": ..., ...} with
            bare names, or one flat dict of names that begin with "stage1_model." and "stage2_model.".
        path: its file, for messages.

    Raises:
        VfibenchError: it is neither.
    """
    checkpoint = network_part(checkpoint, path)
    if not isinstance(checkpoint, Mapping):
        raise _another_file(path, contents(checkpoint))
    if all(isinstance(checkpoint.get(key), Mapping) for key in PREFIXES):
        return {
            prefix + name: tensor
            for key, prefix in PREFIXES.items()
            for name, tensor in bare(checkpoint[key], path).items()
        }
    flat = bare({str(name): one for name, one in checkpoint.items() if isinstance(one, Tensor)}, path)
    if any(name.startswith(tuple(PREFIXES.values())) for name in flat):
        return flat
    raise _another_file(path, contents(checkpoint))


def bottleneck_of(state: Mapping[str, object]) -> str:
    """What stands in the bottleneck of these weights, in words."""
    names = [name for name in state if ".conv6." in name]
    if any(".update_gate." in name for name in names):
        return BOTTLENECKS["convgru"]
    if any(".forward_net." in name for name in names):
        return BOTTLENECKS["convlstm"]
    return BOTTLENECKS["conv"] if names else "none"


def _another_file(path: Path, found: str) -> VfibenchError:
    expected = f"a dict with {' and '.join(PREFIXES)}"
    return VfibenchError(f"expected {expected}, found {found} in {path}", "give the authors' released file")
