"""The tensors of a network in a checkpoint, whatever training scripts have wrapped them in.

Scripts save a network alone, beside an optimiser's state, or averaged and plain side by side; and from inside
of DistributedDataParallel, torch.compile or a trainer, which put a word of their own before each name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.errors import VfibenchError
from vfibench.weights.kinds import LARGEST_UNPACKED

if TYPE_CHECKING:
    from torch import Tensor

AVERAGED = ("params_ema", "state_dict_ema", "ema_state_dict", "model_ema", "ema_model", "ema", "average")
"""Where scripts keep the average over a network's last steps. It is meant where the plain parameters stand
beside it: it is what their authors test, and what `vfibench train` exports."""
PLAIN = (
    "state_dict",
    "model_state_dict",
    "net_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "generator",
    "params",
    "module",
)
"""Where scripts keep a network's tensors."""
WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.", "generator.")
"""What may stand before all names: of DistributedDataParallel, torch.compile, a trainer's attribute."""
COUNT = "n_averaged"
"""Beside the parameters in torch's AveragedModel: how many steps they are the average of."""
COMPILED = "_orig_mod."
"""It may stand inside of names as well, where a part of a network was compiled."""
DEEPEST = 4


def state_in(checkpoint: object, source: Path, *keys: str) -> dict[str, Tensor]:
    """The tensors of the one network in a checkpoint, under its own names; what is no tensor is left out.

    Args:
        checkpoint: what `read_checkpoint` gave.
        source: its file, for messages.
        keys: under which the method's own scripts keep it, before all others.

    Raises:
        VfibenchError: no tensors are in these places, or several networks that may be meant.

    >>> import torch
    >>> weight = torch.ones(2)
    >>> state_in({"epoch": 3, "state_dict": {"module._orig_mod.conv.weight": weight}}, Path("net.pt")).keys()
    dict_keys(['conv.weight'])
    """
    found = network_part(checkpoint, source, *keys)
    tensors = _tensors(found) if isinstance(found, Mapping) else {}
    if not tensors:
        places = f"named tensors, alone or under {' or '.join(keys)}" if keys else "named tensors"
        raise VfibenchError(f"expected {places}, found {contents(found)} in {source}")
    return bare(tensors, source)


def network_part(checkpoint: object, source: Path, *keys: str) -> object:
    """What a checkpoint holds of a network, without what stands beside it; itself where nothing is known.

    Raises:
        VfibenchError: several parts may be meant.
    """
    for _ in range(DEEPEST):
        if not isinstance(checkpoint, Mapping):
            return checkpoint
        parts = _there(checkpoint, keys)[:1] or _there(checkpoint, AVERAGED) or _there(checkpoint, PLAIN)
        if len(parts) > 1:
            raise VfibenchError(
                f"expected one network, found {' and '.join(parts)} in {source}",
                "save the one that is meant alone",
            )
        if not parts:
            return checkpoint
        checkpoint = checkpoint[parts[0]]
    return checkpoint


def _there(checkpoint: Mapping[Any, Any], keys: Iterable[str]) -> list[str]:
    return [key for key in keys if isinstance(checkpoint.get(key), Mapping)]


def bare(tensors: Mapping[str, Tensor], source: Path) -> dict[str, Tensor]:
    """Names as the network has them, without the words of what stood around it.

    Args:
        tensors: of one network.
        source: their file, for messages.

    Raises:
        VfibenchError: two tensors would have one name, or they claim a size that the file has not.
    """
    tensors = {str(name): tensor for name, tensor in tensors.items() if name != COUNT}
    names = list(tensors)
    while (word := _wrapper(names)) is not None:
        names = [name.removeprefix(word) for name in names]
    names = [name.replace(COMPILED, "") for name in names]
    found = dict(zip(names, tensors.values(), strict=True))
    if len(found) < len(tensors):
        twice = next(name for name in names if names.count(name) > 1)
        raise VfibenchError(f"expected one tensor {twice}, found it twice, wrapped and not, in {source}")
    _check_real(_tensors(found), source)  # what is no tensor is told where it is loaded
    return found


def _wrapper(names: list[str]) -> str | None:
    return next((word for word in WRAPPERS if names and all(name.startswith(word) for name in names)), None)


def _check_real(tensors: Mapping[str, Tensor], source: Path) -> None:
    """A few bytes may claim to be tensors of any size, by telling that each number is used many times."""
    import torch

    claimed = 0
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_meta:
            raise VfibenchError(f"expected plain tensors, found {name} of another sort in {source}")
        size = tensor.numel() * tensor.element_size()
        if size > tensor.untyped_storage().nbytes():
            claimed += size
    if claimed > LARGEST_UNPACKED:
        raise VfibenchError(
            f"expected a network, found tensors that claim {claimed:,} bytes and have few, in {source}"
        )


def _tensors(found: Mapping[Any, Any]) -> dict[str, Tensor]:
    import torch

    return {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}


def contents(checkpoint: object) -> str:
    """What a checkpoint holds, in a few words: its first three entries, or its type."""
    if not isinstance(checkpoint, Mapping):
        return type(checkpoint).__name__
    shown = [str(name)[:80] for name in checkpoint]
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return f"entries {', '.join(shown[:3])}{more}" if shown else "nothing"
