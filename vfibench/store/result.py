"""A cell read back from a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.store.cells import Cell
from vfibench.store.jsonl import Row

if TYPE_CHECKING:
    from vfibench.statistics.arrays import Scores


@dataclass(frozen=True, eq=False)
class CellResult:
    """A stored cell, read back and merged over its shards; equal to itself alone.

    Attributes:
        cell: what was scored.
        counts: {"planned", "ok", "error", "skipped"}, in frames (sample, time).
        rows: the final row of each (sample, time), in stored order.
        timings: timing lines.
        info: the cell's entry in run.json (status, columns, unavailable, provenance, selection).
        folder: the run folder it came from.
    """

    cell: Cell
    counts: Mapping[str, int]
    rows: Sequence[Row]
    timings: Sequence[Row]
    info: Mapping[str, Any]
    folder: Path

    @property
    def complete(self) -> bool:
        """Whether every planned frame has a score."""
        return self.counts["planned"] > 0 and self.counts["ok"] == self.counts["planned"]

    @property
    def ranked(self) -> bool:
        """Whether it may stand in a ranked table: complete, and on a whole official list."""
        return self.complete and self.info["selection"]["kind"] == "official"

    @cached_property
    def scores(self) -> Scores:
        """The scored frames as arrays, every stored column."""
        from vfibench.statistics.arrays import score_arrays

        return score_arrays(self.rows, list(self.info["columns"]))
