"""Run folders that somebody or something has damaged: one clear line names the place, the rest is shown."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from report.made_runs import MadeCell, write_run
from report.read_page import read_page

from vfibench.cli import main
from vfibench.registry import PAGES
from vfibench.store.folders import read_results
from vfibench.strata.files import facts_file, heading, row_text
from vfibench.system.files import write_whole


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", [MadeCell("blend"), MadeCell("nearest", level=30.0)])


def report(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["report", *map(str, words)])
    return int(ended.value.code or 0)


def scores(run: Path) -> Path:
    return next((run / "scores").glob("blend.*"))


def change_line(path: Path, number: int, change: Callable[[dict], object]) -> None:
    """Change one line of JSON, counted from 1."""
    lines = path.read_text().splitlines()
    row = json.loads(lines[number - 1])
    change(row)
    lines[number - 1] = json.dumps(row)
    path.write_text("\n".join(lines) + "\n")


EXACT = "columns of PSNR whose score is null as exact on line 3 of"


def exact(column: str, *score: float | None) -> Callable[[dict], object]:
    """Call a column exact, with this score or none at all."""

    def change(row: dict) -> None:
        row["scores"] |= dict.fromkeys([column] * len(score), *score)
        row["exact"] = [column]

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda row: row["scores"].update(psnr="34.5"), "numbers or null as scores on line 3 of"),
        (lambda row: row["scores"].update(psnr=True), "numbers or null as scores on line 3 of"),
        (lambda row: row.pop("scores"), "numbers or null as scores on line 3 of"),
        (lambda row: row.update(scores=[34.5]), "numbers or null as scores on line 3 of"),
        (lambda row: row.update(t="0.5"), "a name as sample, numbers as index and t on line 3 of"),
        (lambda row: row.update(sample=31), "a name as sample, numbers as index and t on line 3 of"),
        (lambda row: row.pop("status"), "'status' on line 3 of"),
        (lambda row: row["scores"].update(psnr=10**400), "numbers or null as scores on line 3 of"),
        (lambda row: row["scores"].update(psnr=math.nan), "a JSON object on line 3 of"),
        (lambda row: row["scores"].update(psnr=-math.inf), "a JSON object on line 3 of"),
        (lambda row: row.update(tags=None), "an object as tags on line 3 of"),
        (exact("ssim", None), EXACT),
        (exact("ie", None), EXACT),
        (exact("psnr", 30.0), EXACT),
        (exact("lpips"), EXACT),
        (lambda row: row.update(exact="psnr"), EXACT),
    ],
)
def test_a_row_that_is_none_is_named(run: Path, tmp_path: Path, capsys, change, told: str) -> None:
    path = scores(run)
    change_line(path, 3, change)
    assert report(run, "--out", tmp_path / "site") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: expected {told} {path}")
    assert line.endswith("; remove that line")
    assert (tmp_path / "site" / "index.html").is_file()
    blend, nearest = read_results([run])
    assert (blend.counts.ok, blend.counts.skipped, blend.ranked) == (7, 1, False)
    assert [row.sample for row in blend.rows] == [f"{number:04d}" for number in range(8) if number != 2]
    assert (nearest.counts.ok, nearest.complete) == (8, True)


def test_half_a_character_as_earlier_versions_wrote_it_is_read(run: Path, capsys) -> None:
    change_line(scores(run), 3, lambda row: row.update(sample="caf\udce9 \ud800"))
    assert "\\udce9" in scores(run).read_text()
    assert report(run, "--format", "csv") == 0
    assert capsys.readouterr().err == ""
    assert read_results([run])[0].rows[2].sample == "caf\\xe9 \\ud800"


def test_null_scores_and_failed_rows_are_no_damage(run: Path) -> None:
    def undefined(row: dict) -> None:
        row["scores"]["psnr"] = None

    change_line(scores(run), 3, undefined)
    change_line(scores(run), 5, exact("psnr", None))
    change_line(scores(run), 6, exact("psnr-y@mine", None))  # what a third party measures may be infinite
    change_line(scores(run), 7, lambda row: row["scores"].update(ssim=1))
    change_line(scores(run), 4, lambda row: (row.pop("scores"), row.update(status="error", message="NaN")))
    counts = read_results([run])[0].counts
    assert (counts.ok, counts.error) == (7, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda cell: cell.update(columns=["psnr"]), "expected object, got array in columns of cell 2"),
        (lambda cell: cell.update(planned="8"), "expected int, got str in planned of cell 2"),
        (lambda cell: cell.update(planned=True), "expected int, got bool in planned of cell 2"),
        (lambda cell: cell.update(method=7), "expected str, got int in method of cell 2"),
        (lambda cell: cell.update(sessions={}), "expected array, got object in sessions of cell 2"),
        (lambda cell: cell.pop("facts"), "object missing required field facts in cell 2"),
        (lambda cell: cell["settings"].pop("times"), "missing required field times in settings of cell 2"),
        (lambda cell: cell["settings"].pop("metrics"), "missing required field metrics in settings of"),
        (lambda cell: cell["columns"].update(psnr={}), "missing required field title in columns[...] of"),
        (lambda cell: cell["columns"]["psnr"].update(better="up"), "invalid enum value 'up' in columns[...]"),
        (lambda cell: cell["columns"].clear(), "expected object of length >= 1 in columns of cell 2"),
        (lambda cell: cell["provenance"].update(versions=None), "got null in provenance.versions of cell 2"),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_an_entry_with_a_gap_is_named(run: Path, capsys, change, told: str, kept: bool) -> None:
    content = json.loads((run / "run.json").read_text())
    change(content["cells"][1])
    (run / "run.json").write_text(json.dumps(content))
    if not kept:  # as in a run folder of an earlier version
        shutil.rmtree(run / "cells")
    assert report(run, "--format", "csv") == 0
    shown = capsys.readouterr()
    (line,) = shown.err.splitlines()
    assert line.startswith(f"warning: {run / 'run.json'} is damaged: ")
    assert told in line
    assert line.endswith("run the same command again to mend it" if kept else "restore or remove the file")
    table = csv.DictReader(shown.out.splitlines())
    assert {row["method"] for row in table} == {"blend", "nearest"} if kept else {"blend"}
    with pytest.raises(SystemExit) as ended:
        main(["compare", "blend", "nearest", "--runs", str(run)])
    assert ended.value.code == (0 if kept else 2)


def test_a_run_json_that_is_none_is_read_from_its_cells_if_they_are_kept(run: Path, capsys) -> None:
    content = json.loads((run / "run.json").read_text())
    content["cells"][0]["planned"] = math.nan
    (run / "run.json").write_text(json.dumps(content))
    told = f"expected JSON in {run / 'run.json'}, found NaN"
    assert report(run, "--format", "csv") == 0
    assert capsys.readouterr().err.startswith(f"warning: {told}: its cells were read from {run / 'cells'}; ")
    assert [result.counts.ok for result in read_results([run])] == [8, 8]
    capsys.readouterr()
    shutil.rmtree(run / "cells")
    assert report(run, "--format", "csv") == 2
    assert capsys.readouterr().err == f"error: {told}\n  hint: restore or remove the file\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.update(frames=0),
        lambda line: line.update(samples="4"),
        lambda line: line.update(predict_s=None),
        lambda line: line.update(predict_s=-1.0),
        lambda line: line.update(peak_mb="812"),
    ],
)
def test_a_time_that_is_none_is_named(run: Path, capsys, change) -> None:
    path = next((run / "timings").glob("blend.*"))
    before = read_results([run])[0].timings
    change_line(path, 2, change)
    assert report(run, "--format", "csv") == 0
    (line,) = capsys.readouterr().err.splitlines()
    told = f"warning: expected numbers as samples, frames, predict_s and peak_mb on line 2 of {path}, "
    assert line.startswith(told)
    assert read_results([run])[0].timings == [*before[:1], *before[2:]]


def test_a_run_without_scores_gives_a_site_and_a_warning(run: Path, tmp_path: Path, capsys) -> None:
    for path in (run / "scores").iterdir():
        path.unlink()
    assert report(run, "--out", tmp_path / "site") == 0
    again = "run the same command again to mend it"
    assert capsys.readouterr().err.splitlines() == [
        f"warning: expected the 8 frames of blend on ucf101 that were stored in {run}, found 0; {again}",
        f"warning: expected the 8 frames of nearest on ucf101 that were stored in {run}, found 0; {again}",
        f"warning: no frame has a score in {run}: there is next to nothing to show",
    ]
    for path in (tmp_path / "site").glob("*.html"):
        local = [link for link in read_page(path).links if not link.startswith(("https://", "#", "index"))]
        assert [link for link in local if not (path.parent / link.partition("#")[0]).is_file()] == []


def test_damaged_facts_of_frames_cost_the_strata_page_alone(run: Path, tmp_path: Path, capsys) -> None:
    path = facts_file(read_results([run])[0])
    path.parent.mkdir()
    path.write_text("# vfibench strata 1\nnonsense\n")
    assert report(run, "--out", tmp_path / "site") == 0
    shown = capsys.readouterr().err
    assert "warning: the strata page of ucf101, vfibench was left out: " in shown
    assert "comparisons without motion and occlusion" in shown
    names = {path.name for path in (tmp_path / "site").glob("*.ucf101.vfibench.html")}
    assert names == {"leaderboard.ucf101.vfibench.html", "compare.ucf101.vfibench.html"}
    for name in names:
        assert "strata.ucf101.vfibench.html" not in read_page(tmp_path / "site" / name).links


def links_that_lead_nowhere(site: Path) -> dict[str, set[str]]:
    """Links to pages that are not there, by the page that has them."""
    found = {}
    for path in site.glob("*.html"):
        links = {link.partition("#")[0] for link in read_page(path).links if not link.startswith("https://")}
        found[path.name] = {link for link in links if link and not (site / link).is_file()}
    return {name: links for name, links in found.items() if links}


def test_damaged_facts_of_one_dataset_leave_the_strata_of_another(tmp_path: Path, capsys) -> None:
    datasets = ("snu-film-easy", "snu-film-hard", "davis")  # two could show their levels without facts
    run = write_run(tmp_path / "run", [MadeCell(m, d) for d in datasets for m in ("blend", "nearest")])
    results = {result.cell.dataset: result for result in read_results([run])}
    for result in results.values():
        facts = [(frame, (float(place), 0.01)) for place, frame in enumerate(result.scores.frames)]
        write_whole(facts_file(result), heading(result, "exact") + row_text(facts))
    damaged = facts_file(results["snu-film-easy"])
    damaged.write_text(damaged.read_text().replace("0001,0.5,1.0", "0001,0.5,oops"))
    assert report(run, "--out", tmp_path / "site") == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "strata page" in line]
    assert len(told) == 1
    assert told[0].startswith("warning: the strata page of snu-film-easy, vfibench was left out: ")
    written = {path.name for path in (tmp_path / "site").glob("strata.*")}
    assert written == {"strata.davis.vfibench.html", "strata.snu-film-hard.vfibench.html"}
    assert links_that_lead_nowhere(tmp_path / "site") == {}


@pytest.mark.parametrize("kind", ["overview", "leaderboard", "strata", "method", "compare"])
def test_nothing_links_to_a_kind_of_page_that_failed(run: Path, tmp_path, capsys, monkeypatch, kind) -> None:
    (card,) = [card for card in PAGES.cards() if card.name == kind]
    module, _, name = card.target.partition(":")

    def fails(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(getattr(import_module(module), name), "render", fails)
    assert report(run, "--out", tmp_path / "site") == 0
    assert f"warning: the page {kind} was left out: ValueError: broken\n" in capsys.readouterr().err
    assert links_that_lead_nowhere(tmp_path / "site") == {}
    for path in (tmp_path / "site").glob("*.html"):
        assert f"index.html#{card.title.lower()}" not in read_page(path).links


def test_a_site_of_which_no_page_could_be_written_is_an_error(run, tmp_path, capsys, monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("broken")

    for card in PAGES.cards():
        if card.name != "sample":  # gives no page of these runs, and does not fail
            module, _, name = card.target.partition(":")
            monkeypatch.setattr(getattr(import_module(module), name), "render", fails)
    assert report(run, "--out", tmp_path / "site") == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert errors == [f"error: expected pages in {tmp_path / 'site'}, found none that could be written"]
    assert list((tmp_path / "site").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--out", "file"), "a file stands where a folder is needed"),
        (("--format", "csv", "--out", "file/x.csv"), "a file stands where a folder is needed"),
        (("--format", "pdf"), "expected --format html | markdown | latex | csv, found 'pdf'"),
    ],
)
def test_places_and_forms_that_cannot_be(run: Path, tmp_path, capsys, monkeypatch, words, told: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("kept")
    assert report(run, *words) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert "Traceback" not in shown
    assert Path("file").read_text() == "kept"
