"""A cell read back from a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.store.cells import Cell
from vfibench.store.entry import Entry, StoredColumn
from vfibench.store.rows import Counts, ScoreRow, TimingRow

if TYPE_CHECKING:
    from vfibench.statistics.arrays import Scores


@dataclass(frozen=True, eq=False)
class CellResult:
    """A stored cell, read back and merged over its shards; equal to itself alone.

    Attributes:
        cell: what was scored.
        counts: frames (sample, time) planned, scored, failed and not reached.
        rows: the final row of each (sample, time), in the dataset's order.
        timings: one row per call of the network.
        entry: what run.json says of the cell (columns, unavailable, provenance, selection).
        folder: the run folder it came from.
    """

    cell: Cell
    counts: Counts
    rows: Sequence[ScoreRow]
    timings: Sequence[TimingRow]
    entry: Entry
    folder: Path

    @property
    def columns(self) -> Mapping[str, StoredColumn]:
        """What was scored, in the order asked for; the first column ranks."""
        return self.entry.columns

    @property
    def complete(self) -> bool:
        """Whether every planned frame has a score."""
        return 0 < self.counts.planned == self.counts.ok

    @property
    def ranked(self) -> bool:
        """Whether it may stand in a ranked table: complete, and on a whole official list."""
        return self.complete and self.entry.selection.kind == "official"

    @cached_property
    def scores(self) -> Scores:
        """The scored frames as arrays, every stored column."""
        from vfibench.statistics.arrays import score_arrays

        return score_arrays(self.rows, list(self.columns))
