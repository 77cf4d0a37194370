"""What every pair of methods differs by, all pairs of a column at once.

The same numbers as `vfibench.comparison.pair` gives one by one: pairs on the same frames, as they are as a
rule, share their bootstrap draws and are ranked together, so that 190 pairs of 4,000 frames take a moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.comparison.paired import Paired, obstacles, pair
from vfibench.errors import VfibenchError
from vfibench.statistics.arrays import differences
from vfibench.statistics.bootstrap import intervals
from vfibench.statistics.digits import tie_width
from vfibench.statistics.paired import counted_means, wilcoxon, wins
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
    mean = counted_means(difference, finite)
    both = np.isfinite(values[:, a]) & np.isfinite(values[:, b])
    low, high = intervals(difference, units)
    p = wilcoxon(difference, units)
    gain = difference if results[used[0]].columns[column].better == "higher" else -difference
    won = wins(gain, tie_width(column)).tolist()
    firsts, seconds = counted_means(values[:, a], both), counted_means(values[:, b], both)
    return [
        PairFigures(
            n=int(finite[:, k].sum()),
            means=(_known(firsts[k]), _known(seconds[k])),
            mean=_known(mean[k]),
            interval=None if math.isnan(low[k]) else (float(low[k]), float(high[k])),
            p=_known(p[k]),
            wins=tuple(won[k]),
        )
        for k in range(len(pairs))
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
