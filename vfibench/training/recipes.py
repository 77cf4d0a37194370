"""Recipes: everything that decides what is trained, on what and for how long, as one TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from vfibench.errors import VfibenchError
from vfibench.registry import RECIPES, recipe_text
from vfibench.system.paths import given_path
from vfibench.system.structs import read_toml
from vfibench.trainable import Targets, Times, Wanted
from vfibench.training.complaints import COMPARE, complaint

Count = Annotated[int, Meta(ge=1)]
Positive = Annotated[float, Meta(gt=0, le=1e300)]
Share = Annotated[float, Meta(ge=0, lt=1)]
NotNegative = Annotated[float, Meta(ge=0)]


class RecipeTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a recipe: an unknown key is an error, not a surprise."""


class Data(RecipeTable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is trained on.

    Attributes:
        source: name of a training source.
        inputs, targets, time, crop: see `vfibench.trainable.Wanted`.
        scale: how much smaller the inputs are made, by MATLAB's bicubic; 4 for Zooming Slow-Mo.
        flip, rotate, reverse: augmentation: mirrored both ways, by quarter turns, played backwards; each
            with probability 1/2 (a quarter turn: any of four).
    """

    source: str = "synthetic"
    inputs: Literal[2, 4, 6, 8] = 2
    targets: Targets = "middle"
    time: Times = "random"
    crop: Annotated[int, Meta(ge=32, multiple_of=32)] = 128
    scale: Literal[1, 4] = 1
    flip: bool = False
    rotate: bool = False
    reverse: bool = False

    @property
    def wanted(self) -> Wanted:
        """The same for a training source."""
        return Wanted(self.inputs, self.targets, self.time, self.crop)


class Optimiser(RecipeTable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Adam or AdamW, as torch has them."""

    name: Literal["adam", "adamw"] = "adam"
    lr: Positive = 1e-4
    betas: tuple[Share, Share] = (0.9, 0.999)
    weight_decay: NotNegative = 0.0


class Schedule(RecipeTable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the learning rate changes, step by step.

    Attributes:
        name: "constant"; "step": times `factor` after every `period` steps; "cosine": from the highest to
            `lowest` over all steps; "restarts": the same anew every `period` steps.
        warmup: steps over which the rate first rises in a straight line.
        lowest: lowest rate of a cosine.
    """

    name: Literal["constant", "step", "cosine", "restarts"] = "constant"
    warmup: Annotated[int, Meta(ge=0)] = 0
    period: Count = 1
    factor: Positive = 0.1
    lowest: NotNegative = 0.0


class Training(RecipeTable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long, and how.

    Attributes:
        steps: optimiser steps.
        batch: samples a step, over all processes together.
        seed: of initial parameters, order of samples, crops and synthetic scenes.
        precision: of autocast.
        clip_norm: largest norm of the gradient, 0 for no limit.
        ema: decay of the average of parameters that is validated and exported, 0 for none.
        validate_every, validate_on: steps between validations, and samples in one.
        save_every: steps between checkpoints.
        stored: precision of the exported weights; fp16 halves the file.
    """

    steps: Count
    batch: Count = 8
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    precision: Literal["fp32", "fp16", "bf16"] = "fp32"
    clip_norm: NotNegative = 0.0
    ema: Share = 0.0
    validate_every: Count = 1000
    validate_on: Count = 32
    save_every: Count = 500
    stored: Literal["fp32", "fp16"] = "fp32"


class Recipe(RecipeTable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole recipe; `losses` names each loss of the method that is wanted and gives its weight."""

    name: str
    method: str
    about: str = ""
    init: str = ""
    network: dict[str, int | bool] = {}
    data: Data
    losses: dict[str, Positive]
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    training: Training


def read_recipe(name: str) -> Recipe:
    """A recipe by its name or from a TOML file.

    Raises:
        VfibenchError: no such recipe or file, or a file that is no recipe; the message names the place.
    """
    if name.endswith(".toml"):
        return parse_recipe(_read(given_path(name)), name)
    card = RECIPES.card(name)
    return parse_recipe(recipe_text(card), f"recipe {name}")


def parse_recipe(text: bytes, where: str) -> Recipe:
    """A recipe from TOML.

    Raises:
        VfibenchError: it is no TOML, or a key or value is not one of a recipe.
    """
    return _checked(read_toml(text, where, COMPARE), where)


def changed(
    recipe: Recipe,
    *,
    init: str = "",
    steps: int | None = None,
    batch: int | None = None,
    seed: int | None = None,
) -> Recipe:
    """A recipe with what the command line asks for instead; it is checked like the file.

    Raises:
        VfibenchError: a value that no recipe may have.
    """
    table = msgspec.to_builtins(recipe)
    given = {"steps": steps, "batch": batch, "seed": seed}
    table["training"] |= {name: value for name, value in given.items() if value is not None}
    table["init"] = init or recipe.init
    return _checked(table, "the command line")


def _checked(table: dict[str, Any], where: str) -> Recipe:
    tables: dict[str, type[Struct]] = {
        "": Recipe,
        "data": Data,
        "optimiser": Optimiser,
        "schedule": Schedule,
        "training": Training,
    }
    try:
        return msgspec.convert(table, Recipe)
    except msgspec.ValidationError as error:
        raise complaint(error, table, tables, where) from error


def as_toml(recipe: Recipe) -> str:
    """The recipe with all of its defaults written out, as TOML."""
    return msgspec.toml.encode(recipe).decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise VfibenchError(
            f"expected a recipe, found {error.strerror} for {path}", "check the path"
        ) from error
