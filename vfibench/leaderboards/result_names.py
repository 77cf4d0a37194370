"""What to call results that share a label: in what they differ, in words; in all tables and pages."""

from __future__ import annotations

from collections.abc import Sequence

from vfibench.store.cells import short_key
from vfibench.store.comparability import changed_settings
from vfibench.store.result import CellResult

DIFFERENCES = {
    "list_sha256": "list",
    "weights_sha256": "weights",
    "batch_size": "batch",
    "selection": "which is",
}
"""Settings whose own name says too little in a table."""


def apart(results: Sequence[CellResult]) -> list[str]:
    """What sets each result apart from those of its label: "weights 1a2b3c4d", "inputs 4".

    "" for a label that no other has; no two of a label get the same words: where their settings are equal
    it is their run folders, and where those are too, their number.
    """
    twins: dict[str, list[CellResult]] = {}
    for result in results:
        twins.setdefault(result.cell.label, []).append(result)
    seen: dict[tuple[str, str], int] = {}
    found = []
    for result in results:
        label = result.cell.label
        words = _difference(result, twins[label]) if len(twins[label]) > 1 else ""
        number = seen[label, words] = seen.get((label, words), 0) + 1
        found.append(f"{words}, {number}" if number > 1 else words)
    return found


def full_name(label: str, words: str) -> str:
    """A name in lists and addresses: "blend", or "blend; weights 1a2b3c4d" beside a namesake."""
    return f"{label}; {words}" if words else label


def unique_names(results: Sequence[CellResult]) -> list[str]:
    """The full name of each result among these."""
    pairs = zip(results, apart(results), strict=True)
    return [full_name(result.cell.label, words) for result, words in pairs]


def _difference(result: CellResult, twins: Sequence[CellResult]) -> str:
    """The settings in which results of one label differ, else the run folder."""
    own = result.cell.settings
    differ = sorted({key for twin in twins for key in changed_settings(result.cell, twin.cell)})
    if not differ:
        return f"run {result.folder.name}"
    return ", ".join(
        f"{DIFFERENCES.get(key, key.replace('_', ' '))} {_short(own.value(key))}" for key in differ
    )


def _short(value: object) -> str:
    """A setting in a few characters: hashes and structures by their first digits."""
    if value is None or value == "":
        return "none"
    if isinstance(value, list | dict):
        return f"#{short_key(value, 6)}"
    return str(value)[:8] if isinstance(value, str) and len(value) == 64 else str(value)
