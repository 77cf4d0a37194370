"""What is in a run folder: its files, and the cells read back from them."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.store.cells import Cell
from vfibench.store.damage import Damaged, Tell, ToldOnce, left_out
from vfibench.store.entry import Entry, of_all_shards
from vfibench.store.kept_cells import run_files_of_cells
from vfibench.store.reading import read_scores, read_timings
from vfibench.store.result import CellResult
from vfibench.store.rows import ScoreRow, count, merge_rows
from vfibench.store.run_file import AGAIN, RESTORE, load_run
from vfibench.store.shards import Shard

RUN_FILE = re.compile(r"run(\.\d+of\d+)?\.json")
SHARD_FILE = re.compile(r"\.\d+of\d+\.jsonl$")


class Contents:
    """The files of a run folder.

    Args:
        folder: it need not be there.

    Attributes:
        tell: warns of what cannot be read, of each once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tell: Tell = ToldOnce()
        self._known: dict[Path, tuple[object, Sequence[Entry]]] = {}

    def results(self, tell: Tell | None = None) -> list[CellResult]:
        """Every cell in the folder, the latest attempt of each, merged over shards.

        Args:
            tell: takes what is wrong with a file, an entry, a cell or a line that cannot be read, which is
                left out; a warning where it is None.

        Raises:
            VfibenchError: there are cells, and none of them can be read.
        """
        wrong: list[VfibenchError] = []
        cells: dict[str, list[Entry]] = {}
        for path in self.run_files():
            with left_out(wrong):
                for entry in load_run(path, wrong.append).cells:
                    cells.setdefault(entry.key, []).append(entry)
        found: list[CellResult] = []
        for entries in cells.values():
            with left_out(wrong):
                found.append(self._result(entries, wrong.append))
        if wrong and not found:
            raise wrong[0]
        for error in wrong:
            (tell or self.tell)(error)
        return found

    def _result(self, entries: Sequence[Entry], tell: Tell) -> CellResult:
        entry = of_all_shards(entries)
        cell, wrong = entry.cell, list[VfibenchError]()
        rows = merge_rows(cell.name, self.scores(cell, wrong.append))
        if len(rows) > entry.planned:
            raise Damaged(
                f"expected at most the {entry.planned} frames planned for {cell.name} in {self.folder}, "
                f"found {len(rows)}: its run.json is damaged",
                RESTORE,
            )
        if not wrong and len(rows) < (stored := stored_rows(entries, entry.attempt)):
            told = f"the {stored} frames of {cell.label} on {cell.dataset} that were stored in {self.folder}"
            wrong.append(Damaged(f"expected {told}, found {len(rows)}", AGAIN))
        timings = [line for path in self._files("timings", cell) for line in read_timings(path, wrong.append)]
        for error in wrong:
            tell(error)
        return CellResult(cell, count(rows, entry.planned), rows, timings, entry, self.folder)

    def entries(self, path: Path) -> Sequence[Entry]:
        """The entries of a run.json, none where nothing can be read of it; `tell` will say so.

        Every cell of a run asks for all of them: a file is read again only where it has been replaced.
        """
        try:
            found = path.stat()
            state = found.st_ino, found.st_size, found.st_mtime_ns
        except OSError:  # lost, but for its cells
            state = None
        known = self._known.get(path)
        if known is None or state is None or known[0] != state:
            known = self._known[path] = state, self._read(path)
        return known[1]

    def _read(self, path: Path) -> Sequence[Entry]:
        try:
            return load_run(path, self.tell).cells
        except Damaged:
            return ()

    def others_running(self, shard: Shard) -> bool:
        """Whether another shard of this split has not ended."""
        names = [
            self.run_file(Shard(index, shard.count)) for index in range(shard.count) if index != shard.index
        ]
        return any(not path.exists() or load_run(path, self.tell).status == "running" for path in names)

    def scores(self, cell: Cell, tell: Tell | None = None) -> list[list[ScoreRow]]:
        """Rows of each shard's file."""
        return [read_scores(path, tell or self.tell) for path in self._files("scores", cell)]

    def run_file(self, shard: Shard) -> Path:
        """Where a shard's run.json lies or will lie."""
        return self.folder / ("run.json" if shard.count == 1 else f"run.{shard}.json")

    def run_files(self) -> list[Path]:
        """Those that are there, and those that are lost but for their cells."""
        there = {path for path in self.folder.glob("run*.json") if RUN_FILE.fullmatch(path.name)}
        return sorted(there | run_files_of_cells(self.folder))

    def _files(self, kind: str, cell: Cell) -> list[Path]:
        pattern = f"{glob.escape(cell.name)}.*.jsonl"
        found = [path for path in (self.folder / kind).glob(pattern) if SHARD_FILE.search(path.name)]
        return sorted(found, key=_shard_of)


def stored_rows(entries: Sequence[Entry], attempt: int) -> int:
    """Frames that the entries of an attempt have counted, of those scored and those failed."""
    counts = [entry.counts for entry in entries if entry.attempt == attempt and entry.counts is not None]
    return max((one.ok + one.error for one in counts), default=0)


def _shard_of(path: Path) -> tuple[int, int]:
    index, _, total = path.name.split(".")[-2].partition("of")
    return int(total), int(index)
