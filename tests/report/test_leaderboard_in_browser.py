"""The page in a real browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from report.made_runs import MadeCell, write_run
from report.read_page import ReadPage

from vfibench.reporting import write_site

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("needs Chromium (Debian: apt-get install chromium), found none on the PATH")


def dom(chromium, tmp_path, address):
    """The page after its script has run."""
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [chromium, *FLAGS, profile, "--dump-dom", address]
    return ReadPage(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


@pytest.fixture
def page(tmp_path):
    cells = [
        MadeCell("blend", level=33.0, ms=9.0),
        MadeCell("nearest", level=30.0, ms=110.0),
        MadeCell("<script>document.title=1</script>", level=36.0, ms=None),
        MadeCell("superslomo", level=35.0, ms=0.9),
    ]
    write_site([write_run(tmp_path / "run", cells)], tmp_path / "site")
    return tmp_path / "site" / "leaderboard.ucf101.vfibench.html"


def test_the_address_sorts_the_tables_and_a_hostile_name_stays_text(chromium, tmp_path, page):
    read = dom(chromium, tmp_path, f"{page.as_uri()}#scores-2=-fps&speed=ms&methods=nonsense")

    scores = read.tables["scores-2"]
    assert [text.split()[0] for text in scores.texts("method")[:3]] == ["superslomo", "blend", "nearest"]
    assert scores.texts("rank") == ["2", "3", "4", "1"]  # the one without a speed comes last
    assert dict(zip(scores.keys, scores.sorts, strict=True))["fps"] == "descending"
    assert set(scores.sorts) == {"none", "descending"}
    speeds = [float(cell.value) for cell in read.tables["speed"].column("ms")]
    assert speeds == sorted(speeds)
    assert set(read.tables["methods"].sorts) == {"none"}
    assert read.tables["methods"].texts("method")[0].startswith("<script>")
    assert [name for name, _ in read.tags].count("button") == sum(len(t.keys) for t in read.tables.values())
    assert [name for name, _ in read.tags].count("script") == 1
    assert "ucf101, protocol vfibench" in read.text


def test_a_row_without_a_value_stays_last_when_the_worst_come_first(chromium, tmp_path, page):
    scores = dom(chromium, tmp_path, f"{page.as_uri()}#scores-2=fps").tables["scores-2"]
    assert scores.texts("rank") == ["4", "3", "2", "1"]
    assert scores.texts("fps")[-1] == "–"


CLICKS = [
    (1, "descending", "#scores-2=-psnr", ["1", "2", "3", "4"]),
    (2, "ascending", "#scores-2=psnr", ["4", "3", "2", "1"]),
    (3, "none", "no hash", ["1", "2", "3", "4"]),
]


@pytest.mark.parametrize(("clicks", "state", "address", "ranks"), CLICKS)
def test_a_heading_sorts_best_first_then_worst_first_then_as_written(
    chromium, tmp_path, page, clicks, state, address, ranks
):
    # Our policy lets no other script run, so the hand that clicks works on a copy without it.
    html = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text())
    click = "document.querySelector('[data-name=scores-2] [data-key=psnr] button').click();" * clicks
    tell = "document.title = location.href.includes('#') ? location.hash : 'no hash';"
    page.write_text(f"{html}<script>{click}{tell}</script>")
    read = dom(chromium, tmp_path, page.as_uri())
    table = read.tables["scores-2"]
    assert dict(zip(table.keys, table.sorts, strict=True))["psnr"] == state
    assert table.texts("rank") == ranks
    assert read.title == address
