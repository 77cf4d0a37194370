"""Rows as arrays: what is a frame, a number, an exact frame, and a unit that can be drawn again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from stored import made_row

from vfibench.statistics.arrays import differences, score_arrays
from vfibench.statistics.summaries import over_clips
from vfibench.store.rows import ScoreRow


def row(sample: str, psnr: float | None, t: float = 0.5, clip: str = "", **more: Any) -> ScoreRow:
    tags = {"clip": clip, "edge": "none"} if clip else {}
    return made_row(**{"sample": sample, "t": t, "scores": {"psnr": psnr}, "tags": tags} | more)


def test_rows_become_numbers_infinities_and_gaps() -> None:
    rows = [
        row("a", 30.25),
        row("b", None, exact=["psnr"]),
        row("c", None),
        row("d", None, exact=["ssim"]),
        made_row(sample="e", status="error", message="NaN"),
        row("f", 31.0, scores={"ssim": 0.5}),
    ]
    found = score_arrays(rows, ["psnr", "ssim"])
    assert found.frames == tuple((name, 0.5) for name in "abcdf")
    np.testing.assert_array_equal(found.values["psnr"], [30.25, np.inf, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.values["ssim"], [np.nan, np.nan, np.nan, np.inf, 0.5])
    assert len(found) == 5


def test_the_times_of_a_sample_are_one_unit() -> None:
    rows = [row(sample, 30.0, t) for sample in ("b", "a") for t in (0.25, 0.75)]
    found = score_arrays(rows, ["psnr"])
    assert found.units.tolist() == [0, 0, 1, 1]
    assert (found.unit_names, found.of_clips) == (("b", "a"), False)


def test_the_frames_of_a_clip_are_one_unit_wherever_they_stand() -> None:
    found = score_arrays([row(str(i), 30.0, clip=name) for i, name in enumerate("xyxzy")], ["psnr"])
    assert found.units.tolist() == [0, 1, 0, 2, 1]
    assert (found.unit_names, found.of_clips) == (("x", "y", "z"), True)
    assert found.tags[1] == {"clip": "y", "edge": "none"}


def test_one_frame_without_a_clip_makes_all_of_them_samples() -> None:
    found = score_arrays([row("a", 1.0, clip="x"), row("b", 1.0, clip="x"), row("c", 1.0)], ["psnr"])
    assert (found.unit_names, found.of_clips) == (("a", "b", "c"), False)


@pytest.mark.parametrize("name", ["", None])
def test_tables_and_intervals_agree_on_what_names_no_clip(name: str | None) -> None:
    rows = [row("a", 1.0, clip="x"), replace(row("b", 1.0), tags={"clip": name})]
    assert not score_arrays(rows, ["psnr"]).of_clips
    assert over_clips(rows, "psnr") is None


def test_a_frame_that_failed_has_no_say_in_the_units() -> None:
    failed = made_row(sample="a", status="error", message="NaN")
    found = score_arrays([failed, row("b", 1.0, clip="x"), row("c", 1.0, clip="y")], ["psnr"])
    assert (found.unit_names, found.of_clips) == (("x", "y"), True)


def test_no_rows_are_no_frames() -> None:
    found = score_arrays([], ["psnr"])
    assert (len(found), found.unit_names, found.of_clips) == (0, (), False)
    assert found.values["psnr"].shape == found.units.shape == (0,)


def test_differences_of_exact_and_missing_frames() -> None:
    first = np.array([30.0, np.inf, np.inf, 30.0, np.nan, np.nan])
    second = np.array([31.5, np.inf, 30.0, np.inf, 30.0, np.inf])
    expected = [1.5, 0.0, -np.inf, np.inf, np.nan, np.nan]
    np.testing.assert_array_equal(differences(first, second), expected)
    np.testing.assert_array_equal(differences(first[:, None], second[:, None])[:, 0], expected)
