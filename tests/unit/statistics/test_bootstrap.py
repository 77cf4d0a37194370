"""Intervals against loops, against scipy's bootstrap, and in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from vfibench.statistics.bootstrap import (
    DRAWS,
    LEAST_UNITS,
    SEED,
    bounds,
    draw_counts,
    interval,
    intervals,
    resampled_means,
    shares,
    unit_sums,
)

RANDOM = np.random.default_rng(5)


def clips(count: int, sizes: tuple[int, int] = (1, 6)) -> np.ndarray:
    """Units of frames of `count` clips of uneven length, their frames apart from each other."""
    units = np.repeat(np.arange(count), RANDOM.integers(*sizes, count))
    RANDOM.shuffle(units)
    return units


def spoilt(values: np.ndarray, share: float = 0.2) -> np.ndarray:
    """The values with some of them infinite, some no number."""
    made = values.copy()
    made[RANDOM.random(values.shape) < share / 2] = np.inf
    made[RANDOM.random(values.shape) < share / 2] = np.nan
    return made


@pytest.mark.parametrize("units", [1, 7, 12])
def test_draws_are_the_bits_of_the_generator(units: int) -> None:
    source, expected = np.random.PCG64([SEED, units]), np.zeros((20, units))
    for row in expected:
        words = [int(word) for word in source.random_raw((units + 1) // 2)]
        halves = [half for word in words for half in (word % 2**32, word // 2**32)]
        for half in halves[:units]:
            row[half * units // 2**32] += 1
    np.testing.assert_array_equal(draw_counts(units)[:20], expected)


def test_each_draw_has_as_many_units_as_there_are_and_favours_none() -> None:
    counts = draw_counts(50)
    assert counts.shape == (DRAWS, 50)
    assert (counts.sum(axis=1) == 50).all()
    # Multinomial: mean 1, variance 1 - 1/50; the mean of 2000 has a standard error of 0.022.
    assert np.abs(counts.mean(axis=0) - 1).max() < 0.09
    assert counts.var() == pytest.approx(0.98, abs=0.02)


def test_resampled_means_are_those_of_a_loop_over_drawn_frames() -> None:
    units = clips(9)
    values = spoilt(RANDOM.normal(30, 3, (units.size, 3)))
    found, counts = resampled_means(values, units), draw_counts(9)
    for draw in range(0, DRAWS, 97):
        drawn = [unit for unit in range(9) for _ in range(int(counts[draw, unit]))]
        for column in range(3):
            frames = [v for unit in drawn for v in values[units == unit, column] if math.isfinite(v)]
            assert found[draw, column] == pytest.approx(math.fsum(frames) / len(frames), abs=1e-12)
    np.testing.assert_allclose(resampled_means(values[:, 1], units), found[:, 1], rtol=1e-14)


def test_sums_of_units_are_those_of_a_loop() -> None:
    for units in (clips(7), np.arange(8), np.array([1, 0, 2])):
        values = RANDOM.normal(size=(units.size, 2))
        expected = [values[units == unit].sum(axis=0) for unit in range(units.max() + 1)]
        np.testing.assert_allclose(unit_sums(values, units), expected, atol=1e-12)


def test_a_draw_without_a_frame_has_no_mean_and_is_left_out() -> None:
    values = np.full(40, np.nan)
    values[:6] = np.arange(6.0)
    means = resampled_means(values, np.arange(40))
    empty = draw_counts(40)[:, :6].sum(axis=1) == 0
    assert empty.any()
    np.testing.assert_array_equal(np.isnan(means), empty)
    assert interval(values, np.arange(40)) == pytest.approx(tuple(np.quantile(means[~empty], shares(6))))


@pytest.mark.parametrize("units", [12, 60])
def test_the_interval_is_scipys(units: int) -> None:
    values = RANDOM.exponential(2.0, units)
    low, high = interval(values, np.arange(units))
    level = 1 - 2 * shares(units)[0]
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=30_000, confidence_level=level, method="percentile", rng=1
    ).confidence_interval
    within = 0.12 * values.std() / math.sqrt(units)  # of 2000 draws a bound is known to a tenth of this
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=3 * within)


def test_the_interval_over_clips_is_scipys_of_sums_and_sizes() -> None:
    units = clips(25, (1, 12))
    values = RANDOM.normal(0, 1, units.size) + RANDOM.normal(0, 2, 25)[units]
    sums, sizes = np.bincount(units, values), np.bincount(units)
    theirs = stats.bootstrap(
        (sums, sizes),
        lambda s, n, axis: s.sum(axis) / n.sum(axis),
        paired=True,
        n_resamples=30_000,
        confidence_level=1 - 2 * shares(25)[0],
        method="percentile",
        rng=1,
    )
    expected = (theirs.confidence_interval.low, theirs.confidence_interval.high)
    assert interval(values, units) == pytest.approx(expected, abs=0.3 * theirs.standard_error)
    alone = interval(values, np.arange(units.size))
    assert alone[1] - alone[0] < 0.8 * (expected[1] - expected[0]), "frames of a clip are no news"


def test_repeating_the_frames_of_a_clip_makes_nothing_surer() -> None:
    values = RANDOM.normal(size=10)
    once = interval(values, np.arange(10))
    assert interval(np.repeat(values, 20), np.repeat(np.arange(10), 20)) == pytest.approx(once, abs=1e-12)


def test_the_order_of_the_frames_does_not_matter() -> None:
    units = clips(11)
    values, order = RANDOM.normal(size=units.size), RANDOM.permutation(units.size)
    assert interval(values[order], units[order]) == pytest.approx(interval(values, units), abs=1e-12)


def test_turning_the_differences_round_turns_the_interval_round() -> None:
    values = RANDOM.exponential(size=30)
    low, high = interval(values, np.arange(30))
    assert interval(-values, np.arange(30)) == pytest.approx((-high, -low), abs=1e-12)


def test_too_few_units_have_no_interval() -> None:
    values = np.arange(40.0)
    few = np.arange(40) % (LEAST_UNITS - 1)
    assert interval(values, few) is None
    assert interval(values, np.arange(40) % LEAST_UNITS) is not None
    assert interval(np.empty(0), np.empty(0, np.int64)) is None
    values[few > 2] = np.inf
    assert interval(values, np.arange(40) % 8) is not None
    assert interval(np.where(np.arange(40) < 5, values, np.nan), np.arange(40)) is None


def test_many_columns_at_once_are_each_alone() -> None:
    units = clips(14)
    values = spoilt(RANDOM.normal(size=(units.size, 4)))
    values[:, 0] = 1.0
    values[units > 4, 3] = np.nan  # five units left
    low, high = intervals(values, units)
    assert low[0] == high[0] == 1.0
    for column in (1, 2):
        assert interval(values[:, column], units) == pytest.approx((low[column], high[column]), abs=1e-12)
    assert math.isnan(low[3])
    assert math.isnan(high[3])
    assert intervals(np.empty((5, 0)), np.arange(5)).shape == (2, 0)


def test_shares_follow_students_t() -> None:
    for units in (LEAST_UNITS, 12, 100):
        spread = stats.t(units - 1).ppf(0.975) * math.sqrt(units / (units - 1))
        assert shares(units) == pytest.approx((stats.norm.cdf(-spread), stats.norm.cdf(spread)), abs=1e-12)
    assert shares(10**6) == pytest.approx((0.025, 0.975), abs=1e-5)


def test_bounds_are_shares_of_the_draws() -> None:
    means = np.append(np.arange(1000.0), np.nan)
    low, high = shares(20)
    assert bounds(means, 20) == pytest.approx((999 * low, 999 * high))


def covered(make, units: np.ndarray, trials: int = 1500) -> float:
    """The share of simulated sets of frames, of expectation zero, whose interval holds zero."""
    low, high = intervals(np.stack([make() for _ in range(trials)], axis=1), units)
    return float(((low <= 0) & (high >= 0)).mean())


@pytest.mark.slow
@pytest.mark.parametrize("count", [6, 8, 12, 30, 100])
def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty(count: int) -> None:
    random = np.random.default_rng(count)
    found = covered(lambda: random.normal(size=count), np.arange(count))
    assert 0.92 < found < 0.97
    if count <= 8:
        plain = np.stack([random.normal(size=count) for _ in range(1500)], axis=1)
        means = resampled_means(plain, np.arange(count))
        low, high = np.quantile(means, [0.025, 0.975], axis=0)
        assert ((low <= 0) & (high >= 0)).mean() < 0.91, "without the wider shares it would be too narrow"


@pytest.mark.slow
def test_the_interval_holds_the_truth_where_frames_of_a_clip_are_alike() -> None:
    random, units = np.random.default_rng(3), np.repeat(np.arange(30), 20)

    def clip_wise() -> np.ndarray:
        return random.normal(size=30)[units] + 0.3 * random.normal(size=units.size)

    assert 0.92 < covered(clip_wise, units) < 0.97
    assert covered(clip_wise, np.arange(units.size), 300) < 0.6, "frames on their own would be far too sure"
