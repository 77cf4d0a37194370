"""Bootstrap intervals of means over frames whose units are drawn again.

The percentile bootstrap of Efron, "Bootstrap methods: another look at the jackknife", 1979, with whole units
(clips or samples, see `vfibench.statistics.arrays.Scores`) drawn with replacement, so that frames that belong
together stay together. Of few units it is too narrow; the percentiles are therefore moved outwards by as much
as Student's t with its 1 / (U - 1) asks for more than the normal curve (Hesterberg, "What teachers should
know about the bootstrap", 2015, the expanded percentile interval). The draws depend on the number of units
alone: the same scores give the same interval everywhere, and all columns of a cell are resampled alike.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np

from vfibench.statistics.arrays import FloatArray, IntArray

DRAWS = 2000
LEVEL = 0.95
SEED = 20_181
LEAST_UNITS = 6
"""Below it there is no interval: even if all of five units agree, chance does that 1 time in 16."""


@lru_cache(maxsize=2)  # of 7,824 units they are 125 MB
def draw_counts(units: int) -> FloatArray:
    """How often each unit is drawn: [DRAWS, units], each row of sum `units`.

    Made of the raw bits of PCG64, which numpy keeps the same in all its versions.
    """
    source = np.random.PCG64([SEED, units])
    counts = np.empty((DRAWS, units))
    for row in counts:
        bits = source.random_raw((units + 1) // 2).astype("<u8", copy=False).view("<u4")[:units]
        drawn = bits * np.uint64(units) >> np.uint64(32)  # of 2^32 numbers, equally many a unit
        row[:] = np.bincount(drawn.astype(np.int64), minlength=units)
    counts.setflags(write=False)
    return counts


def unit_sums(values: FloatArray, units: IntArray) -> FloatArray:
    """Sums over the frames of each unit.

    Args:
        values: [F, K], all finite.
        units: [F] unit of each frame, 0 .. U - 1, each at least once.

    Returns:
        [U, K]
    """
    if np.array_equal(units, np.arange(units.size)):  # a frame per unit, as a rule
        return values
    order = np.argsort(units, kind="stable")
    starts = np.flatnonzero(np.diff(units[order], prepend=-1))
    sums: FloatArray = np.add.reduceat(values[order], starts, axis=0)
    return sums


def resampled_means(values: FloatArray, units: IntArray) -> FloatArray:
    """Means of resampled frames.

    Args:
        values: [F] or [F, K]; a frame that is not finite is left out of its column.
        units: [F] unit of each frame, 0 .. U - 1, each at least once.

    Returns:
        [DRAWS] or [DRAWS, K]; NaN where a draw holds no finite frame.
    """
    table = values if values.ndim == 2 else values[:, None]
    if not table.size:
        return np.full((DRAWS, *values.shape[1:]), np.nan)
    finite = np.isfinite(table)
    every = bool(finite.all())
    sums = unit_sums(table if every else np.where(finite, table, 0.0), units)
    sizes = unit_sums((finite[:, :1] if every else finite).astype(np.float64), units)
    counts = draw_counts(len(sums))
    with np.errstate(invalid="ignore"):
        means: FloatArray = (counts @ sums) / (counts @ sizes)
    return means if values.ndim == 2 else means[:, 0]


def intervals(values: FloatArray, units: IntArray) -> FloatArray:
    """The 95% intervals of many means at once.

    Args:
        values: [F, K]; a frame that is not finite is left out of its column.
        units: [F] unit of each frame, 0 .. U - 1, each at least once.

    Returns:
        [2, K] lower and upper bounds; NaN in columns with finite frames in fewer than `LEAST_UNITS` units.
    """
    found = np.full((2, values.shape[1]), np.nan)
    if not values.size:
        return found
    known = (unit_sums(np.isfinite(values).astype(np.float64), units) > 0).sum(axis=0)
    means = resampled_means(values, units)
    for number in np.unique(known[known >= LEAST_UNITS]).tolist():
        columns = known == number
        found[:, columns] = _quantiles(means[:, columns], number)
    return found


def interval(values: FloatArray, units: IntArray) -> tuple[float, float] | None:
    """The 95% interval of the mean of the finite frames; None below `LEAST_UNITS` units with one.

    >>> low, high = interval(np.arange(100.0), np.arange(100))
    >>> bool(low < 49.5 < high)
    True
    """
    low, high = intervals(values[:, None], units)[:, 0].tolist()
    return None if math.isnan(low) else (low, high)


def bounds(means: FloatArray, units: int) -> tuple[float, float]:
    """The interval that resampled means [DRAWS] of `units` units stand for.

    Draws without a frame are left out.
    """
    low, high = _quantiles(means[:, None], units)[:, 0].tolist()
    return low, high


@cache
def shares(units: int) -> tuple[float, float]:
    """The shares of the draws below the lower and below the upper bound.

    0.025 and 0.975 of very many units; of fewer, further out.

    >>> [round(share, 4) for share in shares(12)]
    [0.0108, 0.9892]
    """
    from scipy.special import ndtr, stdtrit

    spread = stdtrit(units - 1, (1 + LEVEL) / 2) * math.sqrt(units / (units - 1))
    low = float(ndtr(-spread))
    return low, 1.0 - low


def _quantiles(means: FloatArray, units: int) -> FloatArray:
    """[2, K] bounds of resampled means [DRAWS, K]."""
    whole = not np.isnan(means).any()
    made: FloatArray = (np.quantile if whole else np.nanquantile)(means, shares(units), axis=0)
    return made


def ratio_of(new: FloatArray, old: FloatArray) -> tuple[float, tuple[float, float]]:
    """The median over rounds of new / old, and its 95% bootstrap interval, rounds drawn again.

    A round holds a call of each arm, close together, so that what slows the machine slows both.

    >>> ratio_of(np.array([2.0, 3.0, 4.0]), np.array([1.0, 1.5, 2.0]))
    (2.0, (2.0, 2.0))
    """
    with np.errstate(all="ignore"):  # absurd times may leave what a double holds: see `judge_speed`
        ratios = new / old
        drawn = np.random.default_rng([SEED, ratios.size]).integers(ratios.size, size=(DRAWS, ratios.size))
        return float(np.median(ratios)), bounds(np.median(ratios[drawn], axis=1), ratios.size)
