"""Published scores stand beside measured ones on the page and in the terminal."""

from __future__ import annotations

import statistics
from dataclasses import asdict

import pytest
from report.made_runs import MadeCell, write_run
from report.read_page import read_page

from vfibench.cli.tables import print_leaderboard
from vfibench.contracts import PublishedScore
from vfibench.folders import read_results
from vfibench.reporting import write_site

SCORES = [
    PublishedScore("ucf101", "psnr", "rife", 34.4, "its README"),
    PublishedScore("ucf101", "ssim", "film", 0.95, "a paper"),
    PublishedScore("ucf101", "psnr", "rife", 35.0, "a table", note="another network"),
]


@pytest.fixture
def run(tmp_path):
    facts = {"published": [asdict(score) for score in SCORES]}
    return write_run(tmp_path / "run", [MadeCell("rife", level=34.0, facts=facts), MadeCell("blend")])


def measured(run):
    (result,) = [result for result in read_results([run]) if result.cell.method == "rife"]
    return statistics.fmean(row["scores"]["psnr"] for row in result.rows)


def test_the_page_gives_a_difference_only_where_the_rule_is_the_same(run, tmp_path):
    write_site([run], tmp_path / "site")
    table = read_page(tmp_path / "site" / "leaderboard.ucf101.vfibench.html").tables["published"]
    mean = measured(run)
    assert table.texts("method") == ["rife"] * 3
    assert table.texts("published") == ["34.4", "0.95", "35"]
    assert table.texts("metric") == ["psnr@rife", "ssim@film", "psnr@rife"]
    first, second, third = table.texts("measured")
    assert first == f"{mean:.3f}"
    assert second.startswith("not comparable")
    assert "not scored under film (--definition film)" in second
    assert "another network" in third
    assert [cell.value for cell in table.column("difference")] == [repr(mean - 34.4), "", ""]
    assert table.texts("difference")[0] == f"{mean - 34.4:+.3f}"
    assert table.texts("source") == ["its README", "a paper", "a table"]


def test_a_page_without_published_scores_has_no_such_table(tmp_path):
    write_site([write_run(tmp_path / "run", [MadeCell("blend")])], tmp_path / "site")
    assert "published" not in read_page(tmp_path / "site" / "leaderboard.ucf101.vfibench.html").tables


def test_the_terminal_tells_the_same(run, capsys):
    print_leaderboard(read_results([run]))
    told = " ".join(capsys.readouterr().out.split())
    mean = measured(run)
    assert f"rife: published psnr@rife 34.4, measured {mean:.3f} ({mean - 34.4:+.3f}) [its README]" in told
    assert (
        "rife: published but not comparable: ssim@film 0.95 (not scored under film (--definition film)), "
        "psnr@rife 35 (another network)"
    ) in told
