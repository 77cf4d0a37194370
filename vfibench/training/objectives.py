"""What a recipe's method is trained for: network and losses, the same in every process."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import find_card
from vfibench.registry import METHODS, load_target
from vfibench.trainable import Objective, Trainable
from vfibench.training.processes import first_here, from_all, in_step
from vfibench.training.recipes import Recipe
from vfibench.training.samples import Place


def trainable_of(method: str) -> Trainable:
    """How a method, of a catalogue or "pkg.mod:Class", is trained.

    Raises:
        VfibenchError: unknown method, or one that cannot be trained.
    """
    card = find_card(method)
    if not card.trainable:
        able = ", ".join(each.name for each in METHODS.cards() if each.trainable)
        raise VfibenchError(f"method {method!r} cannot be trained here", f"those that can: {able}")
    built: Trainable = load_target(card.trainable)()
    return built


def left_out(notes: Iterable[str]) -> frozenset[str]:
    """Names of the losses that cannot be had, of lines such as "perceptual: why"."""
    return frozenset(note.partition(":")[0] for note in notes)


def build_objective(recipe: Recipe, place: Place, begun: list[str] | None) -> tuple[Objective, list[str]]:
    """Build the network, with initial parameters, and its losses.

    The first process of each machine goes first, so that what a loss downloads is downloaded once; a loss
    that one of them cannot have is left out by all.

    Args:
        recipe: what is trained.
        place: this process among all.
        begun: lines of the losses that the training which goes on was begun without; None for a new one.

    Returns:
        The objective, and a line for each loss that is left out.

    Raises:
        VfibenchError: bad options or losses; no loss that can be had; or one cannot be had that training was
            begun with, so that it would not go on as it began.
    """
    wanted = frozenset(recipe.losses) - left_out(begun or [])
    made = in_step(place, lambda: _built(recipe, wanted) if first_here() else None)
    found = from_all([] if made is None else made[1], place)
    notes = sorted({note for each in found for note in each})
    return in_step(place, lambda: _agreed(recipe, wanted, made, notes, begun))


def _agreed(
    recipe: Recipe,
    wanted: frozenset[str],
    made: tuple[Objective, list[str]] | None,
    notes: list[str],
    begun: list[str] | None,
) -> tuple[Objective, list[str]]:
    """The objective with the losses that all processes have."""
    if notes and begun is not None:
        message = f"expected the losses that training was begun with, found: {notes[0]}"
        raise VfibenchError(message, "go on where it can be had, or begin anew in another --out")
    rest = wanted - left_out(notes)
    if not rest:
        raise VfibenchError(f"expected a loss that can be had, found: {'; '.join(notes)}")
    if made is None or left_out(made[1]) != left_out(notes):
        made = _built(recipe, rest)
        if made[1]:
            raise VfibenchError(f"expected what the first process here has, found: {made[1][0]}")
    return made[0], [*(begun or []), *notes]


def _built(recipe: Recipe, losses: frozenset[str]) -> tuple[Objective, list[str]]:
    trainable = trainable_of(recipe.method)
    torch.manual_seed(recipe.training.seed)
    return trainable.objective(recipe.network, losses)


def check_losses_given(recipe: Recipe, notes: Iterable[str], given: Iterable[str]) -> None:
    """Make sure that a step gave every loss of the recipe but those left out.

    Raises:
        VfibenchError: one is missing: the data have not what it compares with.
    """
    missing = sorted(set(recipe.losses) - left_out(notes) - set(given))
    if missing:
        message = f"losses.{missing[0]}: expected samples it can be computed for, found none in this data"
        hint = f"take it out of [losses], or train on another source (now: {recipe.data.source!r})"
        raise VfibenchError(message, hint)
