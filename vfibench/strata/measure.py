"""The facts of one sample: exact where the dataset tells the truth, else estimated from its pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from vfibench.contracts import Dataset, Sample
from vfibench.strata.estimate import HOW, SHARE, estimate
from vfibench.strata.files import EXACT, Row

if TYPE_CHECKING:
    import numpy.typing as npt

    from vfibench.contracts import BoolArray


class MotionTruth(Protocol):
    """Exact motion and visibility of a target's pixels.

    Attributes:
        flow0, flow1: [2, H, W], (x, y) in pixels, from the pixel to its place in either input around it.
        seen0, seen1: [H, W], True where that input shows the same surface point.
        mixed: [H, W], True where the pixel mixes surfaces, so that no input can be said to show it.
    """

    flow0: npt.NDArray[np.float32]
    flow1: npt.NDArray[np.float32]
    seen0: BoolArray
    seen1: BoolArray
    mixed: BoolArray


@runtime_checkable
class Truthful(Protocol):
    """A dataset that knows the truth, as the synthetic one does."""

    def truth(self, index: int, time: float) -> MotionTruth:
        """Of sample `index` at `time`, towards the inputs at t = 0 and 1."""


def how(dataset: Dataset) -> str:
    """In one line, where the facts of this dataset come from."""
    return EXACT if isinstance(dataset, Truthful) else HOW


def measure(dataset: Dataset, index: int) -> list[Row]:
    """The facts of sample `index` at each of its times.

    Raises:
        VfibenchError: a picture cannot be read; it is named.
    """
    if isinstance(dataset, Truthful):
        name, times = dataset.ids[index], dataset.times
        return [((name, time), of_truth(dataset.truth(index, time))) for time in times]
    sample = dataset[index]
    return [((sample.id, time), of_pictures(sample, place, time)) for place, time in enumerate(sample.times)]


def of_truth(truth: MotionTruth) -> tuple[float, float]:
    """Motion and occlusion as `vfibench.strata.facts.Facts` means them; mixed pixels are not hidden ones."""
    way = truth.flow1 - truth.flow0
    hidden = ~(truth.seen0 & truth.seen1) & ~truth.mixed
    return float(np.quantile(np.hypot(*way), SHARE)), float(hidden.mean())


def of_pictures(sample: Sample, place: int, time: float) -> tuple[float, float]:
    """Estimates for target `place` of a sample, at `time`, between the two inputs around it."""
    last = len(sample.frames) - 2
    first = min(max(math.floor(time) + last // 2, 0), last)  # input k stands at k - (N/2 - 1)
    inside = min(max(time - (first - last // 2), 0.0), 1.0)
    before, after = sample.frames[first], sample.frames[first + 1]
    return estimate(before, sample.targets[place], after, inside, sample.mask)
