"""Zooming Slow-Mo behind the harness's interface, with its released checkpoint file."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench_adapters.loading import channels, placed, tensors_in, trained, untrained
from vfibench_adapters.zooming_slowmo.cards import ZOOMING_SLOWMO
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo

PLANES = 27  # of offsets and masks a group: two offsets and a mask for each of nine taps


class ZoomingSlowMoAdapter:
    """Low-resolution frames to frames of four times the size at their times and half-way between."""

    card: ClassVar[AdapterCard] = ZOOMING_SLOWMO

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device` from the released file, or from reproducible random numbers.

        Raises:
            VfibenchError: the file is no checkpoint, or one of another network.
        """
        self.network = placed(_network(weights), device)

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Interpolate and enlarge; steps of the recurrence that reach none of the times are left out.

        Args:
            frames: [B, N, 3, H, W] in [0, 1], N 2 or 4, H and W multiples of 4.
            times: multiples of 1/2 from the first input frame to the last, in any order.

        Returns:
            [B, T, 3, 4H, 4W].

        Raises:
            VfibenchError: another number of frames, or a time that is not among those.
        """
        indices = indices_of(times, frames.shape[1])
        features = self.network.features_at(list(self.network.items(frames.unbind(1))), indices)
        return self._reconstructed(features)

    def predict_clip(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """Every window of four consecutive frames; what depends on one or two frames alone is shared.

        Args:
            frames: [F, 3, H, W] in [0, 1], F at least 4.
            times: as for `predict`.

        Returns:
            [F - 3, T, 3, 4H, 4W].

        Raises:
            VfibenchError: too few frames, or a time out of reach.
        """
        count = self.card.inputs[0]
        if len(frames) < count:
            raise VfibenchError(f"{self.card.name}: expected {count} or more frames, found {len(frames)}")
        indices = indices_of(times, count)
        items = self.network.items(frames.split(1))
        window = deque(islice(items, 1), maxlen=2 * count - 1)
        made = []
        for newest in range(1, len(frames)):
            window.extend(islice(items, 2))
            if newest >= count - 1:
                made.append(self._reconstructed(self.network.features_at(list(window), indices)))
        return torch.cat(made)

    def _reconstructed(self, features: Sequence[Tensor]) -> Tensor:
        """[B, T, 3, 4H, 4W]."""
        return torch.stack([self.network.reconstruct(each) for each in features], dim=1)


def indices_of(times: Sequence[float], count: int) -> list[int]:
    """Places of `times` among the 2 * count - 1 frames at and between `count` input frames.

    >>> indices_of([-1, 0.5, 2], 4)
    [0, 3, 6]

    Raises:
        VfibenchError: the card knows no such number of input frames, or a time is no such multiple of 1/2.
    """
    name = ZOOMING_SLOWMO.name
    if count not in ZOOMING_SLOWMO.inputs:
        expected = " or ".join(map(str, sorted(ZOOMING_SLOWMO.inputs)))
        raise VfibenchError(f"{name}: expected {expected} frames, found {count}")
    start = 1 - count / 2
    places = [2 * (time - start) for time in times]
    for time, place in zip(times, places, strict=True):
        if place not in range(2 * count - 1):
            expected = f"multiples of 0.5 from {start:g} to {start + count - 1:g}"
            raise VfibenchError(f"{name}: times of {count} frames: expected {expected}, found {time:g}")
    return [int(place) for place in places]


def _network(path: Path | None) -> ZoomingSlowMo:
    if path is None:
        return untrained(ZoomingSlowMo)
    state = tensors_in(path)
    return trained(partial(_shaped, state), state, path)


def _shaped(state: Mapping[str, Tensor]) -> ZoomingSlowMo:
    """A network as wide and as deep as the one of these weights."""
    planes = channels(state, "pcd_align.L3_dcnpack_1.conv_offset_mask.weight", PLANES * 8)
    blocks = (_blocks(state, part) for part in ("feature_extraction", "recon_trunk"))
    return ZoomingSlowMo(channels(state, "conv_first.weight", 64), max(1, planes // PLANES), *blocks)


def _blocks(state: Mapping[str, Tensor], part: str) -> int:
    """Residual blocks of a part."""
    return len({name.split(".")[1] for name in state if name.startswith(f"{part}.")})
