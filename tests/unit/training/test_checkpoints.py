"""Checkpoints that are damaged, somebody else's or of another recipe are refused in one line."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
import tiny_training
import torch
from torch import nn

from vfibench.errors import VfibenchError
from vfibench.training.checkpoints import NAME, check_finite, network_in, read_begun, restore, save_checkpoint
from vfibench.training.recipes import Recipe, changed, parse_recipe
from vfibench.training.samples import Place
from vfibench.training.state import State


class Small(nn.Module):
    def __init__(self, size: int = 3) -> None:
        super().__init__()
        self.network = nn.Linear(size, 1)


def recipe(line: str = "", by: str = "") -> Recipe:
    assert line in tiny_training.RECIPE
    return parse_recipe(
        tiny_training.RECIPE.replace(line, by).encode() if line else tiny_training.RECIPE.encode(), ""
    )


def state_of(chosen: Recipe, size: int = 3) -> State:
    return State(chosen, Small(size), torch.device("cpu"), Place())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(state_of(recipe()), tmp_path, {"left_out": ["perceptual: none"]})
    return tmp_path


def test_what_was_saved_comes_back(folder: Path) -> None:
    begun = read_begun(folder, recipe())
    assert begun["left_out"] == ["perceptual: none"]
    assert sorted(path.name for path in folder.iterdir()) == [NAME]
    state = state_of(recipe())
    restore(state, begun, folder)
    for name, tensor in state.objective.network.state_dict().items():
        assert torch.equal(tensor, begun["network"][name])


def test_the_averaged_network_is_what_another_training_starts_from(folder: Path) -> None:
    begun = read_begun(folder, recipe())
    begun["average"] = {f"module.{name}": value + 1 for name, value in begun["network"].items()} | {
        "n_averaged": 4
    }
    found = network_in(begun)
    assert found is not None
    assert found.keys() == begun["network"].keys()
    assert torch.equal(found["weight"], begun["network"]["weight"] + 1)
    begun["average"] = None
    assert network_in(begun) == begun["network"]
    assert network_in({"weight": begun["network"]["weight"]}) is None


def test_a_network_that_is_no_number_is_not_kept(folder: Path) -> None:
    state = state_of(recipe())
    check_finite(state)
    with torch.no_grad():
        state.objective.network.weight[0, 0] = torch.nan
    with pytest.raises(VfibenchError, match=r"finite parameters, found others after step 0; .*clip_norm"):
        check_finite(state)


def test_fewer_steps_than_were_made_are_refused(tmp_path: Path) -> None:
    state = state_of(recipe())
    state.step = 6
    save_checkpoint(state, tmp_path, {})
    assert read_begun(tmp_path, changed(recipe(), steps=6))["step"] == 6
    with pytest.raises(VfibenchError, match=r"expected at least the 6 made in .*, found 5; ask for more"):
        read_begun(tmp_path, changed(recipe(), steps=5))


def test_no_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match=r"found no .*checkpoint.pt; leave --resume out"):
        read_begun(tmp_path, recipe())


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_a_damaged_one_is_refused(folder: Path, share: float) -> None:
    path = folder / NAME
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(VfibenchError, match="found") as caught:
        read_begun(folder, recipe())
    assert str(path) in caught.value.message
    assert caught.value.hint == "begin anew in another --out"


def test_half_a_save_beside_it_does_not_matter(folder: Path) -> None:
    (folder / ".checkpoint.pt.part").write_bytes(b"PK half")
    read_begun(folder, recipe())
    save_checkpoint(state_of(recipe()), folder, {})
    assert not (folder / ".checkpoint.pt.part").exists()


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"network": {}}, tmp_path / NAME)
    with pytest.raises(VfibenchError, match="expected a checkpoint of vfibench train, found another file"):
        read_begun(tmp_path, recipe())


@pytest.mark.parametrize(
    ("line", "by", "said"),
    [
        ("lr = 1e-3", "lr = 2e-3", "optimiser.lr: expected 0.001 as in .*, found 0.002"),
        ("warping = 10", "", "losses.warping: expected 10.0 as in .*, found None"),
        ("batch = 4", "batch = 8", "training.batch: expected 4 as in .*, found 8"),
        ("width = 2", "width = 4", "network.width: expected 2 as in .*, found 4"),
    ],
)
def test_another_recipe_is_refused(folder: Path, line: str, by: str, said: str) -> None:
    with pytest.raises(VfibenchError, match=said) as caught:
        read_begun(folder, recipe(line, by))
    assert f"--recipe {folder / 'recipe.toml'}" in caught.value.hint


def test_more_steps_are_another_training_only_for_a_cosine(tmp_path: Path) -> None:
    save_checkpoint(state_of(recipe()), tmp_path, {})
    read_begun(tmp_path, changed(recipe(), steps=99))
    cosine = recipe('"restarts"', '"cosine"')
    save_checkpoint(state_of(cosine), tmp_path, {})
    read_begun(tmp_path, cosine)
    with pytest.raises(
        VfibenchError, match=r"training.steps: expected 12 as in .*, found 99; a cosine cannot"
    ):
        read_begun(tmp_path, changed(cosine, steps=99))


def test_a_network_whose_code_has_changed_is_refused(folder: Path) -> None:
    with pytest.raises(VfibenchError, match="expected a checkpoint of this network"):
        restore(state_of(recipe(), size=4), read_begun(folder, recipe()), folder)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("write failed")]
)
def test_a_full_disk_keeps_the_checkpoint_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = (folder / NAME).read_bytes()

    def full(*_: Any) -> None:
        raise error

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(
        VfibenchError, match=r"expected to write .*checkpoint.pt, found: (No space|write failed)"
    ):
        save_checkpoint(state_of(recipe()), folder, {})
    assert (folder / NAME).read_bytes() == before
