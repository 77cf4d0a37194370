"""The exported file: tensors, header, and that `vfibench run` and another training take it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tiny_training
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.registry import METHODS, load_target
from vfibench.trainable import Batch
from vfibench.training.export import export, facts_of, start_from
from vfibench.training.objectives import build_objective, trainable_of
from vfibench.training.recipes import Recipe, parse_recipe
from vfibench.training.samples import Place


def recipe() -> Recipe:
    return parse_recipe(tiny_training.RECIPE.encode(), "")


def header(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        return dict(file.metadata())


def written(path: Path, half: bool = False) -> nn.Module:
    objective, _ = build_objective(recipe(), Place(), None)
    facts = facts_of(
        recipe(),
        ["perceptual: no weights"],
        "made-up patterns",
        "x.pt (sha256 0)",
        12,
        "1 x a CPU",
        "0.1, commit 1",
    )
    export(objective.network, facts, path, half)
    return objective


def test_the_header_says_where_the_numbers_come_from(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    written(path)
    facts = header(path)
    assert parse_recipe(facts["recipe"].encode(), "header") == recipe()
    assert facts["method"] == "superslomo"
    assert facts["title"] == METHODS.card("superslomo").title
    assert json.loads(facts["network"]) == {"width": 2}
    assert (facts["steps"], facts["seed"]) == ("12", "3")
    assert facts["training_data"] == "made-up patterns"
    assert facts["started_from"] == "x.pt (sha256 0)"
    assert facts["left_out"] == "perceptual: no weights"
    assert facts["device"] == "1 x a CPU"
    assert facts["vfibench"] == "0.1, commit 1"
    assert facts["torch"] == torch.__version__
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


@pytest.mark.parametrize("half", [False, True])
def test_tensors_are_the_networks(tmp_path: Path, half: bool) -> None:
    path = tmp_path / "w.safetensors"
    network = written(path, half).network
    found = load_file(path)
    assert found.keys() == network.state_dict().keys()
    for name, tensor in network.state_dict().items():
        assert found[name].dtype == (torch.float16 if half else torch.float32)
        assert torch.equal(found[name], tensor.to(found[name].dtype))
        assert found[name].is_contiguous()


@pytest.mark.parametrize("half", [False, True])
def test_the_method_predicts_with_it_as_in_training(tmp_path: Path, half: bool) -> None:
    path = tmp_path / "w.safetensors"
    objective = written(path, half)
    adapter = load_target(METHODS.card("superslomo").target)()
    adapter.load(torch.device("cpu"), path)
    frames = torch.rand(2, 2, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    batch = Batch(frames, torch.empty(0), torch.full((2, 1), 0.25), None)
    with torch.inference_mode():
        made, like = adapter.predict(frames, [0.25]), objective.predict(batch)
    assert made.dtype == torch.float32
    torch.testing.assert_close(made, like, rtol=0, atol=2e-3 if half else 1e-5)


def test_run_scores_it(tmp_path: Path) -> None:
    from made_clips import make_clip

    clip = make_clip(tmp_path / "clip", count=5, height=32, width=32)
    path, out = tmp_path / "w.safetensors", tmp_path / "run"
    written(path, half=True)
    words = [
        "run",
        "-m",
        "superslomo",
        "-w",
        path,
        "-d",
        f"clip:{clip}",
        "--metric",
        "psnr",
        "--device",
        "cpu",
    ]
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in [*words, "--out", out]])
    assert not end.value.code
    rows = [json.loads(line) for file in (out / "scores").iterdir() for line in file.read_text().splitlines()]
    assert rows
    assert all(np.isfinite(row["scores"]["psnr"]) for row in rows)


def test_another_training_starts_from_it_or_from_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    network = written(path).network
    begun = dict.fromkeys(("recipe", "step", "optimiser", "schedule", "scaler", "average"))
    torch.save({**begun, "network": network.state_dict()}, tmp_path / "checkpoint.pt")
    for source in (path, tmp_path / "checkpoint.pt"):
        other = build_objective(recipe(), Place(), None)[0].network
        for parameter in other.parameters():
            nn.init.zeros_(parameter)
        said = start_from(other, trainable_of("superslomo"), str(source))
        assert said.startswith(f"{source.name} (sha256 ")
        for ours, theirs in zip(other.parameters(), network.parameters(), strict=True):
            assert torch.equal(ours, theirs)


def test_nothing_to_start_from_is_told(tmp_path: Path) -> None:
    network, trainable = nn.Linear(1, 1), trainable_of("superslomo")
    with pytest.raises(
        VfibenchError, match=r"expected a weight file or a method to start from, found 'nowhere.pt'"
    ):
        start_from(network, trainable, "nowhere.pt")
    with pytest.raises(VfibenchError, match="make it first: vfibench train --recipe convlstm --out runs"):
        start_from(network, trainable, "runs/convlstm/weights.safetensors")
    with pytest.raises(VfibenchError, match="'superslomo' needs its trained weights"):
        start_from(network, trainable, "superslomo")
    path = tmp_path / "w.safetensors"
    written(path)
    with pytest.raises(VfibenchError, match=r"expected the 2 tensors of Linear, found \d+ in"):
        start_from(network, trainable, str(path))
    with pytest.raises(VfibenchError, match=r"expected the 2 .*superslomo\.pt of superslomo holds: "):
        start_from(network, trainable, str(path), "superslomo")
