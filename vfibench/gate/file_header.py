"""The head of a baseline file: each cell's identity in comments, a fact per line, the values in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from vfibench.errors import VfibenchError
from vfibench.gate.baseline import BaselineCell
from vfibench.store.settings import Settings, nested
from vfibench.system.json_text import encoded
from vfibench.system.structs import Complaint, decode_json

AGAIN = "make it again with `vfibench baseline RUN -o FILE`"
SETTING = "settings."


class CellHeader(Struct, frozen=True):
    """What the head says of a cell.

    Attributes:
        frames: number of rows.
        method, dataset, protocol: of the cell.
        made_with: versions of software.
        better: "higher" or "lower", by column.
        settings: of the cell.
    """

    frames: Annotated[int, Meta(ge=0)]
    method: str
    dataset: str
    protocol: str
    made_with: dict[str, str]
    better: dict[str, Literal["higher", "lower"]]
    settings: Settings


def head_lines(cells: Sequence[BaselineCell]) -> Iterator[str]:
    """The head of these cells, below the file's first line."""
    for one in cells:
        facts = {
            "frames": len(one.frames),
            "method": one.cell.method,
            "dataset": one.cell.dataset,
            "protocol": one.cell.protocol,
            "made_with": dict(one.made_with),
            "better": dict(one.better),
        }
        kept = {
            key: value for key, value in one.cell.settings.to_json().items() if value not in (None, "", False)
        }
        yield "#"
        yield f"# cell: {_json(one.id)}"
        yield from (f"#   {key}: {_json(value)}" for key, value in facts.items())
        yield from (f"#   {SETTING}{key}: {_json(kept[key])}" for key in sorted(kept))


def _json(value: object) -> str:
    return encoded(value, sort_keys=True)  # ASCII: no line break of any kind in it


def read_heads(lines: Sequence[str], path: Path) -> dict[str, CellHeader]:
    """The head of each cell by its id.

    Args:
        lines: of the head, from the file's second on.

    Raises:
        VfibenchError: a line is no fact, or a fact is missing, there twice, or of another type.
    """
    found: dict[str, dict[str, object]] = {}
    facts: dict[str, object] = {}
    for number, line in enumerate(lines, 2):
        key, colon, text = line.removeprefix("#").strip().partition(": ")
        if not colon:
            if key:
                raise damaged(path, number, "a fact", line)
            continue
        try:
            value = decode_json(text.encode())
        except (ValueError, msgspec.MsgspecError) as error:
            raise damaged(path, number, "a value in JSON", text) from error
        if key == "cell":
            facts = found.setdefault(str(value), {})
        elif key in facts:
            raise damaged(path, number, f"{key} once a cell", line)
        else:
            facts[key] = value
    return {name: _checked(one, f"cell {name} of {path}") for name, one in found.items()}


def _checked(found: Mapping[str, object], where: str) -> CellHeader:
    settings = {key.removeprefix(SETTING): value for key, value in found.items() if key.startswith(SETTING)}
    try:
        return msgspec.convert({**found, "settings": nested(settings)}, CellHeader)
    except msgspec.ValidationError as error:
        wrong = Complaint.of(error)
        told = f"{wrong.place}: {wrong.plain}" if wrong.place else wrong.plain
        raise VfibenchError(f"expected whole facts of {where}, found {told}", AGAIN) from error


def damaged(path: Path, number: int, expected: str, found: str) -> VfibenchError:
    """The error for a line that is not as `write_baseline` wrote it."""
    return VfibenchError(f"expected {expected} in line {number} of {path}, found {found[:80]!r}", AGAIN)
