"""The run folder: torn lines, locks, merging, versions."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vfibench.errors import VfibenchError
from vfibench.store.cells import Cell
from vfibench.store.folder import ResultStore
from vfibench.store.folders import merge_folders, read_results
from vfibench.store.jsonl import JsonLines
from vfibench.store.rows import count, merge_rows
from vfibench.store.shards import Shard

SETTINGS = {"inputs": 2, "list_sha256": "ab", "times": [0.5], "metrics": {"psnr": 1}}
FACTS = {"method": {"weights": None}}
CELL = Cell("blend", "ucf101", "vfibench", SETTINGS, FACTS)
PROVENANCE = {"command": "vfibench run", "versions": {"torch": "1"}, "device": {"name": "a CPU"}}


def ok(index: int, value: float = 1.0, t: float = 0.5) -> dict[str, Any]:
    return {"index": index, "sample": f"s{index}", "t": t, "status": "ok", "scores": {"psnr": value}}


def error(index: int) -> dict[str, Any]:
    return {"index": index, "sample": f"s{index}", "t": 0.5, "status": "error", "message": "NaN"}


def entry(planned: int = 3, cell: Cell = CELL) -> dict[str, Any]:
    return cell.to_json() | {
        "planned": planned,
        "selection": {"kind": "official", "text": "3 samples", "chosen": 3, "official": 3},
        "columns": {"psnr": {"title": "PSNR", "version": 1, "unit": "dB", "better": "higher"}},
        "unavailable": {},
        "provenance": PROVENANCE,
        "sessions": [],
    }


def test_a_torn_last_line_is_cut_and_the_rest_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = JsonLines(path)
    lines.append([ok(0), ok(1)])
    lines.close()
    whole = path.read_bytes()
    for cut in range(1, 40):
        path.write_bytes(whole + json.dumps(ok(2)).encode()[:cut])
        again = JsonLines(path)
        assert [row["index"] for row in again.rows] == [0, 1]
        again.close()
        assert path.read_bytes() == whole


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"index": 0}\nnonsense\n')
    with pytest.raises(VfibenchError, match=r"expected a JSON object on line 2 of .*a\.jsonl"):
        JsonLines(path)


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
    assert [(row["index"], row["status"]) for row in rows] == [(0, "ok"), (1, "ok"), (2, "ok")]
    assert [row["status"] for row in merge_rows("c", [[ok(0), error(0)]])] == ["ok"]


def test_two_scores_of_one_sample_are_an_error() -> None:
    with pytest.raises(VfibenchError, match=r"'s1' at t=0\.5 was scored twice"):
        merge_rows("c", [[ok(1)], [ok(1)]])


def test_counts_add_up() -> None:
    assert count([ok(0), error(1)], 4) == {"planned": 4, "ok": 1, "error": 1, "skipped": 2}


def test_run_json_keeps_cells_of_earlier_commands(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    other = replace(CELL, method="nearest")
    store.write_run(Shard(), {"cells": [entry()]})
    store.write_run(Shard(), {"cells": [entry(cell=other)]})
    assert [result.cell.method for result in store.results()] == ["blend", "nearest"]


def test_the_latest_attempt_counts(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    again = replace(CELL, attempt=2)
    for cell, value in ((CELL, 1.0), (again, 2.0)):
        writer = store.open_cell(cell, Shard())
        writer.append([ok(0, value)], [])
        writer.close()
        store.write_run(Shard(), {"cells": [entry(1, cell)]})
    (result,) = store.results()
    assert result.rows[0]["scores"] == {"psnr": 2.0}
    assert (store.latest_attempt(CELL), store.next_attempt(CELL, Shard())) == (2, 3)


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


def shard_folder(folder: Path, shard: Shard, rows: list[dict[str, Any]]) -> Path:
    store = ResultStore(folder)
    writer = store.open_cell(CELL, shard)
    writer.append(rows, [])
    writer.close()
    store.write_run(shard, {"cells": [entry(2)]})
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
    assert Cell("a", "b", "c", {"x": 1}).key != Cell("a", "b", "c", {"x": 2}).key
    assert Cell("a", "b", "c", {"x": 1, "y": 2}).key == Cell("a", "b", "c", {"y": 2, "x": 1}).key
    assert Cell("a", "b", "c", {"x": 1}, {"fact": 1}).key == Cell("a", "b", "c", {"x": 1}).key


def test_hostile_names_make_plain_file_names() -> None:
    name = Cell("<script>/../x", "clip:/tmp/a b", "p", {}).name
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
    store.write_run(Shard(), {"cells": [entry()]})
    first = replace(CELL, attempt=store.next_attempt(CELL, Shard(0, 2)))
    store.write_run(Shard(0, 2), {"cells": [entry(cell=first)]})
    assert (first.attempt, store.next_attempt(CELL, Shard(1, 2))) == (2, 2)


def test_provenance_is_that_of_the_session_that_wrote_first(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    for torch in ("1", "2", "2"):
        facts = PROVENANCE | {"versions": {"torch": torch}}
        store.write_run(Shard(), {"cells": [entry() | {"provenance": facts, "sessions": [facts]}]})
    (result,) = store.results()
    assert result.info["provenance"] == PROVENANCE
    assert [session["versions"]["torch"] for session in result.info["sessions"]] == ["1", "2"]


def on(device: str, *, wrote: bool = True, number: int = 3) -> dict[str, Any]:
    facts = PROVENANCE | {"device": {"name": device}}
    return entry(number) | {"provenance": facts, "sessions": [facts] if wrote else []}


def names(store: ResultStore) -> tuple[str, list[str]]:
    (result,) = store.results()
    used = [session["device"]["name"] for session in result.info["sessions"]]
    return result.info["provenance"]["device"]["name"], used


def write_rows(store: ResultStore, shard: Shard, *numbers: int) -> None:
    writer = store.open_cell(CELL, shard)
    writer.append([ok(number) for number in numbers], [])
    writer.close()


def test_the_sessions_of_all_shards_are_told_those_of_the_first_in_front(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    for index, device in enumerate(("H200", "A100", "H200")):
        store.write_run(Shard(index, 3), {"cells": [on(device)]})
    assert names(store) == ("H200", ["H200", "A100"])
    store.write_run(Shard(0, 3), {"cells": [on("L4", wrote=False)]})
    assert names(store) == ("H200", ["H200", "A100"])


def test_a_session_that_was_killed_is_told_where_there_are_rows(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    killed, mended = on("A100", wrote=False), on("H200")
    store.write_run(Shard(), {"status": "running", "cells": [killed]})
    store.write_run(Shard(), {"status": "running", "cells": [mended | {"sessions": []}]})
    store.write_run(Shard(), {"status": "incomplete", "cells": [mended]})
    assert names(store) == ("H200", ["H200"])  # it wrote nothing
    write_rows(store, Shard(), 0)
    store.write_run(Shard(), {"status": "running", "cells": [killed]})
    store.write_run(Shard(), {"status": "running", "cells": [on("L4", wrote=False)]})
    store.write_run(Shard(), {"status": "complete", "cells": [on("L4", wrote=False)]})
    assert names(store) == ("H200", ["H200", "A100"])  # it may have written, the last one has not


def test_who_is_writing_now_is_told(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    write_rows(store, Shard(), 0)
    store.write_run(Shard(), {"status": "running", "cells": [on("A100", wrote=False)]})
    assert names(store) == ("A100", ["A100"])
    store.write_run(Shard(), {"status": "complete", "cells": [on("A100")]})
    assert names(store) == ("A100", ["A100"])


def write_cell(folder: Path, number: int) -> None:
    cell = replace(CELL, method=f"method{number}")
    ResultStore(folder).write_run(Shard(), {"cells": [entry(cell=cell)]})


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
def test_a_line_that_is_no_score_is_named(tmp_path: Path, line: str) -> None:
    shard_folder(tmp_path, Shard(), [ok(0)])
    (path,) = (tmp_path / "scores").iterdir()
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(VfibenchError, match=r"line 2 of .*\.jsonl"):
        ResultStore(tmp_path).results()


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
