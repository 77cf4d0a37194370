"""Wilcoxon's signed-rank test, exact for few differences, whether or not there are ties and zeros.

Wilcoxon, "Individual comparisons by ranking methods", 1945; zeros are ranked and then dropped (Pratt,
"Remarks on zeros and ties in the Wilcoxon signed rank procedures", 1959), equal sizes share their mean rank.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfibench.statistics.arrays import FloatArray

EXACT_UP_TO = 50
"""Differences that are not zero up to which every sum is counted; beyond, the normal curve is as good."""


def signed_rank(values: FloatArray) -> float:
    """The two-sided p that finite differences [N] are spread evenly around zero; 1.0 where all are zero.

    >>> signed_rank(np.array([0.5, 1.0, 2.0, 0.7, 1.5]))
    0.0625
    """
    return float(signed_ranks(values[None])[0])


def signed_ranks(table: FloatArray) -> FloatArray:
    """[K] the p of each row of finite differences [K, N]; see `signed_rank`."""
    moved = np.count_nonzero(table, axis=1)
    few = moved <= EXACT_UP_TO
    found = np.ones(len(table))
    found[few] = [_counted(row) if some else 1.0 for row, some in zip(table[few], moved[few], strict=True)]
    if not few.all():
        from scipy.stats import wilcoxon

        test = wilcoxon(table[~few], axis=1, zero_method="pratt", method="asymptotic")
        found[~few] = test.pvalue
    return found


def _counted(values: FloatArray) -> float:
    """The p of differences [N] that are not all zero, by the chance of every sum of ranks."""
    moved = values[values != 0]
    doubled = _doubled_ranks(np.abs(moved))
    # Each zero lifts all other ranks by one. More of them than this leave the sums in the order they are in:
    # then by how many ranks are summed, among equally many by the ranks.
    doubled += min(2 * (values.size - moved.size), int(doubled.sum()) + 1)
    above, chances = int(doubled[moved > 0].sum()), _chances(doubled)
    return float(min(1.0, 2 * min(chances[: above + 1].sum(), chances[above:].sum())))


def _doubled_ranks(sizes: FloatArray) -> npt.NDArray[np.int64]:
    """Twice the mean rank of each of some sizes: whole numbers."""
    ordered = np.sort(sizes)
    below, up_to = (np.searchsorted(ordered, sizes, side) for side in ("left", "right"))
    return np.asarray(below + up_to + 1, np.int64)


def _chances(ranks: npt.NDArray[np.int64]) -> FloatArray:
    """The chance of each sum of ranks, 0 .. their total, when each counts or not by the throw of a coin."""
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks.tolist():
        chances[rank:] = (chances[rank:] + chances[:-rank]) / 2
        chances[:rank] /= 2
    return chances
