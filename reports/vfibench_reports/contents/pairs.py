"""What every pair of methods differs by, all pairs of a column at once.

The same numbers as `vfibench.comparison.pair` gives one by one: pairs on the same frames, as they are as a
rule, share their bootstrap draws and are ranked together, so that 190 pairs of 4,000 frames take a moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfibench.comparison.paired import Paired, obstacles, pair, unit_means
from vfibench.errors import VfibenchError
from vfibench.statistics.arrays import FloatArray, IntArray, differences
from vfibench.statistics.bootstrap import intervals
from vfibench.statistics.digits import tie_width
from vfibench.statistics.signed_rank import EXACT_UP_TO
from vfibench.statistics.signed_rank import signed_rank as exact_test
from vfibench.store.result import CellResult

Pair = tuple[int, int]


@dataclass(frozen=True)
class PairFigures:
    """One column of two methods on the frames that both have scored; differences are second minus first.

    Attributes:
        n: frames in the mean difference.
        means: of the first and of the second, over the frames where both are finite; None without one.
        mean, interval, p: as `vfibench.comparison.paired.Paired` has them.
        wins: frames where the second is better, where they are equal as printed, where the first is better.
    """

    n: int
    means: tuple[float | None, float | None]
    mean: float | None
    interval: tuple[float, float] | None
    p: float | None
    wins: tuple[int, int, int]


def pair_figures(
    results: Sequence[CellResult], column: str, pairs: Sequence[Pair]
) -> dict[Pair, PairFigures]:
    """Figures of the pairs that can be compared in this column.

    Args:
        results: cells of one dataset and protocol.
        column: of the metric.
        pairs: (place of the first, place of the second) in `results`.
    """
    able = [(a, b) for a, b in pairs if not obstacles(results[a], results[b], column)]
    places: dict[object, int] = {}
    kinds = [
        places.setdefault((one.scores.frames, one.scores.units.tobytes()), len(places)) for one in results
    ]
    found: dict[Pair, PairFigures] = {}
    for number in range(len(places)):
        same = [(a, b) for a, b in able if kinds[a] == kinds[b] == number]
        if same and len(results[same[0][0]].scores):
            found |= dict(zip(same, _together(results, column, same), strict=True))
    for a, b in able:
        if kinds[a] != kinds[b] and (one := _alone(results[a], results[b], column)) is not None:
            found[a, b] = one
    return {key: found[key] for key in pairs if key in found}


def _alone(first: CellResult, second: CellResult, column: str) -> PairFigures | None:
    """One pair whose frames differ; None where they share none."""
    try:
        made: Paired = pair(first, second, column)
    except VfibenchError:
        return None
    means = made.means or (None, None)
    return PairFigures(made.n, means, made.mean, made.interval, made.wilcoxon, made.wins)


def _together(results: Sequence[CellResult], column: str, pairs: Sequence[Pair]) -> list[PairFigures]:
    """Pairs on the same frames and units."""
    used = sorted({place for one in pairs for place in one})
    at = {place: number for number, place in enumerate(used)}
    values = np.stack([results[place].scores.values[column] for place in used], axis=1)
    a, b = np.array([(at[one], at[other]) for one, other in pairs]).T
    units = results[used[0]].scores.units
    difference = differences(values[:, a], values[:, b])
    finite = np.isfinite(difference)
    mean = _means(difference, finite)
    both = np.isfinite(values[:, a]) & np.isfinite(values[:, b])
    low, high = intervals(difference, units)
    p = wilcoxons(difference, units)
    gain = difference if results[used[0]].columns[column].better == "higher" else -difference
    tie = tie_width(column)
    wins = np.stack([(gain > tie).sum(0), (np.abs(gain) <= tie).sum(0), (gain < -tie).sum(0)], axis=1)
    firsts, seconds = _means(values[:, a], both), _means(values[:, b], both)
    return [
        PairFigures(
            n=int(finite[:, k].sum()),
            means=(_known(firsts[k]), _known(seconds[k])),
            mean=_known(mean[k]),
            interval=None if math.isnan(low[k]) else (float(low[k]), float(high[k])),
            p=_known(p[k]),
            wins=(int(wins[k, 0]), int(wins[k, 1]), int(wins[k, 2])),
        )
        for k in range(len(pairs))
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _means(values: FloatArray, counted: npt.NDArray[np.bool_]) -> FloatArray:
    """[K] mean of each column over its counted frames, NaN without one."""
    with np.errstate(invalid="ignore"):
        means: FloatArray = np.where(counted, values, 0.0).sum(0) / counted.sum(0)
    return means


def wilcoxons(difference: FloatArray, units: IntArray) -> FloatArray:
    """[K] two-sided p of Wilcoxon's signed-rank test of each column's unit means, NaN below two units.

    Args:
        difference: [F, K]; what is not finite is left out.
        units: [F] unit of each frame, 0 .. U - 1.
    """
    own = np.array_equal(units, np.arange(units.size))
    finite = np.isfinite(difference)
    columns = [
        difference[finite[:, k], k] if own else unit_means(difference[:, k], units)
        for k in range(difference.shape[1])
    ]
    found = np.full(len(columns), np.nan)
    sizes = np.array([column.size for column in columns])
    for size in np.unique(sizes[sizes >= 2]).tolist():
        places = np.flatnonzero(sizes == size)
        table = np.stack([columns[place] for place in places])
        few = np.count_nonzero(table, axis=1) <= EXACT_UP_TO
        found[places[few]] = [exact_test(row) for row in table[few]]
        found[places[~few]] = signed_rank(table[~few])
    return found


def signed_rank(table: FloatArray) -> FloatArray:
    """[K] p of each row of differences [K, U] by the normal approximation.

    Zeros are ranked and then dropped (Pratt, 1959), equal sizes share their mean rank, and the variance is
    corrected for both (Cureton, 1967), as scipy does; all rows at once. 1 where no unit differs.
    """
    from scipy.special import ndtr

    rows, size = table.shape
    order = np.argsort(np.abs(table), axis=1)
    ordered = np.take_along_axis(table, order, axis=1)
    ranks, ties = _ranks(np.abs(ordered))
    above = np.where(ordered > 0, ranks, 0.0).sum(axis=1)
    zeros = (ordered == 0).sum(axis=1).astype(np.float64)
    ties -= zeros**3 - zeros  # zeros are no longer there
    centre = (size * (size + 1) - zeros * (zeros + 1)) / 4
    spread = size * (size + 1) * (2 * size + 1) - zeros * (zeros + 1) * (2 * zeros + 1) - ties / 2
    moved = zeros < size
    score = np.zeros(rows)
    score[moved] = (above[moved] - centre[moved]) / np.sqrt(spread[moved] / 24)
    made: FloatArray = 2 * ndtr(-np.abs(score))
    return made


def _ranks(ordered: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean ranks of rows in ascending order [K, U], and each row's sum of t^3 - t over ties of t values."""
    rows, size = ordered.shape
    fresh = np.ones((rows, size), bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    if fresh.all():  # as a rule
        return np.broadcast_to(np.arange(1.0, size + 1), (rows, size)), np.zeros(rows)
    starts = np.flatnonzero(fresh)  # a row never continues the one before
    lengths = np.diff(starts, append=fresh.size)
    ranks = np.repeat(starts % size + (lengths + 1) / 2, lengths).reshape(rows, size)
    ties = np.bincount(starts // size, lengths.astype(np.float64) ** 3 - lengths, rows)
    return ranks.astype(np.float64), ties.astype(np.float64)
