"""Ranks that tell apart only what the frames can tell apart.

A method is better than another where the 95% interval of the mean paired difference excludes zero (see
`vfibench.statistics.bootstrap`) and the difference shows in print. Its rank is 1 + the number of methods
better than it. Each pair has its own 95%: of 190 pairs of equals, about ten are told apart by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vfibench.statistics.arrays import FloatArray, IntArray, differences
from vfibench.statistics.bootstrap import intervals
from vfibench.statistics.paired import counted_means
from vfibench.store.result import CellResult

BoolArray = npt.NDArray[np.bool_]


def better_than(values: FloatArray, units: IntArray, *, higher: bool, tie: float) -> BoolArray:
    """Which method is better than which, all pairs at once.

    Args:
        values: [F, M] scores of M methods on the same frames; infinity is an exact frame, NaN no number.
        units: [F] unit of resampling of each frame, 0 .. U - 1.
        higher: whether a higher score is better.
        tie: mean differences up to here do not show in print.

    Returns:
        [M, M], true at (i, j) where i is better than j.
    """
    count = values.shape[1]
    first, second = np.triu_indices(count, 1)
    difference = differences(values[:, first], values[:, second])
    if not higher:
        difference = -difference
    low, high = intervals(difference, units)
    mean = np.nan_to_num(counted_means(difference, np.isfinite(difference)))
    found = np.zeros((count, count), np.bool_)
    found[second, first] = (low > 0) & (mean > tie)  # without an interval, NaN, neither is better
    found[first, second] = (high < 0) & (mean < -tie)
    return found


def ranks(better: BoolArray) -> list[int]:
    """1 + the number of methods that are better than each.

    >>> ranks(np.array([[False, False, True], [False, False, True], [False, False, False]]))
    [1, 1, 3]
    """
    counted: list[int] = (1 + better.sum(axis=0)).tolist()
    return counted


def cell_ranks(results: Sequence[CellResult], column: str, higher: bool, tie: float) -> list[int | None]:
    """The rank of each of some cells on the same frames; one that lacks the column comes last.

    Args:
        results: cells of which `unfair` finds nothing.
        column: what ranks; one of the cells has it.
        higher, tie: as in `better_than`.
    """
    scored = [place for place, result in enumerate(results) if column in result.columns]
    values = np.stack([results[place].scores.values[column] for place in scored], axis=1)
    units = results[scored[0]].scores.units
    found: list[int | None] = [len(scored) + 1] * len(results)
    for place, rank in zip(scored, ranks(better_than(values, units, higher=higher, tie=tie)), strict=True):
        found[place] = rank
    return found


def unfair(results: Sequence[CellResult], column: str) -> str:
    """Why complete cells cannot be ranked by a column, as the end of a heading; "" where they can.

    Means that leave out different frames are means over different frames.
    """
    values = [result.scores.values[column] for result in results if column in result.columns]
    if not values:
        return f": none has {column}"
    if any(not np.array_equal(np.isposinf(one), np.isposinf(values[0])) for one in values):
        return ": their means leave out different exact frames"
    if any(not np.array_equal(np.isfinite(one), np.isfinite(values[0])) for one in values):
        return ": their means leave out different frames"
    return ""


def cell_intervals(results: Sequence[CellResult]) -> list[dict[str, tuple[float, float] | None]]:
    """The interval of the mean of every column of each cell, as many cells as possible in one go."""
    alike: dict[bytes, list[int]] = {}
    for place, result in enumerate(results):
        alike.setdefault(result.scores.units.tobytes(), []).append(place)
    found: list[dict[str, tuple[float, float] | None]] = [{} for _ in results]
    for places in alike.values():
        keys = [(place, column) for place in places for column in results[place].columns]
        if not keys:
            continue
        values = np.stack([results[place].scores.values[name] for place, name in keys], axis=1)
        bounds = intervals(values, results[places[0]].scores.units).T.tolist()
        for (place, column), (low, high) in zip(keys, bounds, strict=True):
            found[place][column] = None if math.isnan(low) else (low, high)
    return found
