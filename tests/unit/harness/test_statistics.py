"""From rows to the numbers in tables."""

from __future__ import annotations

import pytest

from vfibench.statistics import percentile, summarise, throughput


def row(value: float | None, **more: object) -> dict[str, object]:
    return {"status": "ok", "scores": {"psnr": value}, **more}


def test_the_mean_is_of_decibels_and_counts_exact_frames_apart() -> None:
    rows = [row(30.0), row(40.0), row(None, exact=["psnr"]), row(None), {"status": "error"}]
    found = summarise(rows, "psnr")
    assert (found.mean, found.n, found.exact, found.undefined) == (35.0, 2, 1, 1)


def test_a_column_nobody_has_is_empty() -> None:
    found = summarise([row(30.0)], "lpips")
    assert (found.mean, found.n) == (None, 0)


def test_percentiles_interpolate() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile([5.0], 0.95) == 5.0


def line(seconds: float, *, warmup: bool = False, samples: int = 2, frames: int = 14) -> dict[str, object]:
    return {"predict_s": seconds, "warmup": warmup, "samples": samples, "frames": frames, "peak_mb": 100.0}


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
