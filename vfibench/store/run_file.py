"""run.json: read strictly into `Entry` structs, so that nothing later finds a gap, and brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vfibench.errors import VfibenchError
from vfibench.statistics.digits import declare
from vfibench.store.entry import Entry
from vfibench.store.jsonl import no_json
from vfibench.store.settings import nested
from vfibench.system.structs import Complaint, Unreadable, decode_json

SCHEMA_VERSION = 1
RESTORE = "restore or remove the file"

Content = dict[str, object]
"""A run.json as plain data, of the current version."""

MIGRATIONS: Mapping[int, Callable[[Content], Content]] = {}
"""What makes a file of each earlier version one of the next."""


@dataclass(frozen=True)
class RunFile:
    """A run.json.

    Attributes:
        status: "running", "complete", "incomplete", "interrupted" or "failed".
        cells: what was scored, in the order it was asked for.
        content: all of it as plain data, with what later versions or other tools have added.
    """

    status: str
    cells: tuple[Entry, ...]
    content: Content

    @property
    def stored_cells(self) -> dict[str, object]:
        """Each cell as plain data, by its name: how a writer keeps those that are not its own."""
        stored = self.content["cells"]
        assert isinstance(stored, list)
        return {entry.name: cell for entry, cell in zip(self.cells, stored, strict=True)}


def load_run(path: Path) -> RunFile:
    """Read a run.json of this or an earlier schema version.

    Raises:
        VfibenchError: it is damaged, of a later schema version, or an entry is not like `Entry`.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise VfibenchError(f"cannot read {path}: {error.strerror or error}", RESTORE) from error
    try:
        content = decode_json(text)
    except Unreadable as error:
        raise VfibenchError(f"expected JSON in {path}, found {error}", RESTORE) from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise VfibenchError(f"expected JSON in {path}, found {no_json(text)}", RESTORE) from error
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise VfibenchError(f"expected an object with cells in {path}", RESTORE)
    content = _migrated(content, path)
    cells = content["cells"]
    assert isinstance(cells, list)
    status = content.get("status")
    return RunFile(status if isinstance(status, str) else "", _entries(cells, path), content)


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


def _entries(cells: Sequence[object], path: Path) -> tuple[Entry, ...]:
    """The cells as structs; VfibenchError names the first that is none and what is wrong with it."""
    found = []
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and "settings" in cell:
            cell = cell | {"settings": nested(cell["settings"])}  # noqa: PLW2901 the same, as the struct has it
        try:
            entry = msgspec.convert(cell, Entry)
        except msgspec.ValidationError as error:
            complaint = Complaint.of(error)
            where = f"{complaint.place} of cell {number}" if complaint.place else f"cell {number}"
            raise VfibenchError(f"{path} is damaged: {complaint.reason} in {where}", RESTORE) from error
        found.append(entry)
        for name, column in entry.columns.items():
            declare(name, column.digits)
    return tuple(found)
