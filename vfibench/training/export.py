"""Trained weights as safetensors, with what is known about them in the file's header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import find_card
from vfibench.registry import METHODS, RECIPES
from vfibench.system.files import whole
from vfibench.system.paths import given_path
from vfibench.trainable import Trainable
from vfibench.training.checkpoints import network_in
from vfibench.training.recipes import Recipe, as_toml
from vfibench.weights.fetching import fetched
from vfibench.weights.reading import load_strict, missing_weights, read_checkpoint, sha256_of

FORMAT = "vfibench weights 1"


def facts_of(
    recipe: Recipe, notes: list[str], source: str, init: str, step: int, device: str, version: str
) -> dict[str, str]:
    """The header of an exported file: everything that says where its numbers come from.

    Args:
        recipe: what was done; the whole of it goes in, as TOML.
        notes: losses that were left out, and why.
        source: what the source of clips says of itself.
        init: what training started from, "" for random parameters.
        step: steps made.
        device: where it ran.
        version: of vfibench when it began, see `vfibench.system.provenance.version_line`.
    """
    card = find_card(recipe.method)
    return {
        "format": FORMAT,
        "method": recipe.method,
        "title": card.title,
        "paper": card.paper,
        "recipe": as_toml(recipe),
        "network": json.dumps(dict(recipe.network)),
        "training_data": source,
        "started_from": init or "random parameters",
        "steps": str(step),
        "seed": str(recipe.training.seed),
        "left_out": "; ".join(notes),
        "device": device,
        "vfibench": version,
        "torch": torch.__version__,
    }


def export(network: nn.Module, facts: Mapping[str, str], path: Path, half: bool) -> None:
    """Write what inference needs of a network, in float16 if asked, and `facts` to a safetensors file.

    The file appears whole or not at all.
    """
    from safetensors.torch import save

    dtype = torch.float16 if half else torch.float32
    spare = training_only(network)
    kept = {name: each for name, each in network.state_dict().items() if not name.startswith(spare)}
    tensors = {name: _stored(tensor, dtype) for name, tensor in kept.items()}
    with whole(path) as file:
        file.write(save(tensors, metadata=dict(facts)))


def training_only(network: nn.Module) -> tuple[str, ...]:
    """How the names of tensors begin that inference does not need, as RIFE's teacher; most have none."""
    return tuple(getattr(network, "training_only", ()))


def _stored(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def start_from(network: nn.Module, trainable: Trainable, init: str) -> str:
    """Fill a network from a weight file, a training's checkpoint, or the weights of the method of that name.

    Returns:
        What was read, with its hash, for the header.

    Raises:
        VfibenchError: there is no such file or method, or its tensors are not this network's.
    """
    path = _weight_file(init)
    saved = network_in(read_checkpoint(path))
    state = trainable.weights(path) if saved is None else saved
    state = _completed(network, {name: tensor.float() for name, tensor in state.items()})
    load_strict(network, state, path)
    return f"{given_path(init).name} (sha256 {sha256_of(path)})"


def _completed(network: nn.Module, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What only training needs stays as it is where the file has nothing of it; what is not wanted goes."""
    spare, own = training_only(network), network.state_dict()
    state = {name: tensor for name, tensor in state.items() if name in own or not name.startswith(spare)}
    if any(name.startswith(spare) for name in state):
        return state
    return {name: tensor for name, tensor in own.items() if name.startswith(spare)} | state


def _way_to(path: Path) -> str:
    """What to do about weights that are not there: in the folder of a recipe, to train that one first."""
    if path.parent.name in RECIPES.names():
        return f"make it first: vfibench train --recipe {path.parent.name} --out {path.parent}"
    return "check the path of --init, or see `vfibench list methods`"


def _weight_file(init: str) -> Path:
    if init not in METHODS.names():
        path = given_path(init)
        if not path.is_file():
            message = f"expected a weight file or a method to start from, found {init!r}"
            raise VfibenchError(message, _way_to(path))
        return path
    card = METHODS.card(init)
    found = fetched(card, None)
    if found is None:
        raise missing_weights(card)
    return found
