"""The run folder: torn lines, locks, merging, versions."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from stored import HERE, made_columns, made_row, made_settings

from vfibench.contracts import Selection
from vfibench.errors import VfibenchError
from vfibench.store.cells import Cell
from vfibench.store.entry import Session
from vfibench.store.facts import NO_FACTS, CellFacts, MethodFacts
from vfibench.store.folder import ResultStore
from vfibench.store.folders import merge_folders, read_results
from vfibench.store.jsonl import JsonLines, parse_line
from vfibench.store.protocols import Status
from vfibench.store.rows import Counts, ScoreRow, count, merge_rows
from vfibench.store.shards import Shard
from vfibench.system.devices import DeviceFacts

CELL = Cell("blend", "ucf101", "vfibench", made_settings())
STARTED = "2026-01-01T00:00:00+00:00"


def ok(index: int, value: float = 1.0, t: float = 0.5) -> ScoreRow:
    return made_row(index=index, sample=f"s{index}", t=t, scores={"psnr": value})


def error(index: int) -> ScoreRow:
    return made_row(index=index, sample=f"s{index}", status="error", message="NaN")


def session(planned: int = 3, cell: Cell = CELL, **more: Any) -> Session:
    """What a run of the cell tells; it wrote nothing where `wrote` says nothing else."""
    return Session(
        cell=cell,
        planned=planned,
        selection=Selection("official", 3, 3, "ab"),
        columns=made_columns({"psnr": "higher"}),
        unavailable={},
        **{"provenance": HERE} | more,
    )


def tell(store: ResultStore, told: Session, shard: Shard = Shard(), status: Status = "complete") -> None:
    store.tell(shard, status, STARTED, [told])


def test_a_torn_last_line_is_cut_and_the_rest_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = JsonLines(path)
    lines.append([ok(0).to_json(), ok(1).to_json()])
    lines.close()
    whole = path.read_bytes()
    for cut in range(1, 40):
        path.write_bytes(whole + json.dumps(ok(2).to_json()).encode()[:cut])
        again = JsonLines(path)
        assert [row["index"] for row in again.rows] == [0, 1]
        again.close()
        assert path.read_bytes() == whole


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with pytest.raises(VfibenchError, match=r"expected a JSON object on line 2 of .*a\.jsonl"):
        parse_line(path, 2, b"nonsense")
    path.write_text('{"index": 0}\nnonsense\n{"index": 1}\n')
    lines = JsonLines(path)
    assert [row["index"] for row in lines.rows] == [0, 1]
    lines.close()
    assert path.read_text() == '{"index": 0}\nnonsense\n{"index": 1}\n'


def test_a_second_writer_of_the_same_cell_is_refused(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    writer = store.open_cell(CELL, Shard())
    with pytest.raises(VfibenchError, match="another run is writing"):
        store.open_cell(CELL, Shard())
    writer.close()
    store.open_cell(CELL, Shard()).close()


def test_another_shard_of_the_same_cell_may_write_at_once(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    first, second = store.open_cell(CELL, Shard(0, 2)), store.open_cell(CELL, Shard(1, 2))
    first.append([ok(0)], [])
    second.append([ok(1)], [])
    first.close()
    second.close()
    assert store.open_cell(CELL, Shard()).done == {("s0", 0.5), ("s1", 0.5)}


def test_an_unwritable_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "scores").write_text("a file where a folder should be")
    with pytest.raises(VfibenchError, match=r"cannot write .*a file stands where a folder is needed"):
        ResultStore(tmp_path).open_cell(CELL, Shard())


def test_ok_replaces_error_and_order_is_the_datasets() -> None:
    rows = merge_rows("c", [[ok(2), error(0)], [ok(1), ok(0)]])
    assert [(row.index, row.status) for row in rows] == [(0, "ok"), (1, "ok"), (2, "ok")]
    assert [row.status for row in merge_rows("c", [[ok(0), error(0)]])] == ["ok"]


def test_two_scores_of_one_sample_are_an_error() -> None:
    with pytest.raises(VfibenchError, match=r"'s1' at t=0\.5 was scored twice"):
        merge_rows("c", [[ok(1)], [ok(1)]])


def test_counts_add_up() -> None:
    assert count([ok(0), error(1)], 4) == Counts(planned=4, ok=1, error=1, skipped=2)


def test_run_json_keeps_cells_of_earlier_commands(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    other = replace(CELL, method="nearest")
    tell(store, session())
    tell(store, session(cell=other))
    assert [result.cell.method for result in store.results()] == ["blend", "nearest"]


def test_the_latest_attempt_counts(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    again = replace(CELL, attempt=2)
    for cell, value in ((CELL, 1.0), (again, 2.0)):
        writer = store.open_cell(cell, Shard())
        writer.append([ok(0, value)], [])
        writer.close()
        tell(store, session(1, cell))
    (result,) = store.results()
    assert result.rows[0].scores == {"psnr": 2.0}
    assert [store.attempt_of(CELL, Shard(), again=again) for again in (False, True)] == [2, 3]


def test_a_later_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"schema_version": 99, "cells": []}')
    with pytest.raises(VfibenchError, match=r"expected schema_version 1 .* found 99"):
        ResultStore(tmp_path).results()


def test_a_folder_without_runs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match="found no run"):
        read_results([tmp_path])
    with pytest.raises(VfibenchError, match="found nothing at"):
        read_results([tmp_path / "no"])


def test_a_run_is_read_once_however_often_it_is_named(tmp_path: Path, monkeypatch) -> None:
    shard_folder(tmp_path / "one", Shard(), [ok(0)])
    shard_folder(tmp_path / "two", Shard(), [ok(0)])
    (tmp_path / "link").symlink_to("one")
    monkeypatch.chdir(tmp_path)
    for words in (["one", "one"], [".", "one"], ["one", str(tmp_path / "one")], ["link", "one", "."]):
        found = [result.folder.resolve().name for result in read_results([Path(word) for word in words])]
        assert sorted(found) == ["one", "two"][: 2 if "." in words else 1]


def test_more_rows_than_were_planned_are_damage(tmp_path: Path) -> None:
    shard_folder(tmp_path, Shard(), [ok(0), ok(1), ok(2)])
    with pytest.raises(VfibenchError, match=r"at most the 2 frames planned for blend.*, found 3"):
        ResultStore(tmp_path).results()


def shard_folder(folder: Path, shard: Shard, rows: list[ScoreRow]) -> Path:
    store = ResultStore(folder)
    writer = store.open_cell(CELL, shard)
    writer.append(rows, [])
    writer.close()
    tell(store, session(2), shard)
    return folder


def test_merging_brings_shards_together_once(tmp_path: Path) -> None:
    parts = [shard_folder(tmp_path / f"p{i}", Shard(i, 2), [ok(i)]) for i in range(2)]
    merge_folders(parts, tmp_path / "all")
    (result,) = ResultStore(tmp_path / "all").results()
    assert result.complete
    with pytest.raises(VfibenchError, match="are the same shard"):
        merge_folders([parts[0], parts[0]], tmp_path / "twice")
    with pytest.raises(VfibenchError, match="expected an empty folder"):
        merge_folders(parts, tmp_path / "all")


def test_merging_refuses_overlapping_shards(tmp_path: Path) -> None:
    parts = [
        shard_folder(tmp_path / "a", Shard(0, 2), [ok(0), ok(1)]),
        shard_folder(tmp_path / "b", Shard(1, 2), [ok(1)]),
    ]
    with pytest.raises(VfibenchError, match="scored twice"):
        merge_folders(parts, tmp_path / "all")


def test_a_changed_setting_makes_another_cell() -> None:
    def key(facts: CellFacts = NO_FACTS, **settings: object) -> str:
        return Cell("a", "b", "c", made_settings(**settings), facts).key

    assert len({key(), key(inputs=4), key(files="f"), key(x=1), key(x=2)}) == 5
    assert key(x=1, y=2) == key(y=2, x=1)
    assert key(CellFacts(MethodFacts(weights="net.pth"))) == key()


def test_hostile_names_make_plain_file_names() -> None:
    name = Cell("<script>/../x", "clip:/tmp/a b", "p", made_settings()).name
    assert "/" not in name
    assert "<" not in name
    assert " " not in name


def test_a_run_that_splits_the_cell_otherwise_is_kept_out(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    first = store.open_cell(CELL, Shard(0, 2))
    with pytest.raises(VfibenchError, match="another run is writing"):
        store.open_cell(CELL, Shard())
    store.open_cell(CELL, Shard(1, 2)).close()
    first.close()
    store.open_cell(CELL, Shard()).close()


def test_shards_join_the_same_new_attempt(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    tell(store, session())
    first = replace(CELL, attempt=store.attempt_of(CELL, Shard(0, 2), again=True))
    tell(store, session(cell=first), Shard(0, 2))
    assert (first.attempt, store.attempt_of(CELL, Shard(1, 2), again=True)) == (2, 2)


def test_provenance_is_that_of_the_session_that_wrote_first(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    for torch in ("1", "2", "2"):
        tell(store, session(provenance=structs.replace(HERE, versions={"torch": torch}), wrote=True))
    (result,) = store.results()
    assert result.entry.provenance == HERE
    assert [one.versions["torch"] for one in result.entry.sessions] == ["1", "2"]


def on(device: str, *, wrote: bool = True) -> Session:
    return session(provenance=structs.replace(HERE, device=DeviceFacts(name=device)), wrote=wrote)


def names(store: ResultStore) -> tuple[str, list[str]]:
    (result,) = store.results()
    return result.entry.provenance.device.name, [one.device.name for one in result.entry.sessions]


def write_rows(store: ResultStore, shard: Shard, *numbers: int) -> None:
    writer = store.open_cell(CELL, shard)
    writer.append([ok(number) for number in numbers], [])
    writer.close()


def test_the_sessions_of_all_shards_are_told_those_of_the_first_in_front(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    for index, device in enumerate(("H200", "A100", "H200")):
        tell(store, on(device), Shard(index, 3))
    assert names(store) == ("H200", ["H200", "A100"])
    tell(store, on("L4", wrote=False), Shard(0, 3))
    assert names(store) == ("H200", ["H200", "A100"])


def test_a_session_that_was_killed_is_told_where_there_are_rows(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    killed = on("A100", wrote=False)
    tell(store, killed, status="running")
    tell(store, on("H200", wrote=False), status="running")
    tell(store, on("H200"), status="incomplete")
    assert names(store) == ("H200", ["H200"])  # it wrote nothing
    write_rows(store, Shard(), 0)
    tell(store, killed, status="running")
    tell(store, on("L4", wrote=False), status="running")
    tell(store, on("L4", wrote=False), status="complete")
    assert names(store) == ("H200", ["H200", "A100"])  # it may have written, the last one has not


def test_who_is_writing_now_is_told(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    write_rows(store, Shard(), 0)
    tell(store, on("A100", wrote=False), status="running")
    assert names(store) == ("A100", ["A100"])
    tell(store, on("A100"), status="complete")
    assert names(store) == ("A100", ["A100"])


def write_cell(folder: Path, number: int) -> None:
    cell = replace(CELL, method=f"method{number}")
    tell(ResultStore(folder), session(cell=cell))


def test_no_cell_is_lost_when_commands_write_run_json_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_cell(tmp_path, number), range(40)))
    assert len(ResultStore(tmp_path).results()) == 40


@pytest.mark.parametrize("content", ["[]", '{"schema_version": 1}', '{"schema_version": 1, "cells": [{}]}'])
def test_a_damaged_run_json_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(VfibenchError, match=r"run\.json"):
        ResultStore(tmp_path).results()


@pytest.mark.parametrize("line", ["[1]", '{"index": 2}', "3"])
def test_a_line_that_is_no_score_is_named(tmp_path: Path, line: str, capsys) -> None:
    shard_folder(tmp_path, Shard(), [ok(0)])
    (path,) = (tmp_path / "scores").iterdir()
    path.write_text(path.read_text() + line + "\n")
    (result,) = ResultStore(tmp_path).results()
    assert [row.sample for row in result.rows] == ["s0"]
    (told,) = capsys.readouterr().err.splitlines()
    assert re.match(r"warning: .* line 2 of .*\.jsonl", told)


def test_other_files_beside_the_scores_are_left_alone(tmp_path: Path) -> None:
    shard_folder(tmp_path, Shard(), [ok(0)])
    (path,) = (tmp_path / "scores").iterdir()
    path.with_name(f"{path.stem} (copy).jsonl").write_bytes(path.read_bytes())
    assert len(ResultStore(tmp_path).results()[0].rows) == 1


def test_merging_takes_folders_of_runs_and_nothing_less(tmp_path: Path) -> None:
    for index in range(2):
        shard_folder(tmp_path / "runs" / f"p{index}", Shard(index, 2), [ok(index)])
    merge_folders([tmp_path / "runs"], tmp_path / "all")
    assert ResultStore(tmp_path / "all").results()[0].complete
    with pytest.raises(VfibenchError, match="expected an empty folder"):
        merge_folders([tmp_path / "runs"], tmp_path / "all" / "run.0of2.json")


def test_a_merge_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    parts = [shard_folder(tmp_path / f"p{index}", Shard(index, 2), [ok(1)]) for index in range(2)]
    with pytest.raises(VfibenchError, match="scored twice"):
        merge_folders(parts, tmp_path / "all")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p0", "p1"]
