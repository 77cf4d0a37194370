"""The run folder: append-only score lines that survive kill -9, and run.json that explains them.

A folder holds `run.json` (one per shard: `run.1of3.json`; its cells are `vfibench.store.entry.Entry`),
`cells/`, where each entry is kept once more (`kept_cells.py`), `scores/<cell>.<shard>.jsonl` with one line
per (sample, time), `timings/<cell>.<shard>.jsonl` with one line per call of the network (both are described
in `rows.py`), and `locks/`, which holds no facts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from vfibench.store.album import Album
from vfibench.store.cell_lock import CellLock
from vfibench.store.cells import Cell
from vfibench.store.contents import Contents
from vfibench.store.damage import Damaged, Tell
from vfibench.store.entry import Session, entry_of
from vfibench.store.jsonl import JsonLines
from vfibench.store.kept_cells import FOLDER as CELLS
from vfibench.store.kept_cells import keep_cell
from vfibench.store.protocols import Status
from vfibench.store.result import CellResult
from vfibench.store.run_file import AGAIN as RUN_AGAIN
from vfibench.store.run_file import SCHEMA_VERSION, RunFile, load_run, storable
from vfibench.store.shards import Shard
from vfibench.store.writer import CellWriter
from vfibench.system.files import unwritable, write_whole
from vfibench.system.json_text import encoded
from vfibench.system.locks import alone
from vfibench.system.provenance import command_line, now
from vfibench.system.sweeping import sweep


class ResultStore:
    """One run folder; see `vfibench.store.protocols.Store`.

    Args:
        folder: made where missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._contents = Contents(folder)

    def open_cell(self, cell: Cell, shard: Shard) -> CellWriter:
        """Open (cell, shard) for appending; see `CellLock` and `JsonLines` for what can go wrong."""
        with ExitStack() as opened:
            lock = CellLock(self.folder / "locks" / f"{cell.name}.lock", shard.count)
            opened.callback(lock.close)
            scores = JsonLines(self.folder / "scores" / f"{cell.name}.{shard}.jsonl")
            opened.callback(scores.close)
            timings = JsonLines(self.folder / "timings" / f"{cell.name}.{shard}.jsonl")
            opened.callback(timings.close)
            stored = [row for rows in self._contents.scores(cell) for row in rows if row.status == "ok"]
            opened.pop_all()
        return CellWriter(lock, scores, timings, stored)

    def attempt_of(self, cell: Cell, shard: Shard, *, again: bool) -> int:
        """The highest attempt at this cell in the folder, 1 where there is none; one more to score it again.

        A new attempt does not count those of the other shards of this split: they may be at it already, and
        it is the one this shard is to join.
        """
        paths = self._contents.run_files()
        if again:
            others = re.compile(rf"run\.\d+of{shard.count}\.json")
            own = self._contents.run_file(shard)
            paths = [path for path in paths if path == own or not others.fullmatch(path.name)]
        found = [one.attempt for path in paths for one in self._contents.entries(path) if one.key == cell.key]
        return max(found, default=0) + 1 if again else max(found, default=1)

    def all_scored(self, cells: Sequence[Cell]) -> bool:
        """Whether every planned frame of these cells has a score already."""
        complete = {result.cell.key for result in self.results() if result.complete}
        return {cell.key for cell in cells} <= complete

    def album(self, cell: Cell) -> Album:
        """Where the pictures of a cell are kept."""
        album = Album.of(self.folder.absolute(), cell)  # wherever a method goes meanwhile
        for folder in (album.predictions, album.inputs):
            sweep(folder, deep=True)
        return album

    def tell(self, shard: Shard, status: Status, started: str, sessions: Sequence[Session]) -> None:
        """Replace this shard's run.json atomically, keeping cells that earlier commands put there."""
        path = self._contents.run_file(shard)
        try:
            with alone(self.folder / "locks" / "run.lock", f"to write {path}"):
                for folder in (self.folder, self.folder / CELLS):
                    sweep(folder)
                cells = self._cells(path, sessions, running=status == "running")
                content = {
                    "schema_version": SCHEMA_VERSION,
                    "status": status,
                    "shard": [shard.index, shard.count],
                    "started": started,
                    "written": now(),
                    "command": command_line(),
                    "cells": list(cells.values()),
                }
                write_whole(path, encoded(content, indent=1) + "\n")
        except OSError as error:
            raise unwritable(path, error) from error

    def _cells(self, path: Path, sessions: Sequence[Session], *, running: bool) -> dict[str, object]:
        """The cells of a run.json: those of earlier commands as they stand, those of this one made anew.

        Those are also kept in files of their own, before anything counts on them.
        """
        file = self._earlier(path)
        earlier = {entry.name: entry for entry in file.cells} if file else {}
        cells = dict(file.stored_cells) if file else {}
        for session in sessions:
            name = session.cell.name
            made = entry_of(session, earlier.get(name), self._contents.scores(session.cell), running=running)
            cells[name] = stored = storable(made)
            keep_cell(path, name, SCHEMA_VERSION, stored)
        return cells

    def _earlier(self, path: Path) -> RunFile | None:
        """What stands in a run.json; one of which nothing can be read is put aside."""
        if path not in self._contents.run_files():
            return None
        try:
            return load_run(path, self._contents.tell)
        except Damaged as error:
            aside = path.with_name(f"{path.name}.damaged")
            self._contents.tell(Damaged(f"{error.message}: it was put aside as {aside.name}", RUN_AGAIN))
            path.replace(aside)
            return None

    def cells(self) -> list[Cell]:
        """Every cell that this folder tells of, earlier ones first; see `results`."""
        return [one.cell for path in self._contents.run_files() for one in self._contents.entries(path)]

    def others_running(self, shard: Shard) -> bool:
        """Whether another shard of this split has not ended."""
        return self._contents.others_running(shard)

    def results(self, tell: Tell | None = None) -> list[CellResult]:
        """Every cell in the folder; see `vfibench.store.contents.Contents.results`."""
        return self._contents.results(tell)
