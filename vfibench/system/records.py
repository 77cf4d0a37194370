"""Dataclasses that other people fill in, held to their types."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import msgspec


def check_fields(record: Any, where: str = "") -> None:
    """Hold the fields of a dataclass, and of those in it, to their types; a list will do for a tuple.

    Args:
        record: such as a card that a plugin has filled in.
        where: the record in messages; its class where that is "".

    Raises:
        TypeError: a field is of another type; it names the field, what is expected and what was found.

    >>> from vfibench.contracts import AdapterCard
    >>> check_fields(AdapterCard("mine", "mine:Mine", inputs=2))
    Traceback (most recent call last):
    TypeError: AdapterCard.inputs: expected tuple[int, ...], found 2
    """
    hints = get_type_hints(type(record))
    for field in fields(record):
        value, place = getattr(record, field.name), f"{where or type(record).__name__}.{field.name}"
        try:
            msgspec.convert(value, hints[field.name], from_attributes=True)
        except msgspec.ValidationError as error:
            raise TypeError(f"{place}: expected {field.type}, found {reprlib.repr(value)}") from error
        for part in _parts(value):
            if is_dataclass(part) and not isinstance(part, type):
                check_fields(part, place)


def _parts(value: object) -> Iterable[object]:
    """What is in a collection; the value itself where it is none."""
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, tuple | list) else (value,)
