"""What a runner asks of the place where it stores scores: a run folder, or memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from vfibench.store.album import Album
from vfibench.store.cells import Cell
from vfibench.store.entry import Session
from vfibench.store.rows import ScoreRow, TimingRow
from vfibench.store.shards import Shard

Status = Literal["running", "complete", "incomplete", "interrupted", "failed"]


class Writer(Protocol):
    """One cell of one shard, open for appending.

    Attributes:
        stored: ok rows there were at opening, in this shard's file or any other's.
        done: their (sample, t), and those appended since.
        written: rows appended.
    """

    stored: Sequence[ScoreRow]
    done: set[tuple[str, float]]
    written: int

    def append(self, rows: Sequence[ScoreRow], timings: Sequence[TimingRow]) -> None:
        """Store a batch.

        Raises:
            VfibenchError: it cannot be written; what was stored before is kept.
        """

    def settle(self) -> None:
        """Wait until all rows are kept, and make sure of it.

        Raises:
            VfibenchError: they are not, since something else has removed or changed them meanwhile.
        """

    def close(self) -> None:
        """Let others write."""


class Store(Protocol):
    """Where a run keeps what it measures."""

    def open_cell(self, cell: Cell, shard: Shard) -> Writer:
        """Open (cell, shard) for appending.

        Raises:
            VfibenchError: another run is writing it, what is there is damaged, or it cannot be written.
        """

    def attempt_of(self, cell: Cell, shard: Shard, *, again: bool) -> int:
        """The attempt at a cell to go on with, or a new one where it is to be scored `again`."""

    def all_scored(self, cells: Sequence[Cell]) -> bool:
        """Whether every planned frame of these cells has a score already."""

    def album(self, cell: Cell) -> Album | None:
        """Where pictures of a cell are kept, None where none are."""

    def tell(self, shard: Shard, status: Status, started: str, sessions: Sequence[Session]) -> None:
        """Write down what this call does, or has done, with its cells.

        Args:
            shard: this process's part.
            status: of the call.
            started: when it began, see `vfibench.system.provenance.now`.
            sessions: one per cell.
        """
