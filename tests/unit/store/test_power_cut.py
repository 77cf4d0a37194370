"""What a machine that loses power leaves of a run folder: what was written stays readable, and is mended."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from made_clips import make_clip
from report.made_runs import MadeCell, write_run

from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store import jsonl, run_file
from vfibench.store.album import Album, spoilt
from vfibench.store.folder import ResultStore
from vfibench.store.folders import merge_folders, read_results
from vfibench.store.jsonl import JsonLines
from vfibench.store.kept_cells import kept_cells, shard_of
from vfibench.store.result import CellResult
from vfibench.store.shards import Shard

RUNS = Path(__file__).resolve().parents[2] / "golden" / "runs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", [MadeCell(), MadeCell("nearest", level=30.0)])


def facts(results: list[CellResult]) -> list[tuple]:
    return [(one.cell.key, one.cell.name, one.counts, one.rows, one.entry) for one in results]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "zeroed": lambda text: bytes(len(text)),
    "cut": lambda text: text[: len(text) // 2],
    "zeroed from a page on": lambda text: text[:512] + bytes(len(text) - 512),
    "no object": lambda _: b"[]",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_json_is_read_from_the_cells_and_mended_by_the_next_run(
    folder: Path, damage: str, capsys
) -> None:
    before, path = facts(ResultStore(folder).results()), folder / "run.json"
    text = path.read_bytes()
    path.write_bytes(DAMAGES[damage](text))
    assert facts(ResultStore(folder).results()) == before
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: expected ")
    assert f"its cells were read from {folder / 'cells'}; run the same command again to mend it" in line
    ResultStore(folder).tell(Shard(), "complete", "2026-01-01T00:00:00+00:00", [])
    after, old = json.loads(path.read_text()), json.loads(text)
    assert (after["status"], after["cells"]) == ("complete", old["cells"])


def test_cells_are_not_read_twice_where_nothing_is_damaged(folder: Path, monkeypatch) -> None:
    expected = facts(read_results([folder]))
    monkeypatch.setattr(run_file, "kept_cells", None)  # who asks fails
    assert facts(read_results([folder])) == expected


def test_a_run_json_that_is_gone_is_read_from_the_cells(folder: Path) -> None:
    before = facts(read_results([folder]))
    (folder / "run.json").unlink()
    assert facts(read_results([folder])) == before
    assert facts(read_results([folder.parent])) == before
    shutil.rmtree(folder / "cells")
    with pytest.raises(VfibenchError, match=r"expected run\.json in"):
        read_results([folder])


def test_an_old_folder_whose_run_json_is_lost_takes_new_runs(tmp_path: Path, capsys) -> None:
    folder = Path(shutil.copytree(RUNS / "v1", tmp_path / "v1"))
    (folder / "run.json").write_bytes(b"\0" * 4096)
    with pytest.raises(VfibenchError, match=r"expected JSON in .*run\.json, found zeros"):
        ResultStore(folder).results()
    write_run(folder, [MadeCell("mine")])
    assert "it was put aside as run.json.damaged" in capsys.readouterr().err
    assert (folder / "run.json.damaged").read_bytes() == b"\0" * 4096
    assert [result.cell.method for result in ResultStore(folder).results()] == ["mine"]


def test_one_folder_that_cannot_be_read_harms_no_other(folder: Path, tmp_path: Path, capsys) -> None:
    other = Path(shutil.copytree(RUNS / "v1", tmp_path / "v1"))
    (other / "run.json").write_text("")
    assert [result.cell.method for result in read_results([other, folder])] == ["blend", "nearest"]
    told = (
        f"warning: expected JSON in {other / 'run.json'}, found an empty file; restore or remove the file\n"
    )
    assert capsys.readouterr().err == told


def test_every_shard_keeps_its_own_and_a_merge_takes_them_along(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    for index in range(2):
        run(tmp_path / f"p{index}", clip, shard=Shard(index, 2))
    merge_folders([tmp_path / "p0", tmp_path / "p1"], tmp_path / "all")
    paths = [tmp_path / "all" / f"run.{index}of2.json" for index in range(2)]
    before = facts(ResultStore(tmp_path / "all").results())
    assert [(shard_of(path), len(kept_cells(path))) for path in paths] == [("0of2", 1), ("1of2", 1)]
    for path in paths:
        path.write_bytes(b"")
    assert facts(ResultStore(tmp_path / "all").results()) == before


def rows(count: int) -> bytes:
    return b"".join(b'{"a": %d}\n' % number for number in range(count))


@pytest.mark.parametrize(
    ("tail", "kept"),
    [
        (b"\0" * 5000, 3),
        (b'{"a": 3\0\0\0', 3),
        (b'{"a": 3\0\0\0\n', 3),
        (b'{"a": 3}', 3),
        (b"\0" * 9 + b"\n" + b"\0" * 9 + b"\n", 3),
        (b"\0\0" + b'{"a": 3}\n', 4),
        (b'{"a": 3}\n\0', 4),
    ],
)
def test_zeros_at_the_end_are_cut_and_the_rows_before_them_stay(
    tmp_path: Path, tail: bytes, kept: int
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(rows(3) + tail)
    lines = JsonLines(path)
    lines.append([{"a": "new"}])
    lines.settle()
    lines.close()
    found = [json.loads(line.strip(b"\0")) for line in path.read_bytes().splitlines()]
    assert found == [*({"a": number} for number in range(kept)), {"a": "new"}]


@pytest.mark.parametrize("change", [lambda text: text[:-100] + bytes(100), lambda text: text + bytes(4096)])
def test_a_cell_with_a_zeroed_end_goes_on_and_ends_as_it_would_have(tmp_path: Path, change) -> None:
    clip = make_clip(tmp_path / "clip", count=15)
    run(tmp_path / "run", clip)
    (path,) = (tmp_path / "run" / "scores").iterdir()
    whole = path.read_bytes()
    path.write_bytes(change(whole))
    run(tmp_path / "run", clip)
    assert path.read_bytes() == whole


def run(out: Path, clip: Path, **options: object) -> list[CellResult]:
    asked = Request(("odd_methods:Blend",), (f"clip:{clip}",), metrics=(), batch_size=2)
    store = ResultStore(out)
    Runner(store, torch.device("cpu"), **options).run(Planner(asked).jobs())
    return store.results()


@pytest.mark.parametrize("damage", [*list(DAMAGES)[:4]])
def test_pictures_that_are_damaged_are_made_again(tmp_path: Path, damage: str) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    (result,) = run(tmp_path / "run", clip, save_images=True)
    album = Album.of(tmp_path / "run", result.cell)
    sample, time = result.rows[0].frame
    paths = [album.prediction(sample, time), album.target(sample, time), album.frame(sample, 0)]
    (scores,) = (tmp_path / "run" / "scores").iterdir()
    before, stored = [read_image(path) for path in paths], scores.read_bytes()
    for path in paths:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert all(map(spoilt, paths))
    other = album.prediction(*result.rows[-1].frame)
    untouched = other.stat().st_ino
    run(tmp_path / "run", clip, save_images=True)
    for path, pixels in zip(paths, before, strict=True):
        np.testing.assert_array_equal(read_image(path), pixels)
    assert scores.read_bytes() == stored
    assert other.stat().st_ino == untouched


def test_a_run_that_saves_no_pictures_leaves_them_alone(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    (result,) = run(tmp_path / "run", clip, save_images=True)
    path = Album.of(tmp_path / "run", result.cell).prediction(*result.rows[0].frame)
    path.write_bytes(b"")
    run(tmp_path / "run", clip)
    assert path.read_bytes() == b""


def test_rows_reach_the_disk_while_a_run_goes_on_and_at_its_end(tmp_path: Path, monkeypatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(jsonl, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    monkeypatch.setattr(jsonl, "SYNCED_S", 1e9)
    lines = JsonLines(tmp_path / "a.jsonl")
    lines.append([{"a": 1}])
    assert synced == []
    monkeypatch.setattr(jsonl, "SYNCED_S", 0.0)
    lines.append([{"a": 2}])
    assert synced == [18]
    monkeypatch.setattr(jsonl, "SYNCED_S", 1e9)
    lines.append([{"a": 3}])
    lines.settle()
    lines.settle()
    assert synced == [18, 27]
    lines.close()
