"""Names with bytes that are no UTF-8, on the command line and in datasets: stored, resumed, read, shown."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from made_clips import make_clip

from vfibench.cli import main
from vfibench.contracts import PublishedScore, Sample
from vfibench.datasets.opened import OpenedDataset
from vfibench.errors import VfibenchError
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store import read_results
from vfibench.store.album import Album
from vfibench.store.cells import Cell
from vfibench.store.facts import PublishedFacts
from vfibench.store.folder import ResultStore
from vfibench.store.run_file import storable

CAFE = os.fsdecode(b"caf\xe9")


def status(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_a_folder_with_such_a_name_is_scored_resumed_and_shown(tmp_path, monkeypatch, capsys) -> None:
    clip = make_clip(tmp_path / CAFE, count=9)
    out = tmp_path / "run"
    words = ["run", "-m", "blend", "-d", f"clip:{clip}", "--metric", "ie", "--out", str(out), "--save-images"]
    monkeypatch.setattr(sys, "argv", ["vfibench", *words])
    for stream in (sys.stdout, sys.stderr):  # as standard error is, outside of tests
        stream.reconfigure(errors="backslashreplace")
    assert status(*words) == 0
    (scores,) = (out / "scores").iterdir()
    before = scores.read_bytes()
    for path in [out / "run.json", *(out / "cells").iterdir()]:
        msgspec.json.decode(path.read_bytes())
    assert status(*words) == 0
    assert scores.read_bytes() == before
    (result,) = read_results([out])
    assert (result.complete, result.counts.ok) == (True, 4)
    assert result.cell.dataset == "clip:caf\\xe9"
    assert rf"$'clip:{tmp_path}/caf\xe9'" in result.entry.provenance.command
    assert Album.of(out, result.cell).target(*result.rows[0].frame).is_file()
    capsys.readouterr()
    assert status("report", str(out), "--format", "csv") == 0
    shown = capsys.readouterr()
    assert (shown.err, "caf\\xe9" in shown.out) == ("", True)


class Renamed:
    """A dataset whose sample ids hold such bytes, and half a character."""

    def __init__(self, inner: OpenedDataset) -> None:
        self.inner = inner
        self.ids = tuple(f"{CAFE}/{name}\ud800" for name in inner.ids)

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, index: int) -> Sample:
        return replace(self.inner[index], id=self.ids[index])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_samples_with_such_names_are_scored_once(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    (job,) = Planner(Request(("odd_methods:Blend",), (f"clip:{clip}",), metrics=())).jobs()
    odd = replace(job, dataset=Renamed(job.dataset))
    for _ in range(2):
        store = ResultStore(tmp_path / "run")
        assert Runner(store, torch.device("cpu"), save_images=True).run([odd])
    (result,) = store.results()
    assert [row.sample for row in result.rows] == [f"caf\\xe9/{name}\\ud800" for name in job.dataset.ids]
    (scores,) = (tmp_path / "run" / "scores").iterdir()
    assert len(scores.read_bytes().splitlines()) == 4
    album = Album.of(tmp_path / "run", result.cell)
    assert all(album.prediction(*row.frame).is_file() for row in result.rows)


def test_such_a_cell_has_one_name_and_key_before_and_after_it_is_stored() -> None:
    (job,) = Planner(Request(("blend",), ("synthetic",), metrics=())).jobs()
    fresh = replace(job.cell, dataset=f"clip:{CAFE}")
    back = Cell(fresh.method, "clip:caf\\xe9", fresh.protocol, fresh.settings, fresh.facts)
    assert (fresh.key, fresh.name) == (back.key, back.name)
    assert f".clip-caf-xe9.vfibench.{fresh.key}" in fresh.name
    assert fresh.key != job.cell.key


def test_a_card_whose_numbers_cannot_be_read_back_is_told_before_the_first_frame(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    (job,) = Planner(Request(("odd_methods:Blend",), (f"clip:{clip}",), metrics=())).jobs()
    published = PublishedFacts(dataset="d", metric="psnr", definition="", value=float("nan"), source="s")
    assert isinstance(published.score, PublishedScore)
    method = msgspec.structs.replace(job.cell.facts.method, published=(published,))
    facts = msgspec.structs.replace(job.cell.facts, method=method)
    odd = replace(job, cell=replace(job.cell, facts=facts))
    with pytest.raises(
        VfibenchError, match=r"cannot be stored: expected float, got null in .*published\["
    ) as told:
        Runner(ResultStore(tmp_path / "run"), torch.device("cpu")).run([odd])
    assert told.value.hint.startswith("tell the authors")
    assert not (tmp_path / "run" / "run.json").exists()
    Runner(ResultStore(tmp_path / "run"), torch.device("cpu")).run([job])
    (result,) = read_results([tmp_path / "run"])
    assert storable(result.entry)["name"] == job.cell.name
