"""Checkpoints: whole or not at all, and refused where they belong to another training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from vfibench.errors import VfibenchError
from vfibench.system.files import whole
from vfibench.system.telling import note_once
from vfibench.training.checksums import check_seal, seal
from vfibench.training.complaints import LOWER
from vfibench.training.recipes import Recipe
from vfibench.training.state import State
from vfibench.weights.reading import read_checkpoint

NAME = "checkpoint.pt"
NEEDED = {"recipe", "step", "network", "optimiser", "schedule", "scaler", "average"}
FREE = {"about", "training.steps"}
"""Keys of a recipe that may change while it is trained; see `_check_steps`."""
ANEW = "begin anew in another --out"


def save_checkpoint(state: State, folder: Path, facts: dict[str, Any]) -> None:
    """Replace the folder's checkpoint in one move: a process killed at any moment leaves the old or the new.

    Args:
        state: what is saved.
        folder: where.
        facts: plain data that are kept beside it; `read_begun` gives them back.

    Raises:
        VfibenchError: it cannot be written.
    """
    path = folder / NAME
    try:
        with whole(path) as file:
            torch.save({"recipe": msgspec.to_builtins(state.recipe), **facts, **state.saved()}, file)
            seal(file)
    except (OSError, RuntimeError) as error:  # torch meets a full disk with a RuntimeError
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        message = f"expected to write {path}, found: {reason}"
        raise VfibenchError(message, "make room and go on with --resume") from error


def check_finite(state: State) -> None:
    """Make sure that what is about to be kept is worth it.

    Raises:
        VfibenchError: a parameter is not a finite number; the last checkpoint stays.
    """
    with torch.no_grad():
        sums = torch.stack([each.double().abs().sum() for each in state.objective.network.parameters()])
    if not bool(torch.isfinite(sums).all()):
        message = f"expected finite parameters, found others after step {state.step}"
        raise VfibenchError(message, LOWER)


def read_begun(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """The folder's checkpoint, if it was begun with this recipe.

    Raises:
        VfibenchError: there is none, it is damaged, or its recipe differs; the message names the first key.
    """
    path = folder / NAME
    if not path.is_file():
        hint = "leave --resume out to begin"
        raise VfibenchError(f"expected a checkpoint to go on from, found no {path}", hint)
    saved = _read(path)
    _check_recipe(saved["recipe"], recipe, path)
    if recipe.training.steps < saved["step"]:
        message = f"training.steps: expected at least the {saved['step']} made in {path}"
        raise VfibenchError(f"{message}, found {recipe.training.steps}", "ask for more --steps")
    return saved


def restore(state: State, saved: dict[str, Any], folder: Path) -> None:
    """Go on from what `read_begun` gave.

    Raises:
        VfibenchError: the network or the optimiser is not the one that was saved.
    """
    try:
        state.restore(saved)
    except (RuntimeError, ValueError, KeyError) as error:  # the network's code has changed since
        message = f"expected a checkpoint of this network, found another in {folder / NAME}"
        raise VfibenchError(message, f"go on with the vfibench that made it, or {ANEW}") from error


def network_in(saved: object) -> dict[str, Tensor] | None:
    """The network in a checkpoint, the averaged one where there is one; None for any other file."""
    if not isinstance(saved, dict) or not set(saved) >= NEEDED:
        return None
    if saved["average"] is None:
        return dict(saved["network"])
    inside = "module."
    return {
        name.removeprefix(inside): value
        for name, value in saved["average"].items()
        if name.startswith(inside)
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        saved = read_checkpoint(path)
        sealed = check_seal(path, ANEW)
    except VfibenchError as error:
        raise VfibenchError(error.message, ANEW) from error
    if not sealed:
        note_once(f"{path} has no checksum, since an earlier version wrote it; damage in it may stay unseen")
    if not isinstance(saved, dict) or not set(saved) >= NEEDED:
        raise VfibenchError(f"expected a checkpoint of vfibench train, found another file: {path}", ANEW)
    return saved


def _check_recipe(saved: dict[str, Any], asked: Recipe, path: Path) -> None:
    begun, now = _flat(saved), _flat(msgspec.to_builtins(asked))
    for key in sorted(begun.keys() | now.keys()):
        if _plain(begun.get(key)) != _plain(now.get(key)) and key not in FREE:
            message = f"{key}: expected {begun.get(key)!r} as in {path}, found {now.get(key)!r}"
            raise VfibenchError(message, f"go on with --recipe {path.parent / 'recipe.toml'}, or {ANEW}")
    _check_steps(begun["training.steps"], asked, path)


def _check_steps(begun: int, asked: Recipe, path: Path) -> None:
    """A cosine falls over all steps: with another number of them, those made would have been others."""
    if begun != asked.training.steps and asked.schedule.name == "cosine":
        message = f"training.steps: expected {begun} as in {path}, found {asked.training.steps}"
        hint = f"a cosine cannot be made longer: start another training with --init {path}"
        raise VfibenchError(message, hint)


def _flat(table: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {before + key: value}
    return flat


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
