"""run.json: read strictly into `Entry` structs, so that nothing later finds a gap, and brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import msgspec

from vfibench.errors import VfibenchError
from vfibench.statistics.digits import declare
from vfibench.store.damage import Damaged, Tell, raised
from vfibench.store.entry import Entry
from vfibench.store.jsonl import no_json
from vfibench.store.kept_cells import FOLDER, kept_cells
from vfibench.store.settings import nested
from vfibench.system.json_text import decoded, encoded
from vfibench.system.structs import Complaint, Unreadable, decode_json

SCHEMA_VERSION = 1
RESTORE = "restore or remove the file"
AGAIN = "run the same command again to mend it"

Content = dict[str, object]
"""A run.json as plain data, of the current version."""

MIGRATIONS: Mapping[int, Callable[[Content], Content]] = {}
"""What makes a file of each earlier version one of the next."""


@dataclass(frozen=True)
class RunFile:
    """A run.json.

    Attributes:
        status: "running", "complete", "incomplete", "interrupted" or "failed"; "" where that is lost.
        cells: what was scored, in the order it was asked for, without what cannot be read.
        stored_cells: each cell as plain data, by its name, with what later versions or other tools have added
            and with what cannot be read: how a writer keeps those that are not its own.
        content: all of it as plain data.
    """

    status: str
    cells: tuple[Entry, ...]
    stored_cells: dict[str, object]
    content: Content


def load_run(path: Path, tell: Tell = raised) -> RunFile:
    """Read a run.json of this or an earlier schema version.

    What cannot be read of it is taken from the cells' own files, see `vfibench.store.kept_cells`.

    Args:
        path: the file.
        tell: takes what is wrong with it, where the rest can be read.

    Raises:
        VfibenchError: it is damaged and nothing of it is kept elsewhere, or of a later schema version.
    """
    kept: Callable[[], Mapping[str, object]] = cache(lambda: _kept(path))  # read where something is damaged
    try:
        content = _migrated(_read(path), path)
    except Damaged as error:
        if not kept():
            raise
        tell(Damaged(f"{error.message}: its cells were read from {path.parent / FOLDER}", AGAIN))
        content = {"cells": list(kept().values())}
    cells = content["cells"]
    assert isinstance(cells, list)
    status = content.get("status")
    entries, stored = _entries(cells, path, kept, tell)
    return RunFile(status if isinstance(status, str) else "", entries, stored, content)


def _kept(path: Path) -> dict[str, object]:
    """The entries kept beside a file, as the current version has them, by name."""
    found: dict[str, object] = {}
    for name, content in kept_cells(path).items():
        try:
            (found[name],) = cast("list[object]", _migrated(content, path)["cells"])
        except VfibenchError:  # of a later version
            continue
    return found


def _read(path: Path) -> Content:
    """A file as plain data, its cells a list.

    Raises:
        Damaged: it is missing, none of JSON, or without cells.
        VfibenchError: it cannot be read.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise Damaged(f"expected {path}, found no such file", RESTORE) from error
    except OSError as error:
        raise VfibenchError(f"cannot read {path}: {error.strerror or error}", RESTORE) from error
    try:
        content = _plain(text)
    except Unreadable as error:
        raise Damaged(f"expected JSON in {path}, found {error}", RESTORE) from error
    except ValueError as error:
        found = no_json(text) if text.strip(b"\0") else "zeros" if text else "an empty file"
        raise Damaged(f"expected JSON in {path}, found {found}", RESTORE) from error
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise Damaged(f"expected an object with cells in {path}", RESTORE)
    return content


def _plain(text: bytes) -> object:
    """JSON as plain data; where it is none for strict readers, as earlier versions may have written it."""
    try:
        return decode_json(text)
    except Unreadable:
        raise
    except (msgspec.MsgspecError, ValueError):
        return decoded(text)


def _migrated(content: Content, path: Path) -> Content:
    """The content as the current version has it.

    Raises:
        VfibenchError: its version is none that this vfibench knows.
    """
    version = content.get("schema_version")
    while isinstance(version, int) and version in MIGRATIONS:
        content = MIGRATIONS[version](content) | {"schema_version": version + 1}
        version += 1
    if version != SCHEMA_VERSION:
        raise VfibenchError(
            f"expected schema_version {SCHEMA_VERSION} in {path}, found {version}", "use a matching vfibench"
        )
    return content


def _entries(
    cells: Sequence[object], path: Path, kept: Callable[[], Mapping[str, object]], tell: Tell
) -> tuple[tuple[Entry, ...], dict[str, object]]:
    """The cells as structs, and all of them as plain data by name; what is wrong with others is told."""
    found, stored = [], {}
    for number, cell in enumerate(cells, 1):
        given = cell.get("name") if isinstance(cell, dict) else None
        name = given if isinstance(given, str) else f"cell {number}"
        stored[name] = cell
        try:
            found.append(entry_in(cell, f"cell {number}", path))
        except Damaged as error:
            try:
                found.append(entry_in(kept().get(name), f"cell {name}", path.parent / FOLDER))
            except Damaged:
                tell(error)
                continue
            stored[name] = kept()[name]
            tell(Damaged(f"{error.message}: it was read from {path.parent / FOLDER}", AGAIN))
    for entry in found:
        for column, facts in entry.columns.items():
            declare(column, facts.digits)
    return tuple(found), stored


def storable(entry: Entry) -> dict[str, object]:
    """An entry as plain data, after making sure that it can be read back.

    Raises:
        VfibenchError: it cannot be, such as for a number of a card that is not finite.
    """
    stored = entry.to_json()
    try:
        entry_in(decoded(encoded(stored).encode()), "it", Path(entry.name))
    except Damaged as error:
        told = error.message.removeprefix(f"{entry.name} is damaged: ").removesuffix(" of it")
        hint = "tell the authors of the method or the dataset: it stands on its card"
        raise VfibenchError(f"the entry of {entry.name} cannot be stored: {told}", hint) from error
    return stored


def entry_in(cell: object, what: str, path: Path) -> Entry:
    """A cell of a file as a struct.

    Raises:
        Damaged: it is none; the message says what is wrong with it.
    """
    if isinstance(cell, dict) and "settings" in cell:
        cell = cell | {"settings": nested(cell["settings"])}
    try:
        return msgspec.convert(cell, Entry)
    except msgspec.ValidationError as error:
        complaint = Complaint.of(error)
        where = f"{complaint.place} of {what}" if complaint.place else what
        raise Damaged(f"{path} is damaged: {complaint.reason} in {where}", RESTORE) from error
