"""The facts of one sample: exact where the dataset tells the truth, else estimated from its pictures."""

from __future__ import annotations

import math

import numpy as np

from vfibench.contracts import MotionTruth, Sample
from vfibench.datasets.opened import OpenedDataset
from vfibench.strata.estimate import HOW, SHARE, estimate
from vfibench.strata.files import EXACT, Row
from vfibench.system.json_text import readable


def how(dataset: OpenedDataset) -> str:
    """In one line, where the facts of this dataset come from."""
    return HOW if dataset.truthful is None else EXACT


def measure(dataset: OpenedDataset, index: int) -> list[Row]:
    """The facts of sample `index` at each of its times.

    Raises:
        VfibenchError: a picture cannot be read; it is named.
    """
    if (exact := dataset.truthful) is not None:
        name, times = readable(dataset.ids[index]), dataset.times_of(index)
        return [((name, time), of_truth(exact.truth(index, time))) for time in times]
    sample = dataset[index]
    name = readable(sample.id)
    return [((name, time), of_pictures(sample, place, time)) for place, time in enumerate(sample.times)]


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
