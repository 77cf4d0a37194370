"""A run folder read back: lines that cannot be are named, a cell is whole when all its frames are there."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report.made_runs import MadeCell, facts, session, settings, write_run

from vfibench.errors import VfibenchError
from vfibench.store import contents
from vfibench.store.cells import Cell
from vfibench.store.folder import ResultStore
from vfibench.store.folders import read_results
from vfibench.store.jsonl import no_json
from vfibench.store.rows import Counts
from vfibench.store.run_file import load_run
from vfibench.store.shards import Shard

STARTED = "2026-01-01T00:00:00+00:00"
TIMING = {
    "batch": 9,
    "samples": 4,
    "frames": 4,
    "shape": [8, 8],
    "predict_s": 0.5,
    "warmup": False,
    "peak_mb": 1.5,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", [MadeCell()])


def add(folder: Path, kind: str, line: dict[str, Any]) -> int:
    """Add a line to the only file of a kind; its number."""
    (path,) = (folder / kind).iterdir()
    path.write_text(path.read_text() + json.dumps(line) + "\n")
    return len(path.read_text().splitlines())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"samples": 1, "frames": 1},
        {"predict_s": 0},
        {"predict_s": 0.0},
        {"peak_mb": None},
        {"peak_mb": 3},
        {"warmup": True},
    ],
    ids=str,
)
def test_a_line_of_times_may_hold_one_frame_and_no_time_at_all(folder: Path, changes: dict[str, Any]) -> None:
    before = len(ResultStore(folder).results()[0].timings)
    add(folder, "timings", TIMING | changes)
    assert len(ResultStore(folder).results()[0].timings) == before + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"samples": 0},
        {"frames": 0},
        {"samples": -1},
        {"frames": 2.0},
        {"samples": "4"},
        {"predict_s": -1e-9},
        {"predict_s": "0.5"},
        {"predict_s": None},
        {"peak_mb": "1"},
    ],
    ids=str,
)
def test_a_line_of_times_that_cannot_be_computed_with_is_named(folder: Path, changes: dict[str, Any]) -> None:
    number = add(folder, "timings", TIMING | changes)
    told: list[VfibenchError] = []
    (result,) = ResultStore(folder).results(told.append)
    assert len(result.timings) == number - 1
    (error,) = told
    assert re.match(rf"expected numbers as samples, .* on line {number} of .*timings", error.message)
    assert error.hint == "remove that line"


@pytest.mark.parametrize(("length", "shown"), [(58, "'" + 58 * "x" + "'"), (59, "'" + 59 * "x" + "...")])
def test_what_a_damaged_line_holds_is_shown_cut_where_it_is_long(
    folder: Path, length: int, shown: str
) -> None:
    add(folder, "scores", {"index": 0, "sample": "0000", "t": 0.5, "status": "ok", "scores": "x" * length})
    told: list[VfibenchError] = []
    ResultStore(folder).results(told.append)
    assert [error.message.endswith(f"found {shown}") for error in told] == [True]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e400}', "1e400"),
        (b'{"a": "\\ud800x"}', "\\ud800"),
        (b"x" * 40, repr(b"x" * 40)),
        (b"x" * 41, repr(b"x" * 40)),
    ],
)
def test_what_keeps_a_line_from_being_json_is_shown(text: bytes, found: str) -> None:
    assert no_json(text) == found


@pytest.mark.parametrize(
    ("made", "complete", "ranked"),
    [
        (MadeCell(samples=1), True, True),
        (MadeCell(samples=8), True, True),
        (MadeCell(samples=1, failed=1), False, False),
        (MadeCell(samples=8, failed=1), False, False),
        (MadeCell(samples=8, unreached=1), False, False),
        (MadeCell(samples=8, exact=8), True, True),
        (MadeCell(samples=8, kind="partial", official=9), True, False),
        (MadeCell(samples=8, kind="own list"), True, False),
        (MadeCell(samples=0), False, False),
    ],
    ids=lambda value: f"{value.samples} {value.kind}" if isinstance(value, MadeCell) else "",
)
def test_a_cell_is_complete_with_every_planned_frame_and_ranked_on_the_official_list(
    tmp_path: Path, made: MadeCell, complete: bool, ranked: bool
) -> None:
    (result,) = read_results([write_run(tmp_path / "run", [made])])
    assert (result.complete, result.ranked) == (complete, ranked)
    counts = (made.samples, made.samples - made.failed - made.unreached, made.failed, made.unreached)
    assert result.counts == Counts(*counts)


@pytest.mark.parametrize(
    ("states", "running"),
    [
        ((None, None), True),
        (("complete", None), True),
        (("running", "complete"), True),
        (("complete", "running"), True),
        (("failed", "complete"), False),
        (("complete", "complete"), False),
    ],
)
def test_a_shard_is_not_the_last_while_another_runs_or_has_not_begun(
    tmp_path: Path, states: tuple[str | None, ...], running: bool
) -> None:
    store = ResultStore(tmp_path)
    store.tell(Shard(1, 3), "running", STARTED, [])  # this one, still at work
    for index, status in zip((0, 2), states, strict=True):
        if status:
            store.tell(Shard(index, 3), status, STARTED, [])
    assert store.others_running(Shard(1, 3)) is running
    assert not store.others_running(Shard())


@pytest.mark.parametrize(
    ("counted", "told"),
    [([5, None], 5), ([None, 5], 5), ([5, 7], 7), ([5, 7, None], 7), ([0, None], 0), ([None, None], None)],
    ids=str,
)
def test_the_size_of_a_network_is_what_the_last_session_counted_that_built_one(
    tmp_path: Path, counted: list[int | None], told: int | None
) -> None:
    made = MadeCell()
    cell = Cell(made.method, made.dataset, made.protocol, settings(made), facts(made))
    for count in counted:
        known = replace(session(made, cell), parameters=count)
        ResultStore(tmp_path).tell(Shard(), "complete", STARTED, [known])
    (stored,) = json.loads((tmp_path / "run.json").read_text())["cells"]
    assert stored["facts"]["method"].get("parameters") == told


def test_a_run_json_is_read_once_for_all_cells_and_again_once_it_is_another(tmp_path, monkeypatch):
    folder = write_run(tmp_path / "run", [MadeCell(), MadeCell("nearest")])
    read, store = [], ResultStore(folder)
    monkeypatch.setattr(contents, "load_run", lambda path, tell: read.append(path) or load_run(path, tell))
    cells = store.cells()
    assert [store.attempt_of(cell, Shard(), again=False) for cell in cells] == [1, 1]
    assert read == [folder / "run.json"]
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace('"attempt": 1', '"attempt": 2'))
    os.utime(folder / "run.json", ns=(1, 1))
    assert [store.attempt_of(cell, Shard(), again=False) for cell in cells] == [2, 2]
    assert len(read) == 2
