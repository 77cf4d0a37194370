"""From a checkpoint file, or from nothing, to a network: the same steps for every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from vfibench.weights.reading import check_fit, read_checkpoint
from vfibench.weights.states import state_in

Network = TypeVar("Network", bound=nn.Module)


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
    check_fit(network, state, path)  # before there is memory for it: a file may claim any size
    network.to_empty(device="cpu").load_state_dict(state)
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
    """The network's tensors in a checkpoint file under its own names, see `vfibench.weights.states`.

    Args:
        path: the file.
        keys: names under which the method's own training scripts keep the state dict, tried first.

    Raises:
        VfibenchError: the file is no checkpoint, or holds no tensors in these places.
    """
    return state_in(read_checkpoint(path), path, *keys)


def nets_in(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint whose parts are called "module..." where ours are called "net..."."""
    return {name.replace("module", "net"): tensor for name, tensor in tensors_in(path).items()}
