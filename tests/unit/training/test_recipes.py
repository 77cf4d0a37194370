"""Recipes: what is accepted, how a mistake is told, and that all built-in ones can be trained."""

from __future__ import annotations

from importlib.resources import files

import pytest
import tiny_training

from vfibench.errors import VfibenchError
from vfibench.registry import RECIPES, SOURCES
from vfibench.training.objectives import trainable_of
from vfibench.training.recipes import as_toml, changed, parse_recipe, read_recipe

BASE = tiny_training.RECIPE


def mistaken(line: str, by: str) -> str:
    """What is said where `line` of the recipe is replaced."""
    assert BASE.count(line) == 1
    with pytest.raises(VfibenchError) as caught:
        parse_recipe(BASE.replace(line, by).encode(), "mine.toml")
    assert "$" not in str(caught.value)
    assert "mine.toml" in caught.value.message
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "by", "said"),
    [
        ("steps = 12", "stepz = 12", "[training] in mine.toml: unknown key 'stepz'; did you mean 'steps'?"),
        ("crop = 32", "losses = 32", "the keys there are source, inputs, targets"),
        ("[losses]", "[lozzes]", "unknown key 'lozzes'; did you mean 'losses'?"),
        ("steps = 12", "", "[training] in mine.toml: expected a value for 'steps', found none"),
        ('method = "superslomo"', "", "mine.toml: expected a value for 'method', found none"),
        ("steps = 12", "steps = 0", "training.steps: expected a whole number >= 1, found 0"),
        ("steps = 12", "steps = 2.5", "training.steps: expected a whole number, found 2.5"),
        ("steps = 12", 'steps = "many"', "training.steps: expected a whole number, found 'many'"),
        ("crop = 32", "crop = 100", "data.crop: expected a whole number that's a multiple of 32, found 100"),
        ("crop = 32", "crop = 32\ninputs = 3", "data.inputs: expected 2, 4, 6 or 8, found 3"),
        ('"adamw"', '"sgd"', "optimiser.name: expected 'adam' or 'adamw', found 'sgd'"),
        ("lr = 1e-3", "lr = 0.0", "optimiser.lr: expected a number > 0.0, found 0.0"),
        ("lr = 1e-3", "betas = [0.9]", "optimiser.betas: expected a list of length 2, found [0.9]"),
        ("lr = 1e-3", "lr = inf", "optimiser.lr: expected a number <= 1e+300, found inf"),
        ("seed = 3", f"seed = {2**63}", "training.seed: expected a whole number"),
        ("ema = 0.9", "ema = 1.0", "training.ema: expected a number < 1.0, found 1.0"),
        ("warping = 10", "warping = 0", "losses.warping: expected a number > 0.0, found 0"),
        ("warping = 10", 'warping = "a"', "losses.warping: expected a number, found 'a'"),
        ("width = 2", "width = 2.5", "network.width: expected a whole number, true or false, found 2.5"),
        ("lr = 1e-3", "lr = ", "expected TOML in mine.toml, found: Invalid value (at line"),
    ],
)
def test_a_mistake_is_told_with_its_place(line: str, by: str, said: str) -> None:
    assert said in mistaken(line, by)


def test_bytes_that_are_no_text_are_no_recipe() -> None:
    with pytest.raises(VfibenchError, match=r"expected TOML in mine.toml"):
        parse_recipe(b"\xff\xfe", "mine.toml")


def test_a_recipe_is_its_own_toml() -> None:
    recipe = parse_recipe(BASE.encode(), "mine.toml")
    assert parse_recipe(as_toml(recipe).encode(), "again") == recipe


def test_the_command_line_changes_what_it_names_and_is_checked() -> None:
    recipe = parse_recipe(BASE.encode(), "mine.toml")
    other = changed(recipe, init="superslomo", steps=5, batch=2, seed=0)
    assert (other.init, other.training.steps, other.training.batch, other.training.seed) == (
        "superslomo",
        5,
        2,
        0,
    )
    assert changed(recipe) == recipe
    with pytest.raises(
        VfibenchError, match=r"command line: training.batch: expected a whole number >= 1, found 0"
    ):
        changed(recipe, batch=0)


@pytest.mark.parametrize("name", RECIPES.names())
def test_a_built_in_recipe_can_be_trained(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.name == name
    assert recipe.about
    assert recipe.data.source in SOURCES.names()
    assert trainable_of(recipe.method)


def test_every_recipe_in_the_package_is_listed() -> None:
    for name in {card.package for card in RECIPES.cards()}:
        folder = files(name).joinpath("recipes")
        listed = {card.file for card in RECIPES.cards() if card.package == name}
        assert {f"recipes/{path.name}" for path in folder.iterdir() if path.name.endswith(".toml")} == listed


@pytest.mark.parametrize(("name", "inputs"), [("superslomo", 2), ("convlstm", 4)])
def test_the_published_recipes_are_as_published(name: str, inputs: int) -> None:
    for recipe in (read_recipe(name), read_recipe(f"{name}-vimeo")):
        assert recipe.losses == {"reconstruction": 60, "perceptual": 20, "warping": 10}
        assert (recipe.optimiser.name, recipe.optimiser.lr, recipe.optimiser.betas) == (
            "adam",
            1e-4,
            (0.9, 0.999),
        )
        assert (recipe.schedule.name, recipe.schedule.factor, recipe.schedule.warmup) == ("step", 0.1, 0)
        assert recipe.training.steps == 3 * recipe.schedule.period  # 150 epochs, a fall every 50
        assert (recipe.training.batch, recipe.training.seed, recipe.data.crop) == (32, 42, 224)
        assert (recipe.data.inputs, recipe.data.targets, recipe.data.reverse) == (inputs, "windows", True)
        assert not recipe.data.flip
        assert not recipe.data.rotate
        assert recipe.network == {}
    assert read_recipe(name).data.time == "random"


@pytest.mark.parametrize(
    ("name", "losses", "inputs", "targets", "time"),
    [
        ("rife", {"student": 1, "teacher": 1, "distillation": 0.01}, 2, "middle", "midpoint"),
        ("rife-m", {"student": 1, "teacher": 1, "distillation": 0.005}, 2, "middle", "random"),
    ],
)
def test_rifes_recipes_are_as_published(
    name: str, losses: dict[str, float], inputs: int, targets: str, time: str
) -> None:
    recipe = read_recipe(name)
    assert recipe.losses == losses
    assert (recipe.data.inputs, recipe.data.targets, recipe.data.time) == (inputs, targets, time)
    assert (recipe.data.crop, recipe.training.batch) == (224, 64)
    assert (recipe.data.flip, recipe.data.rotate, recipe.data.reverse) == (True, True, True)
    optimiser, schedule = recipe.optimiser, recipe.schedule
    assert (optimiser.name, optimiser.lr, optimiser.weight_decay) == ("adamw", 3e-4, 1e-3)
    assert (schedule.name, schedule.warmup, schedule.lowest) == ("cosine", 2000, 3e-6)


def test_zooming_slowmos_recipe_is_as_published() -> None:
    recipe = read_recipe("zooming-slowmo")
    assert recipe.losses == {"charbonnier": 16}  # a mean over 16 samples, where the original sums
    data, optimiser, schedule = recipe.data, recipe.optimiser, recipe.schedule
    assert (data.inputs, data.targets, data.scale, data.crop) == (4, "all", 4, 128)
    assert (data.flip, data.rotate, data.reverse) == (True, True, True)
    assert (optimiser.name, optimiser.lr, optimiser.betas) == ("adam", 4e-4, (0.9, 0.99))
    assert (schedule.name, schedule.period, schedule.lowest) == ("restarts", 150_000, 1e-7)
    assert (recipe.training.steps, recipe.training.batch) == (600_000, 16)
