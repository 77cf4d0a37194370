"""Whose weights are whose: the values of --weights, given to the methods they are meant for."""

from __future__ import annotations

from collections.abc import Mapping

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import FRAMES, find_card, split_variant
from vfibench.methods.workers.adapter import EXEC
from vfibench.registry import METHODS


def split_weights(given: list[str], methods: list[str]) -> Mapping[str, str]:
    """Assign --weights values, "FILE" or "NAME=FILE", to methods; NAME stands for all its variants too.

    Raises:
        VfibenchError: a bare FILE with several methods that take weights, an unasked name, or two files
            for one method.
    """
    assigned: dict[str, str] = {}
    for value in given:
        for name, path in _takers(value, methods):
            if name in assigned:
                raise VfibenchError(f"expected one --weights for {name}, found {assigned[name]} and {path}")
            assigned[name] = path
    return assigned


def _takers(value: str, methods: list[str]) -> list[tuple[str, str]]:
    """Methods and file of one --weights value."""
    name, equals, path = value.partition("=")
    named = [method for method in methods if name in (method, split_variant(method)[0])] if equals else []
    if named:
        return [(method, path) for method in named]
    if equals and split_variant(name)[0] in METHODS.names():
        raise VfibenchError(f"{name} is not among the methods, found --weights {value}", f"add -m {name}")
    takers = [name for name in methods if not name.startswith((FRAMES, EXEC)) and find_card(name).learned]
    if len({split_variant(method)[0] for method in takers}) != 1:
        raise VfibenchError(
            f"cannot tell whose weights {value!r} are: {len(takers)} of the methods take weights",
            "write --weights NAME=FILE",
        )
    return [(method, value) for method in takers]
