"""Plain data as msgspec's structs, and what msgspec says against them in our words."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from vfibench.errors import VfibenchError, did_you_mean

T = TypeVar("T", bound=msgspec.Struct)
PARTS = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$\.?(.*)`)?", re.DOTALL)
DEEPEST = 64
"""Levels of lists and objects in one another that a document may have; ours have six."""
TOO_DEEP = "lists or objects nested too deep"
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


class Unreadable(ValueError):
    """Text that is no JSON or TOML as we take them; it says what was found, as the end of a sentence."""


def decode_json(text: bytes, kind: Any = Any) -> Any:
    """A JSON document as plain data, or as a struct; a byte order mark is no matter.

    Args:
        text: all of it.
        kind: what it must be, for msgspec.

    Raises:
        Unreadable: it is no UTF-8, has a key twice, or is nested deeper than `DEEPEST`.
        msgspec.MsgspecError: it is no JSON, or of another kind.
    """
    plain = _utf8(text)
    try:
        found = msgspec.json.decode(plain, type=kind)
        depth = _depth(json.loads(plain, object_pairs_hook=_each_once))
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    if depth > DEEPEST:  # what reads it or writes it again would run out of stack
        raise Unreadable(TOO_DEEP)
    return found


def read_toml(text: bytes, where: str, hint: str = "") -> dict[str, Any]:
    """A TOML file as plain data; a byte order mark is no matter.

    Raises:
        VfibenchError: it is none, or nested deeper than `DEEPEST`.
    """
    try:
        table: dict[str, Any] = msgspec.toml.decode(_utf8(text))
        if _depth(table) > DEEPEST:
            raise Unreadable(TOO_DEEP)
    except RecursionError as error:
        raise VfibenchError(f"expected TOML in {where}, found: {TOO_DEEP}", hint) from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise VfibenchError(f"expected TOML in {where}, found: {error}", hint) from error
    return table


def _utf8(text: bytes) -> bytes:
    """The text without a byte order mark; that of another encoding is refused."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("UTF-16, save it as UTF-8")
    return text.removeprefix(codecs.BOM_UTF8)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise Unreadable(f"the key {twice[:80]!r} twice in one object")
    return found


def _depth(value: object) -> int:
    """How deep lists and objects stand in one another; 0 for a number or text. Stops beyond `DEEPEST`."""
    depth, level = 0, [value]
    while depth <= DEEPEST and (holders := [each for each in level if isinstance(each, dict | list)]):
        level = [part for each in holders for part in _parts(each)]
        depth += 1
    return depth


def _parts(value: dict[str, object] | list[object]) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value


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


def unknown_key(key: str, struct: type[msgspec.Struct], where: str) -> VfibenchError:
    """The error for a key that a struct lacks; its hint holds the nearest of those it has, else all."""
    names = [each.name for each in msgspec.structs.fields(struct)]
    hint = did_you_mean(key, names, _keys_of(struct), most=1, cutoff=0.6, form=repr)
    return VfibenchError(f"{where}: unknown key {key!r}", hint)


def _keys_of(struct: type[msgspec.Struct]) -> str:
    return f"the keys there are {', '.join(each.name for each in msgspec.structs.fields(struct))}"
