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
from vfibench.reporting import write_site

FAULTS = ["Raises", "Exits", "ReturnsNothing", "ForgetsItsFile", "WritesOutside", "NotThere"]


@pytest.fixture
def pages(monkeypatch):
    """A fresh registry of pages in the place of the global one."""
    fresh = Registry("page", PageCard, PAGES.catalog, PAGES.folder, "vfibench.tests.no_such_group")
    monkeypatch.setattr(vfibench.reporting, "PAGES", fresh)
    return fresh


def plugin(name, order=50):
    return PageCard(name.lower(), f"report.pages_gone_wrong:{name}", f"Page {name}", order)


def test_the_index_links_to_every_page_and_nothing_else(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell(), MadeCell(dataset="davis"), MadeCell(protocol="rife")])
    index = write_site([run], tmp_path / "site")
    assert index == tmp_path / "site" / "index.html"
    links = [unquote(link) for link in read_page(index).links]
    written = {path.name for path in index.parent.iterdir()} - {"index.html"}
    assert len(links) == 3
    assert set(links) == written


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
    files = [
        {path.name: path.read_bytes() for path in write_site([run], tmp_path / name).parent.iterdir()}
        for name in ("a", "b")
    ]
    assert files[0] == files[1]


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
    files = [path.name for path in site.iterdir() if path.name != "index.html"]
    assert len({name.lower() for name in files}) == len(names)
    assert all(name.isascii() and "/" not in name and ":" not in name and len(name) < 120 for name in files)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_page_plugin_is_reported_and_harms_no_other(tmp_path, pages, capsys, fault):
    run = write_run(tmp_path / "run", [MadeCell()])
    pages.add(plugin(fault, order=1), "test")
    pages.add(plugin("Works"), "test")
    index = write_site([run], tmp_path / "site")
    links = [unquote(link) for link in read_page(index).links]
    assert links == ["leaderboard.ucf101.vfibench.html", "third party & co.html"]
    assert all((index.parent / link).is_file() for link in links)
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 1
    assert warnings[0].startswith(f"warning: the page {fault.lower()} was left out: ")


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
    with pytest.raises(VfibenchError, match="every page plugin failed"):
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
