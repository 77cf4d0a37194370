"""`vfibench report --samples K --sample ID[@T]`: how many frames get a page, and which besides."""

from __future__ import annotations

from pathlib import Path

import pytest
from report.made_pictures import PicturedCell, pictured_run
from report.made_runs import MadeCell, write_run
from report.read_page import read_page

from vfibench.cli import main
from vfibench.contracts import PageCard, PageOptions
from vfibench.registry import PAGES, Registry
from vfibench.reporting import write_pages, write_site
from vfibench.store.folders import read_results
from vfibench.store.frame_names import check_named, frames_named
from vfibench_reports.contents.samples import frame_page

NAMES = ("clip/one", "clip/two", "at@0.5", "d")
CELLS = [
    PicturedCell(method, level=level, named=NAMES, samples=4, times=(0.25, 0.5))
    for method, level in (("rife", 36.0), ("blend", 31.0))
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chosen") / "run"
    pictured_run(folder, CELLS, size=(24, 32))
    return folder


def page(sample: str, time: float) -> str:
    return frame_page("ucf101", "vfibench", (sample, time))


def frame_pages(site: Path) -> set[str]:
    return {path.name for path in site.glob("sample.*.html")}


def report(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["report", *map(str, words)])
    return int(ended.value.code or 0)


def test_as_many_frames_get_a_page_as_asked_for(run: Path, tmp_path: Path) -> None:
    for count, expected in ((0, 0), (1, 1), (3, 3), (100, 8)):
        site = tmp_path / str(count)
        assert report(run, "--out", site, "--samples", str(count)) == 0
        assert len(frame_pages(site)) == expected
        assert (site / "samples.ucf101.vfibench.html").exists() is (count > 0)


def test_no_sample_pages_are_linked_where_none_are_asked_for(run: Path, tmp_path: Path) -> None:
    site = write_site([run], tmp_path, PageOptions(samples=0)).parent
    for path in site.glob("*.html"):
        assert not [link for link in read_page(path).links if link.startswith("sample")], path
    assert '"pages":{}' in (site / "compare.ucf101.vfibench.html").read_text()


def test_named_frames_come_first_and_besides(run: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert report(run, "--out", site, "--samples", "0", "--sample", "d", "--sample", "clip/two@0.25") == 0
    assert frame_pages(site) == {page("d", 0.25), page("d", 0.5), page("clip/two", 0.25)}
    text = read_page(site / "samples.ucf101.vfibench.html").text
    assert "The 3 frames asked for." in text
    assert "Asked for: PSNR" in text

    both = tmp_path / "both"
    assert report(run, "--out", both, "--samples", "2", "--sample", "d@0.5") == 0
    found = read_page(both / "samples.ucf101.vfibench.html")
    links = [link for link in found.links if link.startswith("sample.")]
    assert links[0] == page("d", 0.5)
    assert len(links) == 3
    assert "The frame asked for, then the frames where methods differ most" in found.text


def test_a_comparison_links_to_the_page_of_exactly_the_named_frame(run: Path, tmp_path: Path) -> None:
    site = write_site([run], tmp_path, PageOptions(0, ("d@0.25",))).parent
    text = (site / "compare.ucf101.vfibench.html").read_text()
    assert f'"pages":{{"6":"{page("d", 0.25)}"}}' in text  # of the frames one, one, two, two, at, at, d, d


def test_a_sample_whose_name_looks_like_a_time_is_found_by_it() -> None:
    frames = [("at@0.5", 0.25), ("at@0.5", 0.5), ("at", 0.5)]
    assert frames_named("at@0.5", frames) == frames[:2]
    assert frames_named("at@0.5@0.25", frames) == frames[:1]
    assert frames_named("at", frames) == frames[2:]
    assert frames_named("at@0.25", frames[2:]) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sample", "clip/on"], "found 'clip/on'; did you mean clip/one or clip/two?"),
        (["--sample", "d@0.75"], "found 'd@0.75'; the times of 'd' are 0.25, 0.5"),
        (["--sample", "31415"], "found '31415'; samples are named like 'clip/one'"),
        (["--samples", "-1"], "expected --samples of 0 or more, found -1"),
        (["--samples", "3", "--format", "csv"], "--samples and --sample are for pages, found --format csv"),
    ],
)
def test_bad_values_are_one_clear_line(run, tmp_path, capsys, words, told) -> None:
    assert report(run, "--out", tmp_path / "site", *words) == 2
    printed = capsys.readouterr().err.strip().splitlines()
    assert [line.split()[0] for line in printed] == ["error:", "hint:"]
    assert told in "; ".join(line.partition(": ")[2] for line in printed)
    assert not (tmp_path / "site").exists()


def test_a_named_frame_without_pictures_is_told(tmp_path: Path, capsys) -> None:
    run = write_run(tmp_path / "run", [MadeCell()])
    assert report(run, "--out", tmp_path / "site", "--sample", "0003") == 0
    assert "no sample page of 0003: its pictures were not saved; `vfibench run --save-images" in (
        capsys.readouterr().err
    )
    check_named(read_results([run]), ["0003@0.5"])


class Told:
    """A page that takes options."""

    seen: PageOptions | None = None

    def __init__(self, options: PageOptions) -> None:
        type(self).seen = options

    def render(self, results, out: Path) -> list[tuple[str, str]]:
        return []


class Untold:
    """A page of third parties as they always were: made of nothing."""

    def render(self, results, out: Path) -> list[tuple[str, str]]:
        (out / "plain.txt").write_text("here")
        return [("Plain", "plain.txt")]


def test_pages_that_take_no_options_get_none(run: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    fresh = Registry("page", PageCard, PAGES.catalog, PAGES.folder, "vfibench.tests.no_such_group")
    monkeypatch.setattr("vfibench.reporting.PAGES", fresh)
    fresh.add(PageCard("told", f"{__name__}:Told", "Told", options=True), "test")
    fresh.add(PageCard("untold", f"{__name__}:Untold", "Untold"), "test")
    write_site([run], tmp_path, PageOptions(1, ("d",)))
    assert capsys.readouterr().err == ""
    assert (tmp_path / "plain.txt").exists()
    built_in = {"overview", "leaderboard", "strata", "method", "compare", "sample"}
    assert Told.seen == PageOptions(1, ("d",), frozenset(built_in | {"told", "untold"}))


def test_pages_that_are_written_alone_link_to_none_that_are_not(run: Path, tmp_path: Path) -> None:
    ((_, name),) = write_pages("compare", read_results([run]), tmp_path)
    assert '"pages":{}' in (tmp_path / name).read_text()
    links = read_page(tmp_path / name).links
    assert [link for link in links if not link.startswith("#")] == []


def test_pages_of_the_same_scores_lead_to_each_other(run: Path, tmp_path: Path) -> None:
    site = write_site([run], tmp_path / "site").parent
    names = {f"{kind}.ucf101.vfibench.html" for kind in ("leaderboard", "compare", "strata", "samples")}
    for name in names:
        assert names - {name} <= set(read_page(site / name).links), name

    lonely = write_run(tmp_path / "lonely", [MadeCell(samples=9)])
    site = write_site([lonely], tmp_path / "alone").parent
    assert {path.name for path in site.glob("*.ucf101.vfibench.html")} == {"leaderboard.ucf101.vfibench.html"}
    links = read_page(site / "leaderboard.ucf101.vfibench.html").links
    assert not any(link.endswith("ucf101.vfibench.html") for link in links)
