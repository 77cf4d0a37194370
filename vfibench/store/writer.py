"""The open files of a cell while it is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vfibench.store.cell_lock import CellLock
from vfibench.store.jsonl import JsonLines
from vfibench.store.rows import ScoreRow, TimingRow


@dataclass
class CellWriter:
    """The open files of one (cell, shard); see `vfibench.store.protocols.Writer`.

    Attributes:
        lock: keeps out runs that split the cell otherwise.
        scores, timings: what is appended to.
    """

    lock: CellLock
    scores: JsonLines
    timings: JsonLines
    stored: Sequence[ScoreRow]
    done: set[tuple[str, float]] = field(default_factory=set)
    written: int = 0

    def __post_init__(self) -> None:
        self.done.update(row.frame for row in self.stored)

    def append(self, rows: Sequence[ScoreRow], timings: Sequence[TimingRow]) -> None:
        """Store a batch: its scores first, since they are what must not be lost."""
        self.scores.append([row.to_json() for row in rows])
        self.timings.append([row.to_json() for row in timings])
        self.done.update(row.frame for row in rows if row.status == "ok")
        self.written += len(rows)

    def settle(self) -> None:
        """Wait for the disk, and count what is on it; see `JsonLines.settle`."""
        for file in (self.scores, self.timings):
            file.settle()

    def close(self) -> None:
        """Close the files and give the locks back."""
        for file in (self.scores, self.timings, self.lock):
            file.close()
