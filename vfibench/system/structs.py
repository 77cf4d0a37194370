"""Plain data as msgspec's structs, and what msgspec says against them in our words."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

import msgspec

from vfibench.errors import VfibenchError, did_you_mean

T = TypeVar("T", bound=msgspec.Struct)
PARTS = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$\.?(.*)`)?", re.DOTALL)
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


@dataclass(frozen=True)
class Complaint:
    """What is wrong with plain data, and where in them.

    Attributes:
        problem: in msgspec's own words: "Expected `int`, got `str`".
        place: "settings.times[0]"; "" for the whole, or where there is no telling.
    """

    problem: str
    place: str

    @classmethod
    def of(cls, error: Exception) -> Complaint:
        """What an error says that came up while data were read or converted, of msgspec or not.

        >>> Complaint.of(msgspec.ValidationError("Expected `int`, got `str` - at `$.sizes[0]`"))
        Complaint(problem='Expected `int`, got `str`', place='sizes[0]')
        """
        found = PARTS.fullmatch(str(error))
        return cls(found[1], found[2] or "") if found else cls(str(error), "")

    @property
    def plain(self) -> str:
        """The problem without marks: "Expected int, got str"."""
        return self.problem.replace("`", "")

    @property
    def reason(self) -> str:
        """The problem as the middle of a sentence: "expected int, got str"; "JSON is malformed" stays so."""
        plain = self.plain
        return plain if plain[1:2].isupper() else plain[:1].lower() + plain[1:]

    @property
    def unknown(self) -> str | None:
        """The key that no struct has there, if that is what is wrong."""
        found = UNKNOWN.fullmatch(self.problem)
        return found[1] if found else None

    def __str__(self) -> str:
        """Reason and place: "expected int, got str in sizes[0]"."""
        return f"{self.reason} in {self.place}" if self.place else self.reason


def read_toml(text: bytes, where: str, hint: str = "") -> dict[str, Any]:
    """A TOML file as plain data.

    Raises:
        VfibenchError: it is none.
    """
    try:
        table: dict[str, Any] = msgspec.toml.decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise VfibenchError(f"expected TOML in {where}, found: {error}", hint) from error
    return table


def checked(table: object, struct: type[T], where: str) -> T:
    """Plain data as a struct.

    Args:
        table: the data.
        struct: forbids unknown fields, and no other struct is a part of it.
        where: the file, and the place in it.

    Raises:
        VfibenchError: they are none; it names the place, and the keys that would do.
    """
    try:
        return msgspec.convert(table, struct)
    except msgspec.ValidationError as error:
        found = Complaint.of(error)
        if found.unknown is not None:
            raise unknown_key(found.unknown, struct, where) from error
        place = f"{found.place}: " if found.place else ""
        raise VfibenchError(f"{where}: {place}{found.reason}", _keys_of(struct)) from error


def check_fields(record: Any, where: str = "") -> None:
    """Hold the fields of a dataclass, and of those in it, to their types; a list will do for a tuple.

    Args:
        record: such as a card that a plugin has filled in.
        where: the record in messages; its class where that is "".

    Raises:
        TypeError: a field is of another type; it names the field, what is expected and what was found.

    >>> check_fields(Complaint("no", 3))
    Traceback (most recent call last):
    TypeError: Complaint.place: expected str, found 3
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


def unknown_key(key: str, struct: type[msgspec.Struct], where: str) -> VfibenchError:
    """The error for a key that a struct lacks; its hint holds the nearest of those it has, else all."""
    names = [each.name for each in msgspec.structs.fields(struct)]
    hint = did_you_mean(key, names, _keys_of(struct), most=1, cutoff=0.6, form=repr)
    return VfibenchError(f"{where}: unknown key {key!r}", hint)


def _keys_of(struct: type[msgspec.Struct]) -> str:
    return f"the keys there are {', '.join(each.name for each in msgspec.structs.fields(struct))}"
