"""A store that keeps rows in memory, for `vfibench.evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vfibench.store.cells import Cell
from vfibench.store.entry import Session
from vfibench.store.protocols import Status
from vfibench.store.rows import ScoreRow, TimingRow
from vfibench.store.shards import Shard


@dataclass
class MemoryStore:
    """Keeps the rows of one cell and writes nothing; see `vfibench.store.protocols` for its methods."""

    rows: list[ScoreRow] = field(default_factory=list)
    timings: list[TimingRow] = field(default_factory=list)
    stored: Sequence[ScoreRow] = ()
    done: set[tuple[str, float]] = field(default_factory=set)
    written: int = 0

    def open_cell(self, cell: Cell, shard: Shard) -> MemoryStore:  # noqa: ARG002 one cell, one shard
        """Itself."""
        return self

    def append(self, rows: Sequence[ScoreRow], timings: Sequence[TimingRow]) -> None:
        """Keep a batch."""
        self.rows.extend(rows)
        self.timings.extend(timings)

    def settle(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Nothing to close."""

    def attempt_of(self, cell: Cell, shard: Shard, *, again: bool) -> int:  # noqa: ARG002
        """The cell's own."""
        return cell.attempt

    def all_scored(self, cells: Sequence[Cell]) -> bool:  # noqa: ARG002
        """Never: nothing was kept from before."""
        return False

    def album(self, cell: Cell) -> None:
        """No pictures."""

    def tell(self, shard: Shard, status: Status, started: str, sessions: Sequence[Session]) -> None:
        """Nothing to write down."""
