"""Run folders of earlier schema versions, as vfibench of their day wrote them: they load for ever.

`tests/golden/runs/v1` and `v1-shards` were written by commit 7132b2c with the commands in their run.json;
the figures below are what that commit itself read back from them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.running.plan import Planner, Request
from vfibench.statistics.summaries import Summary, summarise
from vfibench.store import CellResult, read_results
from vfibench.store.cells import Cell
from vfibench.store.comparability import changed_settings
from vfibench.store.entry import Session
from vfibench.store.folder import ResultStore
from vfibench.store.rows import Counts
from vfibench.store.run_file import SCHEMA_VERSION, Content, load_run
from vfibench.store.shards import Shard

RUNS = Path(__file__).resolve().parents[2] / "golden" / "runs"
LIST = "00-cat-drift\n03-garage-walk\n"


def by_label(folder: str) -> dict[str, CellResult]:
    return {result.cell.label: result for result in read_results([RUNS / folder])}


FOUND = {
    ("v1", "nearest"): ("1142138d", 2, Counts(2, 2, 0, 0), Summary(27.0851489535, 2), 0),
    ("v1", "superslomo-starter"): ("e6381ae0", 1, Counts(2, 2, 0, 0), Summary(40.121868136, 2), 2436881),
    ("v1", "zooming-slowmo-starter (inputs reduced by 4)"): (
        "0ce1361d", 1, Counts(2, 2, 0, 0), Summary(28.618815566000002, 2), 2133339,
    ),
    ("v1-shards", "blend"): ("33ab290e", 1, Counts(4, 4, 0, 0), Summary(19.158363463, 3, exact=1), 0),
    ("v1-shards", "odd-hungry"): ("a6c20cfc", 1, Counts(4, 3, 1, 0), Summary(22.8315172665, 2, exact=1), 0),
}  # fmt: skip


@pytest.mark.parametrize(("folder", "label"), FOUND)
def test_a_run_of_an_earlier_schema_reads_as_it_did_in_its_day(folder: str, label: str) -> None:
    key, attempt, counts, psnr, parameters = FOUND[folder, label]
    result = by_label(folder)[label]
    assert (result.cell.key, result.cell.attempt, result.counts) == (key, attempt, counts)
    assert summarise(result.rows, "psnr") == psnr
    assert result.cell.facts.method.parameters == parameters
    assert result.entry.selection.kind == "own list"
    assert len(result.entry.sessions) == (2 if folder == "v1-shards" else 1)
    assert result.columns["psnr"].better == "higher"
    assert result.timings


def test_every_cell_of_the_old_runs_is_looked_at() -> None:
    assert {(folder, label) for folder in ("v1", "v1-shards") for label in by_label(folder)} == set(FOUND)


def test_settings_as_they_were_give_the_key_that_they_had(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text(LIST)
    asked = Request(("nearest",), ("synthetic",), ("ssim",), factor=2, list_file=tmp_path / "two.txt")
    (job,) = Planner(asked).jobs()
    old = by_label("v1")["nearest"].cell
    assert changed_settings(old, job.cell) == ["code"]  # of which the old run knew nothing
    settings = msgspec.structs.replace(job.cell.settings, code=None)
    assert replace(job.cell, settings=settings).key == "1142138d"


def test_what_is_written_into_an_old_folder_leaves_its_cells_as_they_were(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(RUNS / "v1", tmp_path / "v1"))
    before = json.loads((folder / "run.json").read_text())
    before["cells"][0]["of a later version"] = {"kept": True}
    (folder / "run.json").write_text(json.dumps(before))
    old = by_label("v1")["superslomo-starter"]
    new = Session(
        cell=Cell("mine", "synthetic", "vfibench", old.cell.settings),
        planned=2,
        selection=Planner(Request(("blend",), ("synthetic",), ())).jobs()[0].dataset.selection,
        columns=old.columns,
        unavailable={},
        provenance=old.entry.provenance,
    )
    ResultStore(folder).tell(Shard(), "complete", "2026-01-01T00:00:00+00:00", [new])
    after = json.loads((folder / "run.json").read_text())
    assert after["schema_version"] == SCHEMA_VERSION
    assert after["cells"][: len(before["cells"])] == before["cells"]
    assert [cell["method"] for cell in after["cells"][len(before["cells"]) :]] == ["mine"]


@pytest.mark.parametrize("folder", ["v1", "v1-shards"])
def test_an_old_run_becomes_pages_and_tables(folder: str, tmp_path: Path, capsys) -> None:
    for words in (["--out", tmp_path / "site"], ["--format", "csv"]):
        with pytest.raises(SystemExit) as ended:
            main(["report", str(RUNS / folder), *map(str, words)])
        assert ended.value.code == 0
    assert (tmp_path / "site" / "overview.html").is_file()
    assert "psnr" in capsys.readouterr().out


def test_a_file_of_an_earlier_version_is_brought_up_to_date_step_by_step(tmp_path: Path, monkeypatch) -> None:
    content = json.loads((RUNS / "v1" / "run.json").read_text())
    for cell in content["cells"]:
        cell["scored_with"] = cell.pop("columns")
    (tmp_path / "run.json").write_text(json.dumps(content | {"schema_version": SCHEMA_VERSION - 2}))

    def renamed(old: Content) -> Content:
        return old | {"cells": [{**cell, "columns": cell["scored_with"]} for cell in old["cells"]]}

    with pytest.raises(VfibenchError, match=f"expected schema_version {SCHEMA_VERSION}"):
        load_run(tmp_path / "run.json")
    steps = {SCHEMA_VERSION - 2: renamed, SCHEMA_VERSION - 1: lambda old: old}
    monkeypatch.setattr("vfibench.store.run_file.MIGRATIONS", steps)
    found = load_run(tmp_path / "run.json")
    assert found.content["schema_version"] == SCHEMA_VERSION
    assert [list(entry.columns) for entry in found.cells] == [["psnr", "ssim"]] * 4
