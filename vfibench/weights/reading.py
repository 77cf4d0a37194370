"""Weight files: reading them without ever running what they hold, and filling a network strictly.

Nothing heavy is imported until a file is read.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import MsgspecError

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench.system.structs import decode_json
from vfibench.weights.kinds import HINT_FETCH_AGAIN, LARGEST_HEADER, is_mappable, kind_of
from vfibench.weights.safe_pickle import PLAIN
from vfibench.weights.sealing import check_sealed

if TYPE_CHECKING:
    from torch import Tensor, nn


def read_checkpoint(path: Path) -> object:
    """Read a checkpoint on the CPU: safetensors or torch's, tensors and plain data.

    Which of them a file is, is told by its first bytes, whatever it is called.

    Plain data are also dates, options and numpy's numbers, see `vfibench.weights.safe_pickle`. Tensors stay
    mapped to the file, so parts that are not used (an optimizer's state) never enter memory.

    Args:
        path: the file.

    Returns:
        What was saved, a dict as a rule.

    Raises:
        VfibenchError: the file is missing, no checkpoint, cut short, or a pickle that would run code
            (it is not run); the message names the file.

    Example:
        >>> import torch
        >>> from safetensors.torch import save_file
        >>> save_file({"weight": torch.ones(2)}, "net.safetensors", {"steps": "100"})
        >>> read_checkpoint(Path("net.safetensors"))
        {'weight': tensor([1., 1.])}
    """
    _require(path)
    if kind_of(path) == "safetensors":
        return _read_safetensors(path)
    return _read_torch(path)


def header_of(path: Path) -> dict[str, str]:
    """What the header of a safetensors file says of it, such as what `vfibench train` writes.

    Raises:
        VfibenchError: the file is missing, or no whole safetensors file.

    Example:
        >>> import torch
        >>> from safetensors.torch import save_file
        >>> save_file({"weight": torch.ones(2)}, "net.safetensors", {"steps": "100"})
        >>> header_of(Path("net.safetensors"))
        {'steps': '100'}
    """
    _require(path)
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = decode_json(file.read(size if size < min(path.stat().st_size, LARGEST_HEADER) else 0))
        return {str(name): str(value) for name, value in header.get("__metadata__", {}).items()}
    except (ValueError, AttributeError, MsgspecError) as error:
        raise VfibenchError(
            f"expected a safetensors file, found another or a damaged one: {path}", HINT_FETCH_AGAIN
        ) from error


def load_strict(module: nn.Module, state_dict: object, source: Path) -> None:
    """Copy weights into a network; every tensor of either side must have its partner in the other.

    Args:
        module: the network, on any device.
        state_dict: names to tensors.
        source: where they come from, for the message.

    Raises:
        VfibenchError: a tensor is missing, unexpected or of another shape or type, or has NaN or infinity in
            it; the message counts them and names the first of each.
    """
    check_fit(module, state_dict, source)
    module.load_state_dict(state_dict, strict=True)  # type: ignore[arg-type]  # as just checked


def check_fit(module: nn.Module, state_dict: object, source: Path) -> None:
    """Check that weights are a network's; arguments and errors as of `load_strict`.

    The network may be on the device "meta": one that a file describes need not exist to be compared.
    """
    if not isinstance(state_dict, Mapping):
        raise VfibenchError(f"expected named tensors, found {_kind(state_dict)} in {source}")
    complaints = _differences(module.state_dict(), state_dict) or _no_numbers(module.state_dict(), state_dict)
    if complaints:
        expected = f"expected the {len(module.state_dict())} tensors of {type(module).__name__}"
        raise VfibenchError(
            f"{expected}, found {len(state_dict)} in {source}: {'; '.join(complaints)}",
            "give the weight file of this very method",
        )


def sha256_of(path: Path) -> str:
    """Hex digest of a file.

    Raises:
        VfibenchError: it is missing or may not be read.
    """
    _require(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing_weights(card: AdapterCard) -> VfibenchError:
    """The error for a learned method that was given no weights: where they are and how to pass them."""
    if not card.weights:
        return VfibenchError(
            f"method {card.name!r} learns nothing and takes no weights", "leave --weights out"
        )
    file = card.weights[0]
    if not file.url:
        hint = "none were released; train your own and pass --weights FILE"
    elif file.by_hand:
        hint = f"download {file.name} in a browser from {file.url} and pass --weights {file.name}"
    else:
        hint = f"vfibench fetch weights {card.name}, or pass --weights FILE ({file.name} of {file.url})"
    return VfibenchError(f"method {card.name!r} needs its trained weights, and none were given", hint)


@contextmanager
def told_what_fits(card: AdapterCard, path: Path | None) -> Iterator[None]:
    """Where loading the weights in `path` fails, add to the hint what the card says is in the right file.

    The card's file of the same name, else its first; nothing is added where it tells no `structure`.
    """
    try:
        yield
    except VfibenchError as error:
        file = next((file for file in card.weights if path and file.name == path.name), None)
        file = file or next(iter(card.weights), None)
        if path is None or file is None or not file.structure:
            raise
        inside = f"{file.name} of {card.name} holds: {file.structure}"
        raise VfibenchError(error.message, f"{error.hint}; {inside}" if error.hint else inside) from error


def _require(path: Path) -> None:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise VfibenchError(f"expected a weight file, found {found}: {path}", "check the path")
    if not os.access(path, os.R_OK):
        raise VfibenchError(f"expected a readable weight file, found {path} closed to you", "change its mode")


def _differences(expected: Mapping[str, Tensor], found: Mapping[str, object]) -> list[str]:
    """Up to three complaints: tensors missing, unexpected, and of the wrong shape."""
    missing = [name for name in expected if name not in found]
    unexpected = [str(name) for name in found if name not in expected]
    wrong = [name for name in expected if name in found and _kind(found[name]) != _kind(expected[name])]
    complaints = []
    if missing:
        complaints.append(f"{len(missing)} missing (first: {missing[0]})")
    if unexpected:
        complaints.append(f"{len(unexpected)} unexpected (first: {unexpected[0]})")
    if wrong:
        shapes = f"{wrong[0]} expected {_kind(expected[wrong[0]])}, found {_kind(found[wrong[0]])}"
        complaints.append(f"{len(wrong)} of another shape (first: {shapes})")
    return complaints


def _no_numbers(expected: Mapping[str, Tensor], found: Mapping[str, Any]) -> list[str]:
    """A complaint about tensors that cannot be weights: of another type, or with NaN or infinity in them."""
    import torch

    other, broken = [], []
    for name, wanted in expected.items():
        if (
            found[name].layout != torch.strided
            or found[name].is_quantized
            or found[name].is_meta
            or wanted.is_floating_point() != found[name].is_floating_point()
        ):
            other.append(name)
        elif wanted.is_floating_point() and not bool(found[name].to(wanted.dtype).isfinite().all()):
            broken.append(name)
    complaints = [f"{len(broken)} with NaN or infinity (first: {broken[0]})"] if broken else []
    if other:
        types = f"{other[0]} expected {expected[other[0]].dtype}, found {found[other[0]].dtype}"
        complaints.append(f"{len(other)} of another type (first: {types})")
    return complaints


def _kind(value: object) -> str:
    """A tensor's shape, or the type's name of anything else."""
    shape = getattr(value, "shape", None)
    return str(list(shape)) if shape is not None else type(value).__name__


def _read_safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        message = (
            f"expected a safetensors file, found a damaged or different one, {path}: {_first_line(error)}"
        )
        raise VfibenchError(message, HINT_FETCH_AGAIN) from error
    check_sealed(path, HINT_FETCH_AGAIN)
    return found


def _read_torch(path: Path) -> object:
    import torch

    try:
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            stack.enter_context(torch.serialization.safe_globals(PLAIN))
            warnings.simplefilter("ignore")  # about pickle protocols; what cannot be read is an error below
            # torch goes by the suffix .safetensors where it is given a name; what is open it cannot map
            named = path.suffix != ".safetensors"
            source = path if named else stack.enter_context(path.open("rb"))
            return torch.load(source, "cpu", weights_only=True, mmap=named and is_mappable(path))
    except pickle.UnpicklingError as error:
        raise _unsafe(path, error) from error
    except Exception as error:  # torch meets damaged bytes with errors of every kind
        message = f"expected a whole checkpoint, found a damaged one, {path}: {_first_line(error)}"
        raise VfibenchError(message, HINT_FETCH_AGAIN) from error


def _unsafe(path: Path, error: pickle.UnpicklingError) -> VfibenchError:
    """The error for a pickle that asks for more than tensors and plain data."""
    name = re.search(r"GLOBAL (\S+)", str(error))
    asks = f" (it asks for {name[1]})" if name else ""
    return VfibenchError(
        f"expected tensors only, found a pickle that would run code{asks} in {path}; it was not run",
        "use the authors' own file, or convert it to safetensors where you trust it",
    )


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]
