"""Wilcoxon's test against a count of all signs, scipy, and the formula."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from vfibench.statistics.paired import wilcoxon
from vfibench.statistics.signed_rank import EXACT_UP_TO, signed_rank, signed_ranks

RANDOM = np.random.default_rng(3)


def counted(values: list[float]) -> float:
    """The share of all signs of what is not zero whose sum of ranks is as far from the middle."""
    ranks = stats.rankdata(np.abs(values))
    moved = [float(rank) for rank, value in zip(ranks, values, strict=True) if value]
    own = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
    sums = [
        sum(r for r, up in zip(moved, signs, strict=True) if up)
        for signs in product([0, 1], repeat=len(moved))
    ]
    middle = sum(moved) / 2
    return sum(abs(found - middle) >= abs(own - middle) for found in sums) / len(sums)


@pytest.mark.parametrize(
    "values",
    [
        [0.5, 1.0, -0.2, 2.0, 1.5, 0.7, 0.9],
        [0.0, 0.0, 0.0, 1.0, 2.0, -3.0, 4.0, 5.0, 6.0],
        [1.0, 1.0, -1.0, 2.0, 2.0, 2.0, 3.0, -0.5],
        [0.0, 1.0, -1.0, 1.0, 1.0, 0.0, 2.0, -2.0, 3.0, 3.0],
        [-1.0, -2.0],
        [0.0, 1.0],
        [2.0, -2.0],
    ],
)
def test_it_counts_signs_whether_or_not_there_are_ties_and_zeros(values: list[float]) -> None:
    assert signed_rank(np.array(values)) == pytest.approx(counted(values), abs=1e-12)
    assert signed_rank(-np.array(values)) == pytest.approx(counted(values), abs=1e-12)


@pytest.mark.parametrize("size", [6, 25, EXACT_UP_TO])
def test_without_ties_it_is_scipys_exact_test(size: int) -> None:
    values = RANDOM.normal(0.3, 1.0, size)
    expected = stats.wilcoxon(values, method="exact").pvalue
    assert signed_rank(values) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("zeros", [1, 3, 5, 27, 28, 29, 60, 400, 100_000])
@pytest.mark.parametrize(
    "moved", [[1.0, -2.0, 3.0, 3.0, 5.0, 6.0, -0.5], [1.0, 2.0, 3.0, -4.0, -5.0, -6.0, -7.0], [1.0] * 5]
)
def test_zeros_however_many_leave_the_count_exact(zeros: int, moved: list[float]) -> None:
    expected = counted([0.0] * min(zeros, 400) + moved)
    assert signed_rank(np.array([0.0] * zeros + moved)) == pytest.approx(expected, abs=1e-12)
    assert moved != [1.0] * 5 or expected == 0.0625


def test_many_differences_follow_the_normal_curve() -> None:
    # Pratt: of 60 without ties, ranks 5 .. 60 belong to the 56 that are not zero.
    values = np.concatenate([np.zeros(4), np.arange(1.0, 57.0)])
    values[4::3] *= -1
    above = sum(rank for rank in range(5, 61) if (rank - 5) % 3)
    centre = (60 * 61 - 4 * 5) / 4
    spread = math.sqrt((60 * 61 * 121 - 4 * 5 * 9) / 24)
    expected = math.erfc(abs(above - centre) / spread / math.sqrt(2))
    assert signed_rank(values) == pytest.approx(expected, rel=1e-9)


def test_where_nothing_differs_it_says_so() -> None:
    assert signed_rank(np.zeros(9)) == 1.0
    assert signed_rank(np.zeros(90)) == 1.0


@pytest.mark.parametrize("size", [101, 400])
def test_many_rows_at_once_are_scipys(size: int) -> None:
    generator = np.random.default_rng(size)
    table = generator.normal(0.1, 1.0, (6, size))
    table[1:3] = np.round(table[1:3], 1)  # ties, and zeros
    table[3, : size // 2] = 0.0
    table[4] = np.abs(table[4])
    table[5] = 0.0
    expected = [stats.wilcoxon(row, zero_method="pratt", method="approx").pvalue for row in table[:5]]
    assert signed_ranks(table) == pytest.approx([*expected, 1.0], rel=1e-12)


def test_pairs_that_hardly_differ_are_counted_exactly_beside_others() -> None:
    generator = np.random.default_rng(4)
    difference = generator.normal(0.2, 1.0, (65, 3))
    difference[:60, 1] = 0.0
    difference[60:, 1] = [1.0, 2.0, 3.0, 4.0, 5.0]
    found = wilcoxon(difference, np.arange(65))
    assert found[1] == 0.0625  # 2 of 32 ways to choose five signs
    assert list(found) == pytest.approx([signed_rank(column) for column in difference.T], rel=1e-9)
