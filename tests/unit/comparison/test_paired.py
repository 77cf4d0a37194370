"""Two cells frame by frame: differences, intervals, tests, and what cannot be compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from scipy import stats
from stored import made_result, made_row, made_settings

from vfibench.comparison.paired import Paired, cautions, obstacles, pair
from vfibench.errors import VfibenchError
from vfibench.statistics.bootstrap import draw_counts, shares
from vfibench.statistics.digits import tie_width
from vfibench.statistics.paired import unit_means
from vfibench.store.cells import Cell
from vfibench.store.result import CellResult

INF, NAN = math.inf, math.nan
BETTER = {"psnr": "higher", "lpips": "lower"}
RANDOM = np.random.default_rng(7)


def result(
    scores: dict[str, Any],
    column: str = "psnr",
    *,
    method: str = "one",
    clips: dict[str, str] | None = None,
    planned: int | None = None,
    **settings: Any,
) -> CellResult:
    """A cell with these scores by sample, in this order; inf is exact, nan undefined."""
    rows = [
        made_row(
            index=index,
            sample=name,
            scores={column: value if math.isfinite(value) else None},
            exact=[column] if value == INF else [],
            tags={"clip": clips[name]} if clips else {},
        )
        for index, (name, value) in enumerate(scores.items())
    ]
    protocol = settings.pop("protocol", "vfibench")
    decides = made_settings(**{"files": "f", "metrics": {"psnr": 1, "lpips": 1}} | settings)
    cell = Cell(method, "ucf101", protocol, decides)
    return made_result(cell, rows, {column: BETTER[column]}, planned=planned)


def named(values: np.ndarray | list[float]) -> dict[str, float]:
    return {f"s{place}": float(value) for place, value in enumerate(values)}


def paired(first: Any, second: Any, column: str = "psnr", **more: Any) -> Paired:
    return pair(
        result(named(first), column, **more), result(named(second), column, method="two", **more), column
    )


def test_a_difference_is_second_minus_first_and_a_gain_is_for_the_better() -> None:
    for column, sign in (("psnr", 1), ("lpips", -1)):
        found = paired([30.0, 31.0], [30.5, 30.0], column)
        assert found.difference.tolist() == [0.5, -1.0]
        assert found.gain.tolist() == [sign * 0.5, sign * -1.0]
        assert found.mean == -0.25
        assert found.means == (30.5, 30.25)


def test_exact_frames_in_both_are_no_difference_and_in_one_are_left_out() -> None:
    found = paired([30.0, INF, INF, 31.0, NAN, 33.0], [31.0, INF, 32.0, INF, 30.0, NAN])
    np.testing.assert_array_equal(found.difference, [1.0, 0.0, -INF, INF, NAN, NAN])
    assert (found.n, found.mean, found.means, found.in_means) == (2, 0.5, (30.0, 31.0), 1)
    assert found.exact == (1, 1, 1)
    assert found.wins == (2, 1, 1)  # an exact frame wins
    assert found.counted_units == 2


def test_a_pair_without_a_number_has_no_mean() -> None:
    found = paired([INF, NAN], [30.0, 30.0])
    assert (found.mean, found.means, found.interval, found.wilcoxon, found.n) == (None, None, None, None, 0)
    assert not found.significant


def test_equal_as_printed_is_a_tie() -> None:
    found = paired([30.0] * 4, [30.0004, 30.0006, 29.9996, 29.9994])
    assert found.wins == (1, 2, 1)
    assert paired([0.1] * 3, [0.10004, 0.10006, 0.09994], "lpips").wins == (1, 1, 1)
    assert (tie_width("psnr@rife"), tie_width("ie"), tie_width("ssim")) == (0.0005, 0.0005, 0.00005)


def test_the_interval_is_that_of_a_loop_over_drawn_clips() -> None:
    clips = [f"c{place % 9}" for place in range(40)]
    first = RANDOM.normal(30, 3, 40)
    second = first + RANDOM.normal(0.2, 0.5, 40)
    second[5], first[6] = INF, NAN
    found = paired(first, second, clips={f"s{place}": clip for place, clip in enumerate(clips)})
    assert found.of_clips
    means = []
    for counts in draw_counts(9):
        frames = [place for place in range(40) for _ in range(int(counts[place % 9]))]
        values = [second[place] - first[place] for place in frames if place not in {5, 6}]
        means.append(math.fsum(values) / len(values))
    assert found.interval == pytest.approx(tuple(np.quantile(means, shares(9))), abs=1e-12)


def test_exchanging_the_two_turns_everything_round() -> None:
    first, second = RANDOM.normal(30, 3, 25), RANDOM.normal(30.2, 3, 25)
    one, other = paired(first, second), paired(second, first)
    assert one.mean == -other.mean
    low, high = one.interval
    assert other.interval == pytest.approx((-high, -low), abs=1e-12)
    assert one.wilcoxon == pytest.approx(other.wilcoxon)
    assert one.wins == other.wins[::-1]
    for mine, theirs in zip(one.extremes(3), other.extremes(3)[::-1], strict=True):
        assert mine.tolist() == theirs.tolist()


def test_a_clear_difference_is_significant_and_one_that_does_not_show_in_print_is_not() -> None:
    first = RANDOM.normal(30, 3, 40)
    noise = RANDOM.normal(0, 0.1, 40)
    assert paired(first, first + 0.5 + noise).significant
    assert not paired(first, first + noise - noise.mean()).significant
    tiny = paired(first, first + 0.0001)
    assert tiny.interval[0] > 0
    assert not tiny.significant
    assert not paired(first[:5], first[:5] + 1.0).significant, "five samples are too few"


def test_the_test_is_wilcoxons_over_units() -> None:
    clips = {f"s{place}": f"c{place // 3}" for place in range(60)}
    first, second = RANDOM.normal(30, 3, 60), RANDOM.normal(30.5, 3, 60)
    means = (second - first).reshape(20, 3).mean(axis=1)
    found = paired(first, second, clips=clips)
    assert found.wilcoxon == pytest.approx(stats.wilcoxon(means, zero_method="pratt").pvalue)
    np.testing.assert_allclose(unit_means(found.difference, found.units), means)


def test_where_nothing_differs_the_test_says_so() -> None:
    assert paired([30.0, 31.0, 32.0], [30.0, 31.0, 32.0]).wilcoxon == 1.0
    assert paired([30.0], [31.0]).wilcoxon is None


def test_extremes_are_the_frames_where_each_wins_most() -> None:
    found = paired([30.0, 30.0, INF, 30.0, 30.0, NAN, 30.0], [31.0, 28.0, 30.0, 30.0, INF, 30.0, 29.0])
    lost, won = found.extremes(2)
    assert (lost.tolist(), won.tolist()) == ([2, 1], [4, 0])
    lost, won = found.extremes(9)
    assert (lost.tolist(), won.tolist()) == ([2, 1, 6], [4, 0])
    assert [places.size for places in found.extremes(0)] == [0, 0]
    equal = paired([0.5] * 4, [0.4, 0.4, 0.6, 0.6], "lpips")
    assert [places.tolist() for places in equal.extremes(1)] == [[2], [0]]


def test_frames_are_matched_by_name_and_time_in_the_order_of_the_first() -> None:
    one = result({"a": 30.0, "b": 31.0, "c": 32.0})
    other = result({"d": 1.0, "c": 33.5, "a": 30.25}, method="two")
    found = pair(one, other, "psnr")
    assert found.frames == (("a", 0.5), ("c", 0.5))
    assert found.difference.tolist() == [0.25, 1.5]
    assert found.unpaired == 2
    assert found.units.tolist() == [0, 1]


def test_the_same_frames_in_another_order_give_the_same() -> None:
    first, second = RANDOM.normal(30, 3, 30), RANDOM.normal(30.3, 3, 30)
    order = RANDOM.permutation(30)
    shuffled = result({f"s{place}": second[place] for place in order}, method="two")
    found, expected = pair(result(named(first)), shuffled, "psnr"), paired(first, second)
    np.testing.assert_array_equal(found.difference, expected.difference)
    assert found.interval == expected.interval


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"protocol": "rife"}, "other protocol: vfibench and rife"),
        ({"times": [0.25]}, "other target times"),
        ({"files": "g"}, "other frames on disk"),
        ({"metrics": {"psnr": 2}}, "psnr in versions 1 and 2"),
    ],
)
def test_what_is_not_the_same_measurement_is_refused(other: dict[str, Any], why: str) -> None:
    one, two = result(named([30.0])), result(named([31.0]), method="two", **other)
    assert obstacles(one, two, "psnr") == [why]
    with pytest.raises(VfibenchError, match=f"comparable results of one and two, found {why}"):
        pair(one, two, "psnr")


def test_a_column_that_is_missing_is_named() -> None:
    one, two = result(named([30.0])), result(named([0.1]), "lpips", method="two")
    assert obstacles(one, two, "psnr") == ["no psnr of two"]
    assert obstacles(one, two, "ssim") == ["no ssim of one and two"]
    assert obstacles(one, one, "psnr") == []


def test_no_frame_in_both_is_an_error() -> None:
    with pytest.raises(VfibenchError, match="frames that one and two have both scored, found none"):
        pair(result({"a": 30.0}), result({"b": 30.0}, method="two"), "psnr")


def test_what_a_reader_must_know_is_told() -> None:
    one = result(named([30.0, 31.0]), planned=3)
    two = result(named([30.0]), method="two", inputs=4, list_sha256="b")
    assert cautions(one, two) == [
        "other lists of samples: only those of both are compared",
        "2 and 4 input frames",
        "one is incomplete: 2 of 3",
    ]
    assert cautions(two, two) == []


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"reduced": 4}, ["another task: other size of input frames"]),
        ({"enlarged": 4}, ["another task: other size of predicted frames"]),
        ({"reduced": None, "enlarged": ""}, []),
        ({"precision": "fp16"}, []),
    ],
)
def test_another_task_is_told(other: dict[str, Any], told: list[str]) -> None:
    one, two = result(named([30.0])), result(named([31.0]), method="two", **other)
    assert cautions(one, two) == told
    assert obstacles(one, two, "psnr") == []


def test_a_metric_that_has_turned_round_is_refused() -> None:
    one, two = result(named([30.0])), result(named([31.0]), method="two")
    two.entry.columns["psnr"] = replace(two.entry.columns["psnr"], better="lower")
    assert obstacles(one, two, "psnr") == ["of psnr the higher is better and the lower"]
