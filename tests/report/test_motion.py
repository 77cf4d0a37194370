"""Players on the pages of a report: which pictures they show, in which order, and that they play."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from report.made_pictures import SIZE, PicturedCell, pictured_run, pixels_of

from vfibench.contracts import PageOptions
from vfibench.store.album import Album
from vfibench.store.folders import read_results
from vfibench_reports.compare.page import ComparePage
from vfibench_reports.contents import motion as moving
from vfibench_reports.contents.motion import motion_of_clip, motion_of_sample
from vfibench_reports.contents.picking import contests
from vfibench_reports.sample.page import SamplePage

EIGHTHS = tuple(k / 8 for k in range(1, 8))


def run_of(folder: Path, times=EIGHTHS, methods=("rife", "dvf"), size=SIZE, **more):
    cells = [PicturedCell(name, level=36 - n, times=times, **more) for n, name in enumerate(methods)]
    pictured_run(folder / "run", cells, size)
    return contests(read_results([folder / "run"]))[0]


def album_of(contest) -> Album:
    return contest.contenders[0].album


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def near(uri: str, path: Path) -> bool:
    """Whether a compressed picture is of this file rather than of any other picture of the run."""
    shown = pixels_of(uri).astype(int)
    root = next(parent for parent in path.parents if parent.name == "images")
    others = [pixels(other) for other in root.rglob("*.png")]
    return bool(np.abs(shown - pixels(path)).mean() <= min(np.abs(shown - other).mean() for other in others))


def test_all_times_of_a_sample_lie_between_its_inputs(tmp_path):
    contest = run_of(tmp_path)
    found, album = motion_of_sample(contest, "b", album_of(contest)), album_of(contest)
    assert [clip.name for clip in found.played.clips] == ["ground truth", "rife", "dvf"]
    assert len(found.frames) == 9
    assert found.played.times == tuple(n / 12 for n in range(9))
    for number, places in enumerate(found.frames):
        truth = album.frame("b", number // 8) if number in (0, 8) else album.target("b", number / 8)
        assert near(found.uris[places[0]], truth)
        for place, contender in zip(places[1:], contest.contenders, strict=True):
            own = truth if number in (0, 8) else contender.album.prediction("b", number / 8)
            assert near(found.uris[place], own)
    assert len(found.uris) == 2 + 3 * 7  # inputs once for all
    scores = found.played.clips[1].scores["psnr"]
    places = contest.contenders[0].places
    values = contest.contenders[0].result.scores.values["psnr"]
    assert scores == [None, *(values[places["b", t]] for t in EIGHTHS), None]


def test_samples_in_a_row_are_one_sequence(tmp_path):
    contest = run_of(tmp_path, times=(0.5,), named=("a", "b", "c", "d"), samples=4)
    album = album_of(contest)
    for one, following in (("b", "c"), ("c", "d")):  # a stands alone
        album.frame(one, 1).write_bytes(album.frame(following, 0).read_bytes())
    found = motion_of_clip(contest, contest.frames.index(("c", 0.5)))
    expected = [path for sample in "bcd" for path in (album.frame(sample, 0), album.target(sample, 0.5))] + [
        album.frame("d", 1)
    ]
    assert len(found.frames) == 7
    assert all(near(found.uris[places[0]], path) for places, path in zip(found.frames, expected, strict=True))
    assert motion_of_clip(contest, contest.frames.index(("a", 0.5))) is None  # two inputs and one between


def test_there_are_at_most_so_many_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(moving, "MOST_FRAMES", 5)
    contest = run_of(tmp_path, times=(0.5,), named=("a", "b", "c", "d"), samples=4)
    album = album_of(contest)
    for one, following in (("a", "b"), ("b", "c"), ("c", "d")):
        album.frame(one, 1).write_bytes(album.frame(following, 0).read_bytes())
    assert len(motion_of_clip(contest, 1).frames) == 5


def test_large_pictures_are_made_smaller_and_that_is_told(tmp_path, monkeypatch):
    contest = run_of(tmp_path, size=(240, 320), named=("a",), samples=1)
    monkeypatch.setattr(moving, "BUDGET", 10**9)
    whole = motion_of_sample(contest, "a", album_of(contest))
    assert not whole.smaller
    monkeypatch.setattr(moving, "BUDGET", whole.characters // 2)
    found = motion_of_sample(contest, "a", album_of(contest))
    assert found.smaller
    assert found.size == (320, 240)
    assert found.characters <= whole.characters // 2
    assert {pixels_of(uri).shape[1::-1] for uri in found.uris} == {found.played.size}


def test_methods_without_all_pictures_and_damaged_ones_are_left_out(tmp_path):
    contest = run_of(tmp_path)
    contest.contenders[1].album.prediction("a", 0.5).unlink()
    found = motion_of_sample(contest, "a", album_of(contest))
    assert [clip.name for clip in found.played.clips] == ["ground truth", "rife"]
    album_of(contest).target("a", 0.25).write_bytes(b"\x89PNG no more")
    assert motion_of_sample(contest, "a", album_of(contest)) is None


@pytest.fixture
def site(tmp_path):
    run_of(tmp_path, times=EIGHTHS)
    results, options = read_results([tmp_path / "run"]), PageOptions(samples=2)
    for page in (SamplePage(options), ComparePage(options)):
        page.render(results, tmp_path / "site")
    return tmp_path / "site"


def pages(site: Path, kind: str) -> list[Path]:
    return sorted(site.glob(f"{kind}.*.html"))


def test_sample_and_comparison_pages_have_the_player(site):
    assert len(pages(site, "sample")) == 2
    for page in (*pages(site, "sample"), *pages(site, "compare")):
        text = page.read_text(encoding="utf-8")
        data = json.loads(re.search(r'id="motion-data">(.*?)</script>', text).group(1))
        assert len(data["frames"]) == 9
        assert data["clips"][0]["name"] == "ground truth"
        assert text.count("<style>") == 1


def test_a_report_of_single_times_has_no_player_and_nothing_of_it(tmp_path):
    run_of(tmp_path, times=(0.5,))
    results = read_results([tmp_path / "run"])
    for page in (SamplePage(), ComparePage()):
        page.render(results, tmp_path / "site")
    for page in (tmp_path / "site").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "vfibenchPlayer" not in text
        assert ".player-stage" not in text


@pytest.mark.parametrize(("kind", "width"), [("sample", 1440), ("sample", 375), ("compare", 1440)])
def test_the_player_of_a_page_steps_and_plays(site, visit, kind, width):
    page = visit(pages(site, kind)[0].as_uri(), width=width)
    player = page.locator("#motion .player")
    player.focus()
    canvases = page.locator("#motion canvas")
    assert canvases.count() == 3
    before = canvases.nth(1).evaluate("(canvas) => canvas.toDataURL()")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#motion .player[data-frame='1']")
    assert canvases.nth(1).evaluate("(canvas) => canvas.toDataURL()") != before
    page.keyboard.press("End")
    page.wait_for_selector("#motion .player[data-frame='8']")
    page.keyboard.press(" ")
    page.wait_for_selector("#motion .player[data-frame='5']")
    page.keyboard.press(" ")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
