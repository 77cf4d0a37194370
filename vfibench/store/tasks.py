"""What a cell asked of its method, apart from what the method is: which settings those are, in one table.

Scores of other tasks say nothing about methods. Each user of the table says which of it parts results
altogether, and which is told instead: `vfibench.leaderboards.grouping`, `vfibench.comparison.paired`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def others(one: Cell, other: Cell, keys: Iterable[str] = TASK) -> list[str]:
    """Those of the settings in which two cells differ."""
    return [key for key in keys if one.settings.value(key) != other.settings.value(key)]


def changed_settings(one: Cell, other: Cell) -> list[str]:
    """Every setting in which two cells differ, those of plugins too."""
    return others(one, other, dict.fromkeys([*one.settings.names(), *other.settings.names()]))
