"""A training that is killed, or asked to stop, goes on as if nothing had happened: to the last bit."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_training import run, write_recipe

CURVES = ("losses.csv", "validation.csv")
KILLED = -signal.SIGKILL


def words(recipe: Path, out: Path, *more: object) -> list[object]:
    return ["train", "--recipe", recipe, "--out", out, "--device", "cpu", "--log-every", 3, *more]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nothing has disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    code, said = run(words(write_recipe(folder / "tiny.toml"), folder / "out"), folder / "log")
    assert code == 0, said
    return folder


def assert_same(out: Path, other: Path) -> None:
    for name in CURVES:
        assert (out / name).read_bytes() == (other / name).read_bytes(), name
    found, expected = (load_file(folder / "weights.safetensors") for folder in (out, other))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    states = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (out, other)]
    for ours, theirs in zip(*(state["optimiser"]["state"].values() for state in states), strict=True):
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert states[0]["schedule"] == states[1]["schedule"]


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_killed_training_goes_on_to_the_same_bits(whole: Path, tmp_path: Path, workers: int) -> None:
    out, recipe = tmp_path / "out", whole / "tiny.toml"
    begin = words(recipe, out, "--workers", workers)
    code, said = run(begin, tmp_path / "log", send=(signal.SIGKILL, 8))
    assert code == KILLED, said
    assert len((out / "losses.csv").read_text().splitlines()) == 1 + 7  # beyond the checkpoint of step 4
    code, said = run([*begin, "--resume"], tmp_path / "log")
    assert code == 0, said
    assert "going on after step 4" in said
    assert_same(out, whole / "out")


def test_one_killed_inside_a_save_keeps_the_checkpoint_before(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said = run(words(whole / "tiny.toml", out), tmp_path / "log", torn=8)
    assert code == KILLED, said
    assert (out / ".checkpoint.pt.part").exists()
    code, said = run(["train", "--resume", "--out", out, "--device", "cpu"], tmp_path / "log")  # recipe.toml
    assert code == 0, said
    assert "going on after step 4" in said
    assert not (out / ".checkpoint.pt.part").exists()
    assert_same(out, whole / "out")


def test_one_interrupted_finishes_its_step_and_saves(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said = run(words(whole / "tiny.toml", out), tmp_path / "log", send=(signal.SIGINT, 6))
    assert code == 130, said
    assert "stopped after step 6" in said
    assert "--resume" in said
    assert not (out / "weights.safetensors").exists()
    code, said = run(words(whole / "tiny.toml", out, "--resume"), tmp_path / "log")
    assert code == 0, said
    assert "going on after step 6" in said
    assert_same(out, whole / "out")


def test_a_finished_one_is_only_written_again(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole / "out", out)
    (out / "weights.safetensors").unlink()
    code, said = run(words(whole / "tiny.toml", out, "--resume"), tmp_path / "log")
    assert code == 0, said
    assert_same(out, whole / "out")


def test_two_runs_are_equal_and_another_seed_is_not(whole: Path, tmp_path: Path) -> None:
    again = words(whole / "tiny.toml", tmp_path / "again")
    assert run(again, tmp_path / "log")[0] == 0
    assert_same(tmp_path / "again", whole / "out")
    other = words(whole / "tiny.toml", tmp_path / "other", "--seed", 4, "--steps", 2)
    assert run(other, tmp_path / "log")[0] == 0
    first, second = (
        (folder / "losses.csv").read_text().splitlines()[1] for folder in (tmp_path / "other", whole / "out")
    )
    assert first != second
