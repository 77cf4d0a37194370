"""What a cell asked of its method, apart from what the method is: which settings those are, in one table.

Scores of other tasks say nothing about methods. Each user of the table says which of it parts results
altogether, and which is told instead: `vfibench.leaderboards.grouping`, `vfibench.comparison.paired`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vfibench.store.cells import Cell

TASK: Mapping[str, str] = {
    "selection": "kind of selection",
    "list_sha256": "list of samples",
    "files": "frames on disk",
    "inputs": "number of input frames",
    "times": "target times",
    "reduced": "size of input frames",
    "enlarged": "size of predicted frames",
}
"""Settings that say what was asked of a method, in words."""


def setting(cell: Cell, key: str) -> Any:
    """A setting's value; one that is absent, empty or False is None."""
    value = cell.settings.get(key)
    return None if value in ("", False) else value


def others(one: Cell, other: Cell, keys: Iterable[str] = TASK) -> list[str]:
    """Those of the settings in which two cells differ."""
    return [key for key in keys if setting(one, key) != setting(other, key)]
