"""A store that keeps rows in memory, for `vfibench.evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vfibench.store.cells import Cell
from vfibench.store.jsonl import Row
from vfibench.store.shards import Shard


@dataclass
class MemoryStore:
    """The same face as ResultStore for `vfibench.evaluate`: keeps rows, writes nothing."""

    rows: list[Row] = field(default_factory=list)
    timings: list[Row] = field(default_factory=list)
    stored: tuple[Row, ...] = ()
    done: set[tuple[str, float]] = field(default_factory=set)
    written: int = 0

    def open_cell(self, cell: Cell, shard: Shard) -> MemoryStore:  # noqa: ARG002 one cell, one shard
        """Itself."""
        return self

    def append(self, rows: Sequence[Row], timings: Sequence[Row]) -> None:
        """Keep a batch."""
        self.rows.extend(rows)
        self.timings.extend(timings)

    def close(self) -> None:
        """Nothing to close."""
