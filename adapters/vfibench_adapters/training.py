"""What every method's training asks of a recipe's tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from vfibench.errors import VfibenchError
from vfibench.trainable import Batch


def check_network(
    method: str, given: Mapping[str, object], defaults: Mapping[str, int | bool]
) -> dict[str, int | bool]:
    """The recipe's [network] table over a method's defaults.

    Raises:
        VfibenchError: an unknown option, or a value of another type or below 1.
    """
    for name, value in given.items():
        if name not in defaults:
            raise VfibenchError(f"[network]: expected {' or '.join(defaults)} for {method}, found {name!r}")
        kind = type(defaults[name])
        if type(value) is not kind or (kind is int and value < 1):
            expected = "a whole number from 1" if kind is int else "true or false"
            raise VfibenchError(f"[network] {name}: expected {expected}, found {value!r}")
    return {**defaults, **given}  # type: ignore[dict-item]


def check_losses(method: str, given: Collection[str], known: Collection[str]) -> None:
    """Make sure that a method has the losses a recipe names.

    Raises:
        VfibenchError: it has not, or none is named.
    """
    unknown = sorted(set(given) - set(known))
    if unknown or not given:
        found = ", ".join(unknown) or "none"
        raise VfibenchError(f"[losses]: expected some of {', '.join(known)} for {method}, found {found}")


def check_sizes(method: str, batch: Batch) -> None:
    """Make sure that a method that enlarges nothing is trained on targets of its inputs' size.

    Raises:
        VfibenchError: it is not.
    """
    height, width = batch.frames.shape[-2:]
    if batch.targets.shape[-2:] != batch.frames.shape[-2:]:
        rows, columns = batch.targets.shape[-2:]
        message = f"{method}: expected targets of the inputs' {width}x{height} pixels, found {columns}x{rows}"
        raise VfibenchError(message, "set scale = 1 in [data]")
