"""Numbers in the terminal: digits, and what a mean leaves out."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
from report.made_runs import MadeCell, write_run

from vfibench.cli.tables import number, print_leaderboard, rate
from vfibench.statistics.bootstrap import interval
from vfibench.statistics.digits import score_text
from vfibench.statistics.summaries import Summary
from vfibench.store.folders import read_results


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
    clips = [[r.scores["psnr"] for r in rows if r.tags["clip"] == name] for name in "abc"]
    expected = statistics.fmean(map(statistics.fmean, clips))
    assert lines[place + 1][:4] == ["mean", "over", "clips", f"{expected:.3f}"]
    assert lines[place + 1][-2:] == ["3", "clips"]


def test_clips_of_one_length_need_no_second_line(tmp_path, capsys, monkeypatch) -> None:
    lines = terminal(tmp_path, capsys, monkeypatch, clips=tuple("aabbccdd"))
    assert ["mean", "over", "clips"] not in [line[:3] for line in lines]


NARROW = MadeCell(
    "zooming-slowmo",
    columns=("psnr@zooming-slowmo-y", "ssim@zooming-slowmo-y", "psnr", "ssim", "ssim3d", "ie"),
    weights="xiang2020zooming.pth",
    samples=2,
    kind="own list",
    clips="ab",
)


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_figure_is_broken_however_narrow_the_terminal(tmp_path, capsys, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    write_run(tmp_path, [NARROW, replace(NARROW, method="blend (enlarged)", weights=None, level=31.0)])
    print_leaderboard(read_results([tmp_path]))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    words = shown.split()
    for result in read_results([tmp_path]):
        for column in NARROW.columns:
            mean = statistics.fmean(row.scores[column] for row in result.rows)
            assert score_text(column, mean) in words


def test_a_narrow_table_tells_what_a_wide_one_does(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    made = replace(NARROW, samples=3, clips="aab", weights="w.pth")
    print_leaderboard(read_results([write_run(tmp_path, [made])]))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["n", "3"] in lines
    assert ["weights", "w.pth"] in lines
    assert ["n,", "over", "clips", "2", "clips"] in lines
    assert any(line[:1] == ["note"] and "list)" in line for line in lines)


def test_a_narrow_table_of_ranked_methods_tells_their_ranks(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    best = replace(NARROW, kind="official", level=36.0, samples=8, clips="abcdefgh")
    write_run(tmp_path, [replace(best, method="other", level=30.0), best])
    print_leaderboard(read_results([tmp_path]))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["column", "zooming-slowmo", "other"] in lines
    assert ["#", "1", "2"] in lines


def test_methods_that_share_a_rank_say_so(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    cells = [MadeCell("one", level=36.0), MadeCell("other", level=36.0), MadeCell("worse", level=30.0)]
    print_leaderboard(read_results([write_run(tmp_path, cells)]))
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines()]
    assert sorted(line[0] for line in lines if line[1:2] in (["one"], ["other"], ["worse"])) == [
        "1=",
        "1=",
        "3",
    ]
    assert "shares its rank, cannot be told apart by psnr" in shown


def test_the_interval_stands_beside_the_mean_where_there_is_room(tmp_path, capsys, monkeypatch) -> None:
    write_run(tmp_path, [MadeCell(samples=12, clips=tuple("aabbccddeefg"))])
    (result,) = read_results([tmp_path])
    low, high = interval(result.scores.values["psnr"], result.scores.units)
    for width, there in ((160, True), (80, False)):
        monkeypatch.setenv("COLUMNS", str(width))
        print_leaderboard([result])
        shown = capsys.readouterr().out
        assert (f"{low:.3f}, {high:.3f}" in shown) == there
        assert max(map(len, shown.splitlines())) <= width
        row = next(line.split() for line in shown.splitlines() if "mean over clips" in line)
        assert row[-2:] == ["7", "clips"]


def test_too_few_clips_have_no_interval(tmp_path, capsys, monkeypatch) -> None:
    lines = terminal(tmp_path, capsys, monkeypatch, clips=tuple("aabbccdd"))
    heading = next(line for line in lines if line[:2] == ["#", "method"])
    row = next(line for line in lines if line[:2] == ["1", "blend"])
    assert heading[2:6] == ["psnr", "95%", "interval", "ssim"]
    assert row[3] == "-"
