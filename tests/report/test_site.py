"""`write_site`: every page, an index that finds them, and faults that stay where they are."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from report.made_runs import MadeCell, write_run
from report.read_page import read_page

import vfibench.reporting
from vfibench.contracts import PageCard
from vfibench.errors import VfibenchError
from vfibench.registry import PAGES, Registry
from vfibench.reporting import write_pages, write_site
from vfibench_reports.kit.site import page_name

RETURNS = {
    "ReturnsNothing": "expected a list of (title, file name) from render, found NoneType",
    "ReturnsAName": "expected a list of (title, file name) from render, found str",
    "ReturnsNamesAlone": "expected (title, file name) as texts for each page, found 'one.html'",
    "ReturnsPaths": "expected (title, file name) as texts for each page, found ('one', PosixPath(",
    "NamesItsFileInFull": "one.html' in ",
    "NamesItsFileTwice": "expected each page once, found 'one.html' twice",
    "WritesTheIndex": "expected pages beside index.html, which is the site's own, found that",
    "ForgetsItsFile": "expected a file 'missing.html' in ",
    "WritesOutside": "expected a file '../outside.html' in ",
}
FAULTS = ["Raises", "Exits", *RETURNS, "NotThere"]


@pytest.fixture
def pages(monkeypatch):
    """A fresh registry of pages in the place of the global one."""
    fresh = Registry("page", PageCard, PAGES.catalog, PAGES.folder, "vfibench.tests.no_such_group")
    monkeypatch.setattr(vfibench.reporting, "PAGES", fresh)
    return fresh


def plugin(name, order=50):
    return PageCard(name.lower(), f"report.pages_gone_wrong:{name}", f"Page {name}", order)


def main_links(path):
    """Addresses of the links in a page's content, without what every page has around it."""
    page = read_page(path)
    begin = [name for name, _ in page.tags].index("main")
    return [unquote(found["href"]) for name, found in page.tags[begin:] if name == "a"]


def files(site):
    return {path.relative_to(site): path for path in sorted(site.rglob("*")) if path.is_file()}


def test_the_index_links_to_every_page_and_nothing_else(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell(), MadeCell(dataset="davis"), MadeCell(protocol="rife")])
    index = write_site([run], tmp_path / "site")
    assert index == tmp_path / "site" / "index.html"
    links = main_links(index)
    written = {path.name for path in index.parent.glob("*.html")} - {"index.html"}
    assert len(links) == len(set(links))
    assert set(links) == written
    boards = {("ucf101", "vfibench"), ("davis", "vfibench"), ("ucf101", "rife")}
    assert {page_name("leaderboard", *board) for board in boards} | {"overview.html"} < written


def test_every_link_within_the_site_leads_to_a_file_of_it(tmp_path):
    cells = [MadeCell("blend"), MadeCell("<b>a/b</b>", level=31.0), MadeCell("nearest", dataset="davis")]
    site = write_site([write_run(tmp_path / "run", cells)], tmp_path / "site").parent
    for path in site.glob("*.html"):
        local = [link for link in read_page(path).links if not link.startswith(("https://", "#"))]
        assert len(local) > 3
        for link in local:
            assert (site / unquote(link.partition("#")[0])).is_file(), (path.name, link)


def test_the_bar_of_every_page_leads_to_sections_that_the_index_has(tmp_path):
    cells = [MadeCell(), MadeCell("nearest", level=30.0)]
    index = write_site([write_run(tmp_path / "run", cells)], tmp_path / "site")
    ids = {found["id"] for _, found in read_page(index).tags if "id" in found}
    wanted = {link.partition("#")[2] for link in read_page(index).links if link.startswith("index.html#")}
    assert len(wanted) >= 1
    # A kind of page that these runs give none of, such as samples without pictures, has no section.
    assert {"leaderboards"} <= wanted & ids


def test_a_board_collects_several_run_folders_and_folders_of_them(tmp_path):
    first = write_run(tmp_path / "runs" / "one", [MadeCell("blend")])
    write_run(tmp_path / "runs" / "two", [MadeCell("nearest", level=30)])
    third = write_run(tmp_path / "three", [MadeCell("superslomo", level=36)])
    for name, given in [("a", [tmp_path / "runs", third]), ("b", [first, tmp_path / "runs" / "two", third])]:
        index = write_site(given, tmp_path / name)
        table = read_page(index.parent / "leaderboard.ucf101.vfibench.html").tables["scores-2"]
        assert [text.split()[0] for text in table.texts("method")] == ["superslomo", "blend", "nearest"]
        assert "3 results from 3 runs" in read_page(index).text


def test_the_same_runs_give_the_same_bytes(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell(), MadeCell("nearest")])
    a, b = (files(write_site([run], tmp_path / name).parent) for name in ("a", "b"))
    assert {name.suffix for name in a} == {".html", ".svg", ".png"}
    assert a.keys() == b.keys()
    for name, path in a.items():
        assert path.read_bytes() == b[name].read_bytes(), name


def test_datasets_whose_names_look_alike_get_files_of_their_own(tmp_path):
    names = [
        "clip:/a/b",
        "clip:/a-b",
        "UCF101",
        "ucf101",
        "../ucf101",
        "ucf101.x",
        "clip:" + "ü" * 90,
        "clip:é",
    ]
    write_run(tmp_path / "run", [MadeCell(dataset=name) for name in names])
    site = write_site([tmp_path / "run"], tmp_path / "site").parent
    boards = [path.name for path in site.glob("leaderboard.*")]
    assert len({name.lower() for name in boards}) == len(names)
    for name in (path.name for path in site.rglob("*")):
        assert name.isascii()
        assert ":" not in name
        assert len(name) < 250


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_page_plugin_is_reported_and_harms_no_other(tmp_path, pages, capsys, fault):
    run = write_run(tmp_path / "run", [MadeCell()])
    pages.add(plugin(fault, order=1), "test")
    pages.add(plugin("Works"), "test")
    index = write_site([run], tmp_path / "site")
    links = main_links(index)
    assert {"leaderboard.ucf101.vfibench.html", "third party & co.html"} < set(links)
    assert all((index.parent / link).is_file() for link in links)
    warnings = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"warning: the page {fault.lower()} was left out: ")
    assert RETURNS.get(fault, "") in warnings[0]


@pytest.mark.parametrize("fault", RETURNS)
def test_a_single_page_that_does_not_return_its_files_is_one_clear_error(tmp_path, pages, fault):
    pages.add(plugin(fault), "test")
    with pytest.raises(VfibenchError) as told:
        write_pages(fault.lower(), [], tmp_path / "out")
    assert RETURNS[fault] in told.value.message
    assert told.value.message.startswith(f"the page {fault.lower()} (test) breaks its contract: expected ")


def test_a_page_plugin_that_cannot_be_loaded_is_reported(tmp_path, pages, capsys):
    run = write_run(tmp_path / "run", [MadeCell()])
    pages.add(PageCard("leaderboard", "report.pages_gone_wrong:Works"), "impostor")
    pages.names()
    pages.add(PageCard("leaderboard", "report.pages_gone_wrong:Works"), "impostor")
    write_site([run], tmp_path / "site")
    assert "the name is taken by" in capsys.readouterr().err


def test_a_third_party_title_is_text_in_the_index(tmp_path, pages):
    pages.add(plugin("Works"), "test")
    index = write_site([write_run(tmp_path / "run", [MadeCell()])], tmp_path / "site")
    page = read_page(index)
    assert "third <b>party</b>" in page.text
    assert not [name for name, _ in page.tags if name == "b"]


def test_no_page_at_all_is_an_error(tmp_path, pages, monkeypatch):
    monkeypatch.setattr(pages, "_loaded", True)
    pages.add(plugin("Raises"), "test")
    with pytest.raises(VfibenchError, match="found none that could be written"):
        write_site([write_run(tmp_path / "run", [MadeCell()])], tmp_path / "site")


def test_out_that_is_a_file_is_one_clear_error(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell()])
    (tmp_path / "site").write_text("mine")
    with pytest.raises(VfibenchError, match=r"cannot write .*site"):
        write_site([run], tmp_path / "site")
    assert (tmp_path / "site").read_text() == "mine"


def test_out_below_a_file_is_one_clear_error(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell()])
    with pytest.raises(VfibenchError, match=r"cannot write .*Not a directory"):
        write_site([run], run / "run.json" / "site")


def test_an_index_that_cannot_be_written_is_one_clear_error(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell()])
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").symlink_to("/dev/full")
    with pytest.raises(VfibenchError, match=r"cannot write .*No space left"):
        write_site([run], tmp_path / "site")


def test_no_run_is_one_clear_error_and_no_site(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(VfibenchError, match="found no run"):
        write_site([tmp_path / "empty"], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_page_whose_card_has_no_order_is_left_out_and_harms_no_other(tmp_path, monkeypatch, capsys):
    odd = PageCard("odd-order", "pkg:Odd", order="x")
    monkeypatch.setattr(PAGES, "cards", lambda every=PAGES.cards(): [odd, *every])
    site = write_site(
        [write_run(tmp_path / "run", [MadeCell(), MadeCell("nearest")])], tmp_path / "site"
    ).parent
    assert (
        "the page odd-order was left out: expected order as a whole number, found 'x'"
        in capsys.readouterr().err
    )
    assert (site / "overview.html").is_file()
