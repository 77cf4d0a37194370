"""What paired scores say: mean differences, wins, and a test, for one pair of methods or many at once.

All functions take [F, K]: F frames, and a column for each of K pairs of methods. A difference is second minus
first (`vfibench.statistics.arrays.differences`): infinite where one score is exact, NaN without a number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfibench.statistics.arrays import FloatArray, IntArray
from vfibench.statistics.signed_rank import signed_ranks


def counted_means(values: FloatArray, counted: npt.NDArray[np.bool_]) -> FloatArray:
    """[K] mean of each column over its counted frames, NaN without one.

    >>> counted_means(np.array([[1.0, 2.0], [3.0, np.inf]]), np.array([[True, True], [True, False]])).tolist()
    [2.0, 2.0]
    """
    with np.errstate(invalid="ignore"):
        means: FloatArray = np.where(counted, values, 0.0).sum(axis=0) / counted.sum(axis=0)
    return means


def unit_means(values: FloatArray, units: IntArray) -> FloatArray:
    """Mean of the finite values [F] of each unit; units without one are left out."""
    finite = np.isfinite(values)
    size = int(units.max()) + 1 if units.size else 0
    sums = np.bincount(units[finite], values[finite], size)
    numbers = np.bincount(units[finite], minlength=size)
    means: FloatArray = sums[numbers > 0] / numbers[numbers > 0]
    return means


def wins(gain: FloatArray, tie: float) -> IntArray:
    """[K, 3] frames where the second is better, where both are equal as printed, where the first is better.

    Args:
        gain: [F, K] differences, positive where the second is better.
        tie: differences up to here do not show in print.
    """
    found: IntArray = np.stack([(gain > tie).sum(0), (np.abs(gain) <= tie).sum(0), (gain < -tie).sum(0)], 1)
    return found


def wilcoxon(difference: FloatArray, units: IntArray) -> FloatArray:
    """[K] two-sided p of the signed-rank test of each column's unit means, NaN below two units.

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
        found[places] = signed_ranks(np.stack([columns[place] for place in places]))
    return found
