"""How large a network is: counted when it is built, and kept when nothing is left to score."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from made_clips import make_clip

from vfibench.contracts import AdapterCard, Padding
from vfibench.running.plan import Planner, Request
from vfibench.running.predictors import AdapterPredictor, FolderPredictor
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore

CPU = torch.device("cpu")


def parameters_in(out: Path) -> int:
    (cell,) = json.loads((out / "run.json").read_text())["cells"]
    count: int = cell["facts"]["method"]["parameters"]
    return count


def test_a_run_stores_the_size_of_its_network_and_a_second_one_keeps_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=5)
    asked = Request(methods=("blend",), datasets=(f"clip:{clip}",), metrics=("psnr",))
    keys = []
    for _ in range(2):  # the second finds every frame scored and builds nothing
        store = ResultStore(tmp_path / "run")
        assert Runner(store, CPU).run(Planner(asked).jobs())
        assert parameters_in(tmp_path / "run") == 0
        (result,) = store.results()
        keys.append(result.cell.key)
    (job,) = Planner(asked).jobs()
    assert job.cell.facts.method.parameters is None
    assert keys == [job.cell.key] * 2  # a fact, no setting


class Holder:
    """An adapter that holds networks."""

    def __init__(self, *networks: torch.nn.Module) -> None:
        for place, network in enumerate(networks):
            setattr(self, f"network{place}", network)


class Elsewhere:
    """An adapter whose network runs in another process."""

    def predict_timed(self) -> None:
        """Never called here."""


SIZES = [
    (Holder(torch.nn.Linear(3, 4)), False, 3 * 4 + 4),
    (Holder(torch.nn.Conv2d(2, 5, 3, bias=False), torch.nn.Linear(1, 1)), True, 2 * 5 * 9 + 2),
    (Holder(), False, 0),
    (Holder(), True, None),
    (Elsewhere(), False, None),
]


@pytest.mark.parametrize(("adapter", "learned", "expected"), SIZES)
def test_every_scalar_is_counted_and_what_cannot_be_seen_is_unknown(
    adapter: object, learned: bool, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AdapterCard, "learned", learned)
    if not hasattr(adapter, "predict"):
        monkeypatch.setattr(type(adapter), "predict", None, raising=False)
    predictor = AdapterPredictor(adapter, AdapterCard("m", "m:M"), Padding(), CPU, "fp32")  # type: ignore[arg-type]
    assert predictor.parameters == expected


def test_stored_pictures_have_no_network(tmp_path: Path) -> None:
    assert FolderPredictor(tmp_path, CPU).parameters is None
