"""What is wrong with a recipe, in words that name the key, and what to do about one that does not work."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from vfibench.errors import VfibenchError
from vfibench.system.structs import Complaint, unknown_key

COMPARE = "compare it with `vfibench train --recipe NAME --show`"
LOWER = "begin anew with a lower optimiser.lr or a training.clip_norm; --init takes the last checkpoint"
"""What to do where a number is no longer finite."""
KINDS = {
    "bool | int": "a whole number, true or false",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "array": "a list",
    "object": "a table",
}
MISSING = re.compile(r"Object missing required field `(.*)`")


def complaint(
    error: msgspec.ValidationError,
    table: Mapping[str, Any],
    tables: Mapping[str, type[msgspec.Struct]],
    where: str,
) -> VfibenchError:
    """A complaint of msgspec's as ours.

    Args:
        error: what msgspec says; it names the place, but not the value, nor the keys that would be right.
        table: the recipe as plain data.
        tables: the recipe's tables by name, "" for the keys before the first of them.
        where: the file, or the option.
    """
    found = Complaint.of(error)
    problem, place = found.problem, found.place
    title = f"[{place}] in {where}" if place else where
    if found.unknown is not None:
        return unknown_key(found.unknown, tables[place], title)
    missing = MISSING.fullmatch(problem)
    if missing:
        return VfibenchError(f"{title}: expected a value for {missing[1]!r}, found none", COMPARE)
    name, dot, key = place.partition("[...]")[0].partition(".")
    if "[...]" in place:
        dot, key = ".", _culprit(table[name], numbers=name == "losses")
    expected = _allowed(tables[name], key) if "enum" in problem and dot else ""
    value = table.get(name, {}).get(key.partition("[")[0]) if dot else table.get(name)
    wanted = f"expected {expected}" if expected else _plain(problem)
    return VfibenchError(f"{where}: {name}{dot}{key}: {wanted}, found {value!r}", COMPARE)


def _plain(problem: str) -> str:
    """Without the types' names: "expected a whole number >= 1"."""
    for kind, words in KINDS.items():
        problem = problem.replace(f"`{kind}`", words)
    return problem[0].lower() + problem.partition(", got")[0][1:]


def _allowed(struct: type[msgspec.Struct], key: str) -> str:
    """The words or numbers that a key may have, such as "2, 4, 6 or 8"."""
    kinds = {each.name: each.type for each in msgspec.structs.fields(struct)}
    *most, last = map(repr, get_args(kinds[key]))
    return f"{', '.join(most)} or {last}"


def _culprit(table: Mapping[str, Any], numbers: bool) -> str:
    """The key whose value is not of a free table's kind: a number above 0; or a whole number or bool."""

    def good(value: object) -> bool:
        if not numbers:
            return isinstance(value, int)
        return isinstance(value, int | float) and not isinstance(value, bool) and value > 0

    return next((key for key, value in table.items() if not good(value)), "")
