"""From rows to the numbers in tables."""

from __future__ import annotations

import pytest
from stored import made_row, made_timing

from vfibench.statistics.summaries import ClipMean, over_clips, percentile, summarise, throughput
from vfibench.store.rows import ScoreRow, TimingRow

FAILED = made_row(status="error")


def row(value: float | None, **more: object) -> ScoreRow:
    return made_row(**{"scores": {"psnr": value}} | more)


def test_the_mean_is_of_decibels_and_counts_exact_frames_apart() -> None:
    rows = [row(30.0), row(40.0), row(None, exact=["psnr"]), row(None), FAILED]
    found = summarise(rows, "psnr")
    assert (found.mean, found.n, found.exact, found.undefined) == (35.0, 2, 1, 1)


def test_a_column_nobody_has_is_empty() -> None:
    found = summarise([row(30.0)], "lpips")
    assert (found.mean, found.n) == (None, 0)


def test_percentiles_interpolate() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile([5.0], 0.95) == 5.0


def line(seconds: float, *, warmup: bool = False, samples: int = 2, frames: int = 14) -> TimingRow:
    return made_timing(predict_s=seconds, warmup=warmup, samples=samples, frames=frames, peak_mb=100.0)


def test_throughput_leaves_the_warm_up_out() -> None:
    found = throughput([line(9.0, warmup=True), line(0.14), line(0.28)])
    assert found is not None
    assert found.warm
    assert found.frames_per_s == pytest.approx(28 / 0.42)
    assert found.ms_median == pytest.approx(15.0)
    assert found.ms_call == pytest.approx(105.0)
    assert found.times == 7


def test_throughput_of_a_single_call_says_it_was_the_warm_up() -> None:
    found = throughput([line(9.0, warmup=True)])
    assert found is not None
    assert not found.warm
    assert throughput([]) is None


def clip(name: str, value: float | None, time: float = 0.5, **more: object) -> ScoreRow:
    return row(value, t=time, tags={"clip": name}, **more)


def test_the_mean_over_clips_counts_a_long_clip_no_more_than_a_short_one() -> None:
    rows = [
        clip("long", 30.0),
        clip("long", 32.0),
        clip("long", 34.0),
        clip("short", 40.0),
        FAILED,
    ]
    found = over_clips(rows, "psnr")
    assert found == ClipMean(36.0, 2, even=False)
    assert summarise(rows, "psnr").mean == 34.0


def test_of_clips_of_one_length_both_means_are_the_same() -> None:
    rows = [clip(name, value, time) for name, value in (("a", 30.0), ("b", 35.0)) for time in (0.25, 0.5)]
    found = over_clips(rows, "psnr")
    assert found == ClipMean(32.5, 2, even=True)
    assert summarise(rows, "psnr").mean == 32.5


def test_exact_frames_are_left_out_of_their_clip_and_an_exact_clip_as_a_whole() -> None:
    exact = clip("a", None, exact=["psnr"])
    assert over_clips([clip("a", 30.0), exact, clip("b", 40.0), clip("b", 42.0)], "psnr") == ClipMean(
        35.5, 2, even=False
    )
    assert over_clips([exact, clip("b", 40.0)], "psnr") == ClipMean(40.0, 1, even=False)
    assert over_clips([exact], "psnr") == ClipMean(None, 0, even=True)


def test_a_row_that_names_no_clip_leaves_no_mean_over_clips() -> None:
    assert over_clips([clip("a", 30.0), row(31.0, tags={"edge": "replicated"})], "psnr") is None
    assert over_clips([], "psnr") is None
