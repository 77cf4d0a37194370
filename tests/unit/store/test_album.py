"""`--save-images`: predictions of each cell, and once for all of them what they were made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_clips import frame, make_clip
from PIL import Image
from stored import made_settings

from vfibench.contracts import Sample
from vfibench.errors import VfibenchError
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.album import Album, inputs_name, write_once
from vfibench.store.cells import Cell
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.store.shards import Shard


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip", count=9)


def run(out: Path, clip: Path, *methods: str, **options: Any) -> list[CellResult]:
    asked = Request(methods, (f"clip:{clip}",), metrics=(), batch_size=2)
    store = ResultStore(out)
    Runner(store, torch.device("cpu"), save_images=True, **options).run(Planner(asked).jobs())
    return store.results()


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_inputs_and_targets_are_kept_as_the_dataset_gives_them(clip: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", clip, "odd_methods:Blend")
    album = Album.of(tmp_path / "run", result.cell)
    for index, (sample, time) in enumerate(result.scores.frames):
        around = [album.frame(sample, 0), album.target(sample, time), album.frame(sample, 1)]
        for number, path in enumerate(around, 2 * index + 1):
            np.testing.assert_array_equal(pixels(path), frame(number))
        assert album.prediction(sample, time).is_file()
    assert len(result.scores.frames) == 4


def test_inputs_are_written_once_for_several_methods(clip: Path, tmp_path: Path) -> None:
    results = run(tmp_path / "run", clip, "odd_methods:Blend", "blend")
    folders = {path.name for path in (tmp_path / "run" / "images").iterdir()}
    assert folders == {results[0].cell.name, results[1].cell.name, inputs_name(results[0].cell)}
    assert not list((tmp_path / "run").rglob(".*.png"))


def test_a_picture_that_is_there_is_left_alone(clip: Path, tmp_path: Path) -> None:
    (first, *_) = run(tmp_path / "run", clip, "odd_methods:Blend")
    path = Album.of(tmp_path / "run", first.cell).target(*first.scores.frames[0])
    before = path.stat()
    run(tmp_path / "run", clip, "odd_methods:Blend", "blend")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_shards_leave_together_what_one_process_leaves(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "whole", clip, "odd_methods:Blend")
    for index in range(2):
        run(tmp_path / "split", clip, "odd_methods:Blend", shard=Shard(index, 2))
    for one, other in [("whole", "split"), ("split", "whole")]:
        for path in (tmp_path / one / "images").rglob("*.png"):
            twin = tmp_path / other / path.relative_to(tmp_path / one)
            assert twin.read_bytes() == path.read_bytes()


def test_four_input_frames_are_named_by_their_time(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (4, 3, 6, 8), dtype=np.uint8)
    album = Album(tmp_path / "made", tmp_path / "inputs")
    album.keep(Sample("a/b", frames, frames[:2], (0.25, 0.5)), frames[2:])
    names = {path.name for path in (tmp_path / "inputs" / "a" / "b").iterdir()}
    targets = {"target-t0.250000.png", "target-t0.500000.png"}
    assert names == {"frame--1.png", "frame-0.png", "frame-1.png", "frame-2.png"} | targets
    np.testing.assert_array_equal(pixels(album.frame("a/b", 2)), frames[3].transpose(1, 2, 0))
    np.testing.assert_array_equal(pixels(album.prediction("a/b", 0.5)), frames[3].transpose(1, 2, 0))


@pytest.mark.parametrize("word", ["list_sha256", "files", "times"])
def test_other_lists_files_and_times_get_a_folder_of_their_own(word: str) -> None:
    def folder(method: str = "m", **settings: object) -> str:
        return inputs_name(Cell(method, "clip:a/b", "p", made_settings(**{"files": "2"} | settings)))

    assert folder("n", precision="fp16") == folder()
    assert folder(**{word: [0.25] if word == "times" else "other"}) != folder()
    assert "/" not in folder()


def test_a_picture_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    picture = np.zeros((3, 4, 4), np.uint8)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(VfibenchError, match="cannot write"):
        write_once(tmp_path / "taken" / "a.png", picture)
    with pytest.raises((VfibenchError, ValueError)):
        write_once(tmp_path / "b.png", picture[:, :0])  # no encoder takes an empty picture
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken"]


OUTSIDE = [
    "../a",
    "a/../../b",
    "/a",
    "a/..",
    "..",
    "C:a",
    "C:\\a",
    "\\\\host\\share\\a",
    "a\\..\\..\\b",
    "a\0b",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_sample_leads_out_of_the_folder_of_pictures(name: str, tmp_path: Path) -> None:
    frames = np.zeros((2, 3, 6, 8), np.uint8)
    album = Album(tmp_path / "in" / "made", tmp_path / "in" / "inputs")
    with pytest.raises(VfibenchError, match="expected a sample id that stays within"):
        album.keep(Sample(name, frames, frames[:1], (0.5,)), frames[:1])
    assert not list(tmp_path.iterdir())
    for read in (album.prediction, album.target, album.frame):
        with pytest.raises(VfibenchError, match="expected a sample id that stays within"):
            read(name, 0)


@pytest.mark.parametrize("name", ["a", "00001/0389", "a..b", "...", "a b/ü"])
def test_all_other_samples_have_a_folder_of_their_own(name: str, tmp_path: Path) -> None:
    album = Album(tmp_path / "made", tmp_path / "inputs")
    assert album.prediction(name, 0.5) == tmp_path / "made" / name / "t0.500000.png"
