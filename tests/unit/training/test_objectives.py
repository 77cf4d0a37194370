"""Losses that cannot be had: left out by all and recorded, or refused where a training goes on."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
import tiny_training
import torch
from torch import nn

from vfibench.errors import VfibenchError
from vfibench.training import objectives
from vfibench.training.objectives import build_objective, check_losses_given
from vfibench.training.recipes import Recipe, parse_recipe
from vfibench.training.samples import Place

WHY = "warping: cannot be downloaded"


def recipe() -> Recipe:
    return parse_recipe(tiny_training.RECIPE.encode(), "")


class Fake:
    """Writes each call into a file; has no "warping" in the processes `lacking`."""

    def __init__(self, log: Path, lacking: tuple[int, ...]) -> None:
        self.log, self.lacking = log, lacking

    def objective(self, _network: Any, losses: frozenset[str]) -> tuple[Any, list[str]]:
        rank = int(os.environ.get("RANK", "0"))
        with self.log.open("a") as file:
            file.write(f"{rank} {' '.join(sorted(losses))}\n")
        made = nn.Module()
        made.network, made.losses = nn.Linear(2, 2), losses
        return made, [WHY] if "warping" in losses and rank in self.lacking else []


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Let the method lack a loss, or not; returns the file of its calls."""

    def choose(*lacking: int) -> Path:
        monkeypatch.setattr(objectives, "trainable_of", lambda _: Fake(tmp_path / "calls", lacking))
        return tmp_path / "calls"

    return choose


def test_what_can_be_had_is_built_once_from_the_seed(use) -> None:
    calls = use()
    first, notes = build_objective(recipe(), Place(), None)
    assert notes == []
    assert lines(calls) == ["0 reconstruction warping"]
    torch.rand(7)
    second, _ = build_objective(recipe(), Place(), None)
    assert torch.equal(first.network.weight, second.network.weight)


def test_what_cannot_is_noted(use) -> None:
    use(0)
    assert build_objective(recipe(), Place(), None)[1] == [WHY]


def test_a_training_begun_without_a_loss_goes_on_without_it(use) -> None:
    calls = use()
    _, notes = build_objective(recipe(), Place(), [WHY])
    assert notes == [WHY]
    assert lines(calls) == ["0 reconstruction"]


def test_one_begun_with_a_loss_does_not_go_on_without(use) -> None:
    use(0)
    with pytest.raises(
        VfibenchError, match=r"expected the losses that training was begun with, found: warping: cannot"
    ):
        build_objective(recipe(), Place(), [])


def test_nothing_left_to_learn_from_is_an_error(use) -> None:
    use(0)
    only = parse_recipe(tiny_training.RECIPE.replace("reconstruction = 60", "").encode(), "")
    with pytest.raises(VfibenchError, match="expected a loss that can be had"):
        build_objective(only, Place(), None)


def _build(rank: int, port: int, log: Path, lacking: tuple[int, ...]) -> None:
    """In a child process: build in a group of two, and write what came of it."""
    from vfibench.training.processes import joined_processes

    os.environ.update(tiny_training.in_group(rank, 2, port))
    objectives.trainable_of = lambda _: Fake(log, lacking)
    with joined_processes("cpu") as (place, _):
        made, notes = build_objective(recipe(), place, None)
        log.with_suffix(f".{rank}").write_text(f"{' '.join(sorted(made.losses))} | {notes}")


@pytest.mark.parametrize("lacking", [(), (0,), (0, 1)])
def test_one_process_tries_first_and_all_agree(tmp_path: Path, lacking: tuple[int, ...]) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(tiny_training.PRELOADED)
    port, log = tiny_training.free_port(), tmp_path / "calls"
    both = [context.Process(target=_build, args=(rank, port, log, lacking)) for rank in (0, 1)]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    assert [each.exitcode for each in both] == [0, 0]
    calls = lines(log)
    assert calls[0] == "0 reconstruction warping"
    rest = "1 reconstruction" if lacking else "1 reconstruction warping"
    assert calls[1:] == [rest]
    ends = [log.with_suffix(f".{rank}").read_text() for rank in (0, 1)]
    assert ends[0].partition(" | ")[2] == ends[1].partition(" | ")[2] == str([WHY] if lacking else [])


def test_one_that_differs_from_the_first_of_its_machine_is_told(use, monkeypatch: pytest.MonkeyPatch) -> None:
    use(0)
    monkeypatch.setattr(objectives, "first_here", lambda: False)
    with pytest.raises(VfibenchError, match="expected what the first process here has, found: warping"):
        build_objective(recipe(), Place(), None)


def test_a_loss_the_data_cannot_give_is_told() -> None:
    check_losses_given(recipe(), [], ["total", "reconstruction", "warping"])
    check_losses_given(recipe(), [WHY], ["total", "reconstruction"])
    with pytest.raises(
        VfibenchError, match=r"losses.warping: expected samples it can be computed for"
    ) as caught:
        check_losses_given(recipe(), [], ["total", "reconstruction"])
    assert "'made-up'" in caught.value.hint


def test_a_method_that_cannot_be_trained_is_told() -> None:
    with pytest.raises(
        VfibenchError, match=r"method 'blend' cannot be trained here; those that can: .*superslomo"
    ):
        objectives.trainable_of("blend")
    with pytest.raises(VfibenchError, match=r"unknown method 'superslomi'; did you mean superslomo"):
        objectives.trainable_of("superslomi")
