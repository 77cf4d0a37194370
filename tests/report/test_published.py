"""Published scores stand beside measured ones, with a verdict, on pages and in the terminal."""

from __future__ import annotations

import statistics
from dataclasses import asdict, replace

import pytest
from report.made_runs import MadeCell, write_run
from report.read_page import read_page

from vfibench.cli.tables import print_leaderboard
from vfibench.contracts import PublishedScore
from vfibench.leaderboards.grouping import boards
from vfibench.reporting import write_site
from vfibench.store.folders import read_results
from vfibench_reports.kit.published import verdict_table
from vfibench_reports.method.page import MethodPage

SCORES = [
    PublishedScore("ucf101", "psnr", "rife", 34.4, "its README", printed="34.40"),
    PublishedScore("ucf101", "ssim", "film", 0.95, "a paper"),
    PublishedScore("ucf101", "psnr", "rife", 35.0, "a table", note="another network"),
]


def write(folder, scores=SCORES, **changes):
    facts = {"published": [asdict(score) for score in scores]}
    return write_run(folder, [MadeCell("rife", level=34.0, facts=facts, **changes), MadeCell("blend")])


@pytest.fixture
def run(tmp_path):
    return write(tmp_path / "run")


def measured(run):
    (result,) = [result for result in read_results([run]) if result.cell.method == "rife"]
    return statistics.fmean(row.scores["psnr"] for row in result.rows)


def test_the_page_gives_a_difference_only_where_the_rule_is_the_same(run, tmp_path):
    write_site([run], tmp_path / "site")
    table = read_page(tmp_path / "site" / "leaderboard.ucf101.vfibench.html").tables["published"]
    mean = measured(run)
    assert table.texts("method") == ["rife"] * 3
    assert table.texts("published") == ["34.40", "0.95", "35"]
    assert table.texts("metric") == ["psnr@rife", "ssim@film", "psnr@rife"]
    assert table.texts("measured") == [f"{mean:.3f}", "–", "–"]
    assert [cell.value for cell in table.column("difference")] == [repr(mean - 34.4), "", ""]
    assert table.texts("difference")[0] == f"{mean - 34.4:+.3f}"
    assert table.texts("tolerance") == ["±0.015", "±0.0007", "±0.015"]
    first, second, third = table.texts("verdict")
    assert first == "differs"
    assert second == "not comparable not scored under film (--definition film)"
    assert third == "not comparable another network"
    assert table.texts("source") == ["its README", "a paper", "a table"]


def test_what_was_measured_is_reproduced(run, tmp_path):
    value = round(measured(run), 2)
    again = write(tmp_path / "again", [replace(SCORES[0], value=value, printed=f"{value:.2f}")])
    MethodPage().render(read_results([again]), tmp_path)
    table = read_page(tmp_path / "method.rife.html").tables["published"]
    assert table.texts("verdict") == ["reproduced"]


def test_a_score_is_held_against_the_result_that_comes_nearest(tmp_path):
    score = replace(SCORES[0], protocol="rife")
    facts = {"published": [asdict(each) for each in (score, SCORES[1])]}
    cells = [
        MadeCell("rife", columns=("ssim",), facts=facts),
        MadeCell("rife", level=34.0, facts=facts),
        MadeCell("rife", protocol="rife", level=33.0, columns=("psnr@rife",), facts=facts),
        MadeCell("rife", protocol="m2m", level=32.0, columns=("psnr@m2m",), facts=facts, precision="fp16"),
    ]
    results = read_results([write_run(tmp_path / "run", cells)])
    entries = [entry for board in boards(results) for group in board.groups for entry in group.entries]
    table = verdict_table(entries)
    assert table is not None
    keys = [column.key for column in table.columns]
    first, second = [{key: field.text for key, field in zip(keys, row, strict=True)} for row in table.rows]
    mean = statistics.fmean(row.scores["psnr@rife"] for row in results[2].rows)
    assert (first["under"], first["measured"]) == ("protocol rife", f"{mean:.3f}")
    assert (second["under"], second["verdict"]) == ("–", "not comparable")


def test_a_page_without_published_scores_has_no_such_table(tmp_path):
    write_site([write_run(tmp_path / "run", [MadeCell("blend")])], tmp_path / "site")
    assert "published" not in read_page(tmp_path / "site" / "leaderboard.ucf101.vfibench.html").tables
    assert "published" not in read_page(tmp_path / "site" / "method.blend.html").tables


def test_the_terminal_tells_the_same(run, capsys):
    print_leaderboard(read_results([run]))
    told = " ".join(capsys.readouterr().out.split())
    mean = measured(run)
    assert f"rife: published psnr@rife 34.40, measured {mean:.3f} ({mean - 34.4:+.3f}), differs" in told
    assert (
        "rife: published but not comparable: ssim@film 0.95 (not scored under film (--definition film)), "
        "psnr@rife 35 (another network)"
    ) in told
