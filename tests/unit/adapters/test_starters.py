"""The starters: their cards, the files that lie in the package, and files like them of other sizes.

`NAMES` is what is shipped: a starter that is missing, or one too many, fails here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import resolve
from vfibench.registry import DATASETS, METHODS, RECIPES, load_target
from vfibench.running.scale_fitting import fit
from vfibench.trainable import Batch
from vfibench.training.export import FORMAT, export, facts_of, training_only
from vfibench.training.recipes import parse_recipe, read_recipe
from vfibench.weights.fetching import fetched, place_of
from vfibench.weights.reading import header_of, read_checkpoint, sha256_of

CPU = torch.device("cpu")
PARENTS = {
    "superslomo-starter": "superslomo",
    "convlstm-starter": "convlstm",
    "zooming-slowmo-starter": "zooming-slowmo",
    "rife-starter": "rife-m",
}
NAMES = tuple(PARENTS)
LARGEST = 5_000_000  # bytes
NARROW = {  # [network] tables of networks that take no time
    "superslomo-starter": {"width": 3},
    "convlstm-starter": {"width": 3},
    "zooming-slowmo-starter": {"channels": 12, "groups": 3, "front": 1, "back": 2},
    "rife-starter": {"width0": 8, "width1": 6, "width2": 4, "context": 2},
}

each = pytest.mark.parametrize("name", NAMES)


def test_these_starters_and_no_others_are_in_the_catalogue():
    assert {name for name in METHODS.names() if name.endswith("-starter")} == set(NAMES)
    assert set(NAMES) <= set(RECIPES.names())


@each
def test_a_card_says_what_a_starter_is_and_claims_nothing_of_its_parent(name):
    card, parent, recipe = METHODS.card(name), METHODS.card(PARENTS[name]), read_recipe(name)
    assert "starter" in card.title
    for said in (
        "starter",
        "not the paper's model",
        "13 photographs",
        "not on unseen content",
        f"--recipe {name} ",
    ):
        assert said in card.notes
    assert f"seed {recipe.training.seed}" in card.notes
    assert f"seed {recipe.training.seed}" in card.training_data
    assert recipe.method == parent.name
    assert recipe.data.source in {"synthetic", "synthetic-fast"}
    assert (card.published, card.variants, card.code_url, card.licence) == ((), {}, "", "MIT")
    assert [file.licence for file in card.weights] == ["MIT"]
    assert (card.inputs, card.times, card.scale) == (parent.inputs, parent.times, parent.scale)
    assert card.padding.multiple == parent.padding.multiple


@each
def test_random_parameters_are_those_of_its_own_size(name):
    adapter = load_target(METHODS.card(name).target)()
    adapter.load(CPU, None)
    shapes = {key: value.shape for key, value in adapter.network.state_dict().items()}
    assert shapes == {key: value.shape for key, value in initial(name).items()}


@each
def test_an_exported_file_of_another_size_is_loaded_and_predicts_as_the_network_did(name, tmp_path):
    path, recipe = tmp_path / "weights.safetensors", read_recipe(name)
    trainable = load_target(METHODS.card(recipe.method).trainable)()
    objective, _ = trainable.objective(NARROW[name], losses_of(recipe))
    objective.network.half().float()  # to what the file will hold
    export(objective.network, facts_of(recipe, [], "made up", "", 0, "cpu", "0"), path, half=True)
    adapter = load_target(METHODS.card(name).target)()
    adapter.load(CPU, path)
    assert all(value.dtype == torch.float32 for value in adapter.network.state_dict().values())
    frames = torch.rand(1, adapter.card.inputs[0], 3, 32, 64, generator=torch.Generator().manual_seed(1))
    times = torch.full((1, 1), 0.5)
    with torch.inference_mode():
        expected = objective.predict(Batch(frames, frames[:, :1], times, None))
        torch.testing.assert_close(adapter.predict(frames, [0.5]), expected, rtol=0, atol=1e-4)


@each
def test_the_file_of_another_starter_is_refused_in_one_line(name, tmp_path):
    other = NAMES[(NAMES.index(name) + 1) % len(NAMES)]
    path, recipe = tmp_path / "weights.safetensors", read_recipe(other)
    objective, _ = load_target(METHODS.card(recipe.method).trainable)().objective(
        NARROW[other], losses_of(recipe)
    )
    export(objective.network, {}, path, half=True)
    with pytest.raises(VfibenchError) as caught:
        load_target(METHODS.card(name).target)().load(CPU, path)
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)


@each
def test_the_shipped_file_is_small_and_the_one_that_the_card_pins(name):
    (file,) = METHODS.card(name).weights
    place = place_of(METHODS.card(name), file)
    assert place.is_file()
    assert place.stat().st_size <= LARGEST
    assert file.sha256 == sha256_of(place)
    assert place.name == f"{name}.safetensors"


@each
def test_the_header_of_the_shipped_file_says_how_it_was_made(name):
    header, recipe = header_of(shipped(name)), read_recipe(name)
    assert header["format"] == FORMAT
    assert header["method"] == PARENTS[name]
    assert parse_recipe(header["recipe"].encode(), "the header") == recipe
    assert header["seed"] == str(recipe.training.seed)
    assert header["steps"] == str(recipe.training.steps)
    began = Path(recipe.init).name if recipe.init else "random parameters"
    assert header["started_from"].startswith(began)
    for fact in ("training_data", "device", "vfibench", "torch"):
        assert header[fact], fact


@each
def test_the_shipped_tensors_are_finite_and_trained_from_the_recipes_size(name):
    tensors, random = read_checkpoint(shipped(name)), initial(name)
    assert set(tensors) == set(random)
    for key, value in tensors.items():
        assert value.shape == random[key].shape
        assert value.dtype == torch.float16
        assert torch.isfinite(value).all()
        if value.ndim == 4:
            assert not torch.equal(value, random[key].half()), key


@each
def test_a_starter_runs_without_weights_being_named(name):
    method = resolve(name)
    assert method.weights_sha256 == METHODS.card(name).weights[0].sha256
    frames = torch.rand(1, method.card.inputs[0], 3, 64, 96)
    with torch.inference_mode():
        made = method.open(CPU).predict(frames, [0.5])
    scale = method.card.scale
    assert made.shape == (1, 1, 3, 64 * scale, 96 * scale)
    assert torch.isfinite(made).all()


@each
def test_a_starter_fits_the_built_in_dataset(name):
    assert fit(METHODS.card(name), DATASETS.card("synthetic")).reduced == METHODS.card(name).scale


def shipped(name):
    """The file that lies in the package."""
    path = fetched(METHODS.card(name))
    assert path is not None
    return path


def losses_of(recipe):
    """The recipe's losses but those that need a download."""
    return frozenset(recipe.losses) - {"perceptual"}


def initial(name):
    """What the training of a recipe begins with, of which inference needs the shapes."""
    recipe = read_recipe(name)
    torch.manual_seed(recipe.training.seed)
    trainable = load_target(METHODS.card(recipe.method).trainable)()
    network = trainable.objective(recipe.network, losses_of(recipe))[0].network
    spare = training_only(network)
    return {key: value for key, value in network.state_dict().items() if not key.startswith(spare)}
