"""The adapter under test, and the harness's part around it: cloning, inference mode, padding, cropping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vfibench.contracts import Adapter, AdapterCard
from vfibench.frames.padding import crop, margins, pad
from vfibench.system import process_state as state
from vfibench.testing import scenes
from vfibench.testing.battery import Battery
from vfibench.weights.reading import told_what_fits

SEVERAL = (0.5, 0.25, 0.875)  # out of order, so that sorting shows


@dataclass
class Subject:
    """An adapter with all that is needed to run it.

    Attributes:
        card: its card.
        make: makes another instance, not loaded.
        weights: a checkpoint, or None for the initial parameters.
        device: where it runs.
        wanted: least height and width of the test frames.
    """

    card: AdapterCard
    make: Callable[[], Adapter]
    weights: Path | None
    device: torch.device
    wanted: tuple[int, int]
    _answers: dict[Any, Tensor] = field(default_factory=dict)

    @property
    def untrained(self) -> bool:
        """Whether it is a learned method with random parameters, whose pictures mean nothing."""
        return self.card.learned and self.weights is None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the test frames: multiples of the card's."""
        multiple = self.card.padding.multiple
        height, width = (-(-side // multiple) * multiple for side in self.wanted)
        return height, width

    @property
    def odd_sizes(self) -> list[tuple[int, int]]:
        """Two sizes that fit no network, large enough for the card's padding."""
        return [self._paddable(33, 47), self._paddable(65, 31)]

    def _paddable(self, height: int, width: int) -> tuple[int, int]:
        padding = self.card.padding
        while max(margins(height, width, padding)[:2]) >= height:  # reflection needs as much picture
            height += 2 * padding.multiple
        while max(margins(height, width, padding)[2:]) >= width:
            width += 2 * padding.multiple
        return height, width

    def several(self, count: int) -> tuple[float, ...]:
        """Several times, out of order; all that there are for `count` frames where the card says "halves"."""
        if self.card.times != "halves":
            return SEVERAL
        all_times = halves(count)
        return all_times[1::2] + all_times[::2]

    @cached_property
    def adapter(self) -> Adapter:
        """The instance most checks use, loaded."""
        return self.fresh()

    def fresh(self) -> Adapter:
        """Another loaded instance; random parameters are the same each time."""
        with state.preserved():
            state.seed(0)
            adapter = self.make()
            with told_what_fits(self.card, self.weights):
                adapter.load(self.device, self.weights)
        return adapter

    def predict(
        self, frames: Tensor, times: Sequence[float] = (0.5,), adapter: Adapter | None = None
    ) -> Tensor:
        """Predict from a copy of `frames` [B, N, 3, H, W], memory layout kept, in inference mode.

        Returns:
            What the adapter returned, itself and on its device.
        """
        given = frames.to(self.device, copy=True)
        with state.preserved(), torch.inference_mode():
            return (adapter or self.adapter).predict(given, times)

    def predict_odd(self, frames: Tensor) -> Tensor:
        """Pad as the card says, predict at the midpoint, crop back."""
        height, width = frames.shape[-2:]
        padded = pad(frames, self.card.padding)
        return crop(self.predict(padded), height, width, self.card.padding, self.card.scale)

    def answer(self, scene: scenes.Scene, count: int, time: float = 0.5) -> Tensor:
        """The prediction for `count` frames of a scene at one time: [3, sH, sW] float64 on the CPU.

        Asked again, the first answer is repeated.
        """
        key = (scene, count, time)
        if key not in self._answers:
            frames = scene(count, *self.size).unsqueeze(0)
            self._answers[key] = plain_tensor(self.predict(frames, (time,)))[0, 0]
        return self._answers[key]


BATTERY: Battery[Subject] = Battery(usual=("shape",))
check = BATTERY.check


def halves(count: int) -> tuple[float, ...]:
    """Every multiple of 1/2 from the first of `count` input frames to the last, in order.

    >>> halves(2)
    (0.0, 0.5, 1.0)
    """
    return tuple(place / 2 - (count / 2 - 1) for place in range(2 * count - 1))


def plain_tensor(predicted: Tensor) -> Tensor:
    """A copy in float64 on the CPU."""
    return predicted.detach().to("cpu", torch.float64, copy=True)


def difference(one: Tensor, other: Tensor) -> float:
    """Largest absolute difference, relative to the largest value where that is above 1.

    Places where both are NaN, or the same infinity, agree; infinite where the shapes differ.
    """
    if one.shape != other.shape:
        return float("inf")
    one, other = plain_tensor(one), plain_tensor(other)
    gap = torch.where((one == other) | (one.isnan() & other.isnan()), 0.0, (one - other).abs())
    largest = other.nan_to_num(0.0, 0.0, 0.0).abs().max().clamp(min=1.0)
    return float(gap.nan_to_num(float("inf")).max() / largest)


def unlike(one: Tensor, other: Tensor, tolerance: float) -> str:
    """Say how `one` differs from `other`, or "" where by no more than `tolerance`."""
    if one.shape != other.shape:
        return f"expected shape {list(other.shape)}, found {list(one.shape)}"
    gap = difference(one, other)
    return "" if gap <= tolerance else f"differs by {gap:.2g}, tolerance {tolerance:.0e}"
