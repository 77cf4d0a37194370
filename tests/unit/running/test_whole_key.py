"""Every option of a request that can change a score changes the key of the cell, and no other does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from made_clips import make_clip

from vfibench.contracts import AdapterCard, WeightFile
from vfibench.registry import METHODS
from vfibench.running import plan
from vfibench.running.plan import Planner, Request

CARD = AdapterCard(
    "learned-here", "test_whole_key:Learned", weights=(WeightFile("w.bin", "https://127.0.0.1/w.bin"),)
)


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    clip = make_clip(tmp_path / "clip", count=17)
    return Request(("blend",), (f"clip:{clip}",), ("ie",), device="cpu")


def key(asked: Request) -> str:
    (job,) = Planner(asked).jobs()
    return job.cell.key


def ids(folder: Path) -> Path:
    (folder / "ids.txt").write_text("im4\nim2\n")
    return folder / "ids.txt"


CHANGES: dict[str, Callable[[Path], Any]] = {
    "methods": lambda _: ("nearest",),
    "datasets": lambda folder: (f"clip:{make_clip(folder / 'other', count=9)}",),
    "metrics": lambda _: ("ie", "ssim3d"),
    "definitions": lambda _: ("rife",),
    "list_file": ids,
    "factor": lambda _: 4,
    "precision": lambda _: "bf16",
    "batch_size": lambda _: 2,
    "compiled": lambda _: True,
}
ELSEWHERE = {
    "weights": "test_other_weights_of_one_name_are_another_cell",
    "backbones": "test_backbone_identity.py: only weights that were used count, not the folder they lie in",
    "data_root": "the files count, wherever they lie",
    "partial": "the samples that are there count",
    "protocol": "test_the_protocol_counts",
    "device": "test_the_kind_of_device_counts",
}


def test_no_option_is_forgotten() -> None:
    assert {field.name for field in fields(Request)} == {*CHANGES, *ELSEWHERE}


@pytest.mark.parametrize("name", CHANGES)
def test_an_option_that_can_change_a_score_changes_the_key(asked: Request, name: str, tmp_path: Path) -> None:
    changed: dict[str, Any] = {name: CHANGES[name](tmp_path)}
    assert key(replace(asked, **changed)) != key(asked)


def test_the_folder_of_other_datasets_and_a_part_of_no_list_change_nothing(
    asked: Request, tmp_path: Path
) -> None:
    assert key(replace(asked, data_root=tmp_path, partial=True)) == key(asked)


def test_other_weights_of_one_name_are_another_cell(asked: Request, tmp_path: Path) -> None:
    keys = set()
    with METHODS.holding(CARD, "somebody"):
        for content in (b"one", b"two", b"one"):
            (tmp_path / "w.bin").write_bytes(content)
            keys.add(key(replace(asked, methods=("learned-here",), weights=(str(tmp_path / "w.bin"),))))
    assert len(keys) == 2


def test_the_protocol_counts(asked: Request, shared: Callable[..., Path]) -> None:
    here = replace(asked, datasets=("ucf101",), data_root=shared("data"), partial=True)
    assert len({key(replace(here, protocol=name)) for name in ("vfibench", "rife", "softsplat")}) == 3


def test_the_kind_of_device_counts(asked: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    here = key(asked)
    monkeypatch.setattr(plan, "chosen_device", torch.device)
    assert key(replace(asked, device="cuda:0")) == key(replace(asked, device="cuda:1")) != here


def test_a_change_of_the_harness_itself_counts(asked: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    here = key(asked)
    monkeypatch.setattr(plan, "SCORING", plan.SCORING + 1)
    assert key(asked) != here
