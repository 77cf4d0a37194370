"""All pairs at once say what each pair says alone."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from vfibench.comparison.paired import Paired
from vfibench.leaderboards.ranking import better_than, ranks

RANDOM = np.random.default_rng(11)


def alone(values: np.ndarray, units: np.ndarray, first: int, second: int, column: str, better: str) -> Paired:
    frames = tuple((str(place), 0.5) for place in range(len(values)))
    return Paired(column, better, frames, values[:, first], values[:, second], units, False, 0)


@pytest.mark.parametrize(("column", "better"), [("psnr", "higher"), ("lpips", "lower")])
@pytest.mark.parametrize("clips", [False, True])
def test_pairs_are_better_as_each_is_alone(column: str, better: str, clips: bool) -> None:
    units = np.arange(60) // 4 if clips else np.arange(60)
    levels = np.array([0.0, 0.02, 0.05, 0.1, 0.4, 0.4])
    values = 30 + RANDOM.normal(size=(60, 1)) + levels + RANDOM.normal(0, 0.15, (60, 6))
    values[3] = np.inf
    values[7:9, 2] = np.inf
    values[11] = np.nan
    found = better_than(values, units, higher=better == "higher", tie=0.0005)
    seen = set()
    for first, second in permutations(range(6), 2):
        one = alone(values, units, first, second, column, better)
        expected = one.significant and one.gain[np.isfinite(one.gain)].mean() > 0
        assert found[second, first] == expected
        seen.add(bool(expected))
    assert seen == {True, False}
    assert not found.diagonal().any()


def test_a_difference_on_few_frames_is_none_although_the_others_are_equal() -> None:
    # A third of the draws miss the one frame that differs: their difference is zero to the last bit.
    first = RANDOM.normal(30, 3, 100)
    second = first.copy()
    second[17] += 5.0
    values = np.stack([first, second, first + 0.1 / 3], axis=1)
    found = better_than(values, np.arange(100), higher=True, tie=0.0005)
    assert not found[1, 0]
    assert found[2, 0]


def test_what_does_not_show_in_print_is_no_difference() -> None:
    first = RANDOM.normal(30, 3, 50)
    values = np.stack([first, first + 0.0004, first + 0.0006], axis=1)
    found = better_than(values, np.arange(50), higher=True, tie=0.0005)
    assert np.argwhere(found).tolist() == [[2, 0]]


def test_too_few_units_tell_nothing_apart() -> None:
    values = np.array([[30.0, 40.0]] * 20)
    assert not better_than(values, np.arange(20) // 4, higher=True, tie=0.0005).any()
    assert better_than(values, np.arange(20) // 3, higher=True, tie=0.0005)[1, 0]


def test_a_rank_counts_those_who_are_better() -> None:
    better = np.zeros((4, 4), bool)
    better[0, 2] = better[0, 3] = better[1, 3] = True
    assert ranks(better) == [1, 1, 2, 3]
    assert ranks(np.zeros((1, 1), bool)) == [1]
