"""What may be compared with what: the one place that says which settings must agree, and for which purpose.

Scores of other tasks say nothing about methods. What a cell asked of its method, apart from what the method
is, stands in `TASK`; each purpose below names those of it that must be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vfibench.store.cells import Cell, canonical
from vfibench.store.entry import StoredColumn

TASK: Mapping[str, str] = {
    "selection": "kind of selection",
    "list_sha256": "list of samples",
    "files": "frames on disk",
    "inputs": "number of input frames",
    "times": "target times",
    "reduced": "size of input frames",
    "enlarged": "size of predicted frames",
}
"""Settings that say what was asked of a method, in words. The gate asks for all of them."""

FRAMES = ("list_sha256", "files", "times")
"""Cells that share these are held against the same ground truth: they share pictures, facts, and a table.

A ranked table also asks for a whole official list, and parts by input frames and their size. It does not part
by enlargement, since the same frames were given and asked for.
"""

PAIRED = ("times", "files")
"""Two cells that share these are compared on the samples that both have; of the rest the reader is told."""


WORDS: Mapping[str, str] = {
    **TASK,
    "code": "the method's code",
    "plugins": "a plugin's code",
    "worker": "the worker",
    "weights_sha256": "weights",
    "predictions": "predicted frames",
    "backbones": "weights under LPIPS",
    "scoring": "vfibench's own treatment of frames",
}


def others(one: Cell, other: Cell, keys: Iterable[str] = TASK) -> list[str]:
    """Those of the settings in which two cells differ."""
    return [key for key in keys if one.settings.value(key) != other.settings.value(key)]


def changed_settings(one: Cell, other: Cell) -> list[str]:
    """Every setting in which two cells differ, those of plugins too."""
    return others(one, other, dict.fromkeys([*one.settings.names(), *other.settings.names()]))


def what_differs(one: Cell, other: Cell) -> str:
    """The settings in which two cells differ, in words: "the method's code, batch_size"; "" for none."""
    return ", ".join(WORDS.get(key, key) for key in changed_settings(one, other))


def nearest_twin(cell: Cell, stored: Sequence[Cell]) -> Cell | None:
    """Of stored cells of the same method, dataset and protocol the one with the most settings in common.

    Returns:
        The latest of those; None where there is none, or where the cell itself is stored.
    """
    if any(one.key == cell.key for one in stored):
        return None
    same = [one for one in stored if _about(one) == _about(cell)]
    return min(reversed(same), key=lambda one: len(changed_settings(one, cell)), default=None)


def _about(cell: Cell) -> tuple[str, ...]:
    return cell.method, cell.settings.variant, cell.dataset, cell.protocol


def values(cell: Cell, keys: Iterable[str]) -> list[object]:
    """The settings of these names, as keys of files and groups are made of them."""
    return [cell.settings.value(key) for key in keys]


def alike(cell: Cell, keys: Iterable[str], *more: object) -> str:
    """A text that cells share just where these settings, and what else is given, are the same."""
    return canonical([*values(cell, keys), *more])


def column_obstacle(
    column: str, cells: tuple[Cell, Cell], columns: tuple[StoredColumn, StoredColumn] | None = None
) -> str:
    """Why a column that two cells have cannot be compared; "" where it can.

    Args:
        column: its name.
        cells: the two, whose settings know the versions.
        columns: what it means in each of them, where that is known.
    """
    versions = [cell.settings.metrics.get(column) for cell in cells]
    if versions[0] != versions[1]:
        return f"{column} in versions {versions[0]} and {versions[1]}"
    if columns and columns[0].better != columns[1].better:
        return f"of {column} the {columns[0].better} is better and the {columns[1].better}"
    return ""
