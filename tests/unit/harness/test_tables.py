"""Numbers in the terminal: digits, and what a mean leaves out."""

from __future__ import annotations

import statistics

import pytest
from report.made_runs import MadeCell, write_run

from vfibench.cli.tables import number, print_leaderboard, rate
from vfibench.folders import read_results
from vfibench.statistics import Summary


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (None, ""),
        (Summary(34.47421, 100), "34.474"),
        (Summary(34.47421, 97, exact=3), "34.474 +3 exact"),
        (Summary(34.47421, 95, exact=3, undefined=2), "34.474 +3 exact (2 undefined)"),
        (Summary(None, 0, exact=8), "exact x8"),
        (Summary(None, 0, undefined=8), "- (8 undefined)"),
        (Summary(None, 0), "-"),
    ],
)
def test_a_mean_tells_the_frames_it_leaves_out(summary: Summary | None, text: str) -> None:
    assert number(summary, "psnr") == text


@pytest.mark.parametrize(("speed", "text"), [(0.5124, "0.512"), (24.06, "24.1"), (10480.3, "10,480")])
def test_speeds_have_three_digits(speed: float, text: str) -> None:
    assert rate(speed) == text


def terminal(tmp_path, capsys, monkeypatch, **facts) -> list[list[str]]:
    """Lines of the table of one made run, in words."""
    monkeypatch.setenv("COLUMNS", "160")
    print_leaderboard(read_results([write_run(tmp_path, [MadeCell(**facts)])]))
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_the_mean_over_clips_stands_below_where_clips_differ_in_length(tmp_path, capsys, monkeypatch) -> None:
    lines = terminal(tmp_path, capsys, monkeypatch, clips=tuple("aaaaabbc"))
    place = next(place for place, line in enumerate(lines) if line[:2] == ["1", "blend"])
    rows = read_results([tmp_path])[0].rows
    clips = [[r["scores"]["psnr"] for r in rows if r["tags"]["clip"] == name] for name in "abc"]
    expected = statistics.fmean(map(statistics.fmean, clips))
    assert lines[place + 1][:4] == ["mean", "over", "clips", f"{expected:.3f}"]
    assert lines[place + 1][-2:] == ["3", "clips"]


def test_clips_of_one_length_need_no_second_line(tmp_path, capsys, monkeypatch) -> None:
    lines = terminal(tmp_path, capsys, monkeypatch, clips=tuple("aabbccdd"))
    assert ["mean", "over", "clips"] not in [line[:3] for line in lines]
