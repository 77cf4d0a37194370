"""From a checkpoint file, or from nothing, to a network: the same steps for every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from vfibench.errors import VfibenchError
from vfibench.weights.reading import load_strict, read_checkpoint

Network = TypeVar("Network", bound=nn.Module)

WRAPPER = "module."


def untrained(make: Callable[[], Network]) -> Network:
    """A network with its initial parameters, the same each time; the global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return make()


def trained(make: Callable[[], Network], state: Mapping[str, Tensor], path: Path) -> Network:
    """A network filled with `state`, every tensor of which must have its place; its own precision is kept.

    Args:
        make: builds the network; it must keep no tensors but parameters and persistent buffers, since it
            is built without memory (initial values would only be overwritten).
        state: the tensors under the network's own names.
        path: the file they come from, for messages.

    Raises:
        VfibenchError: a tensor is missing, unexpected or of another shape.
    """
    with torch.device("meta"):
        network = make()
    load_strict(network.to_empty(device="cpu"), state, path)
    return network


def channels(state: Mapping[str, Tensor], name: str, otherwise: int) -> int:
    """How many channels the convolution `name` of a checkpoint gives, which tells how wide its network is.

    Args:
        state: the tensors under the network's own names.
        name: of the convolution's weight.
        otherwise: where there is no such weight; `trained` then says what is missing.
    """
    weight = state.get(name)
    return len(weight) if weight is not None and weight.ndim == 4 and len(weight) else otherwise


def placed(network: Network, device: torch.device) -> Network:
    """The network ready for inference: on `device`, channels_last, in evaluation mode, without gradients."""
    return network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload, no-any-return]


def tensors_in(path: Path, *keys: str) -> dict[str, Tensor]:
    """The named tensors of a checkpoint, which are the file itself or stand under one of `keys`.

    Where all names begin with "module.", as those saved from several GPUs do, they lose it.

    Args:
        path: the file.
        keys: names under which releases and training scripts keep the state dict, tried in order.

    Raises:
        VfibenchError: the file is no checkpoint, or holds no tensors in these places.
    """
    checkpoint = read_checkpoint(path)
    if isinstance(checkpoint, Mapping):
        for key in keys:
            if isinstance(checkpoint.get(key), Mapping):
                checkpoint = checkpoint[key]
                break
        tensors = {str(name): value for name, value in checkpoint.items() if isinstance(value, Tensor)}
        if tensors:
            return _without_wrapper(tensors)
    places = "named tensors" + (f", alone or under {' or '.join(keys)}" if keys else "")
    raise VfibenchError(f"expected {places}, found {contents(checkpoint)} in {path}")


def nets_in(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint whose parts are called "module..." where ours are called "net..."."""
    return {name.replace("module", "net"): tensor for name, tensor in tensors_in(path).items()}


def _without_wrapper(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names as the network has them, not (Distributed)DataParallel around it."""
    if all(name.startswith(WRAPPER) for name in tensors):
        return {name.removeprefix(WRAPPER): tensor for name, tensor in tensors.items()}
    return tensors


def contents(checkpoint: object) -> str:
    """What a checkpoint holds, in a few words: its first three entries, or its type."""
    if not isinstance(checkpoint, Mapping):
        return type(checkpoint).__name__
    shown = [str(name) for name in checkpoint]
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return f"entries {', '.join(shown[:3])}{more}" if shown else "nothing"
