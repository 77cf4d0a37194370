"""Means of classes of frames, with intervals: many columns of many cells at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vfibench.statistics.arrays import FloatArray, IntArray
from vfibench.statistics.bootstrap import LEAST_UNITS, draw_counts, shares, unit_sums

if TYPE_CHECKING:
    from vfibench.contracts import BoolArray


@dataclass(frozen=True)
class BinMeans:
    """Figures of B classes in K columns, each [B, K].

    Attributes:
        mean: of the finite values, NaN where there is none. n: values in the mean. exact: infinite ones, left
        out: frames that equal their target. low, high: 95% bootstrap interval of the mean; NaN below
        `vfibench.statistics.bootstrap.LEAST_UNITS` units.
    """

    mean: FloatArray
    n: IntArray
    exact: IntArray
    low: FloatArray
    high: FloatArray


def bin_means(values: FloatArray, units: IntArray, classes: IntArray, count: int) -> BinMeans:
    """Means of each class.

    Args:
        values: [F, K]; what is not finite is left out of its mean.
        units: [F] unit of resampling of each frame, 0 .. U - 1 (see `vfibench.statistics.arrays.Scores`).
        classes: [F] class of each frame; those outside 0 .. count - 1 are left out.
        count: B.

    The intervals are those of `vfibench.statistics.bootstrap.intervals` with all other frames left out: whole
    units of the whole list are drawn again, and what falls into the class is averaged.

    Example:
        >>> scores = np.array([[30.0], [32.0], [40.0]])
        >>> bin_means(scores, np.arange(3), np.array([0, 0, 1]), 2).mean.tolist()
        [[31.0], [40.0]]
    """
    parts = [_figures(values[classes == place], units, classes == place) for place in range(count)]
    mean, low, high, n, exact = (np.stack(column) for column in zip(*parts, strict=True))
    return BinMeans(mean, n.astype(np.int64), exact.astype(np.int64), low, high)


def _figures(table: FloatArray, units: IntArray, inside: BoolArray) -> tuple[FloatArray, ...]:
    """Mean, interval, numbers of finite and of infinite values of one class, each [K]."""
    finite = np.isfinite(table)
    present, places = np.unique(units[inside], return_inverse=True)
    sums = unit_sums(np.where(finite, table, 0.0), places)
    numbers = unit_sums(finite.astype(np.float64), places)
    n = numbers.sum(0)
    with np.errstate(invalid="ignore"):
        mean = sums.sum(0) / n
    low, high = _intervals(sums, numbers, present, int(units.max(initial=-1)) + 1)
    return mean, low, high, n, np.isposinf(table).sum(0)


def _intervals(sums: FloatArray, numbers: FloatArray, present: IntArray, size: int) -> FloatArray:
    """[2, K] intervals of means over drawn units, from the sums and numbers of those in the class.

    The draws are summed up in single precision, as deviations from the mean: exact to about 1e-6 of it.
    """
    known = (numbers > 0).sum(0)
    found = np.full((2, known.size), np.nan)
    if (known < LEAST_UNITS).all():
        return found
    centre = sums.sum(0) / np.maximum(numbers.sum(0), 1.0)
    drawn = np.take(_single_counts(size), present, axis=1)
    alike = bool((numbers == numbers[:, :1]).all())  # as a rule: the same frames in every column
    weights = drawn @ (numbers[:, :1] if alike else numbers).astype(np.float32)
    with np.errstate(invalid="ignore"):
        means = ((drawn @ (sums - centre * numbers).astype(np.float32)) / weights).T
    for number in np.unique(known[known >= LEAST_UNITS]).tolist():
        columns = known == number
        chosen = np.ascontiguousarray(means[columns])
        every = not np.isnan(chosen).any()  # else draws without a frame of a small class are left out
        ends = (np.quantile if every else np.nanquantile)(chosen, shares(number), axis=1)
        found[:, columns] = centre[columns] + ends
    return found


@lru_cache(maxsize=2)
def _single_counts(size: int) -> npt.NDArray[np.float32]:
    """`draw_counts` in half the memory."""
    return draw_counts(size).astype(np.float32)
