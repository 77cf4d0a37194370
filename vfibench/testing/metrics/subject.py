"""The metric under test, and the pictures it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from vfibench.contracts import Metric, MetricCard
from vfibench.system import process_state as state
from vfibench.testing.battery import Battery
from vfibench.testing.scenes import corner, moving

SIZE = (65, 97)  # odd, and larger than any window in use


@dataclass
class Subject:
    """A metric with all that is needed to ask it.

    Attributes:
        card: its card.
        make: makes another instance.
        device: where pictures are.
    """

    card: MetricCard
    make: Callable[[], Metric]
    device: torch.device

    @cached_property
    def metric(self) -> Metric:
        """The instance that all checks ask."""
        return self.make()

    @cached_property
    def targets(self) -> Tensor:
        """[3, 3, H, W] uint8: two textures and a shaded plane, none of which is plain black or white."""
        shown = [moving(1, *SIZE, seed=0)[0], moving(1, *SIZE, seed=1)[0], corner(*SIZE).clamp(0, 1)]
        return levels(torch.stack(shown)).to(self.device)

    def ask(self, predicted: Tensor, target: Tensor, seed: int = 0) -> object:
        """What the metric returns for copies of these, memory layout kept, in inference mode.

        Args:
            predicted, target: see `vfibench.contracts.Metric`.
            seed: of all global random generators.
        """
        with state.preserved(), torch.inference_mode():
            state.seed(seed)
            return self.metric(predicted.clone(), target.clone())

    def scores(self, predicted: Tensor, target: Tensor, seed: int = 0) -> list[float]:
        """Its answers as numbers."""
        found = self.ask(predicted, target, seed)
        assert isinstance(found, Tensor)  # the check `answer` comes before
        return [float(value) for value in found.double().cpu()]


BATTERY: Battery[Subject] = Battery(usual=("answer",))
check = BATTERY.check


def levels(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] as uint8."""
    return pictures.mul(255).round().to(torch.uint8)


def exactly(target: Tensor) -> Tensor:
    """The prediction that is the target, float32 in [0, 1]."""
    return target.to(torch.float32) / 255


def noisy(target: Tensor, sigma: float) -> Tensor:
    """The target with Gaussian noise of this many levels, the same each time, in [0, 1]."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(target.shape, generator=generator).to(target.device)
    return (exactly(target) + sigma / 255 * noise).clamp(0, 1)


def far(one: float, other: float, tolerance: float) -> bool:
    """Whether two scores differ by more than a share of the larger one; equal infinities and NaNs do not."""
    if one == other or (one != one and other != other):  # noqa: PLR0124 (NaN alone differs from itself)
        return False
    return not abs(one - other) <= tolerance * max(1.0, abs(one), abs(other))
