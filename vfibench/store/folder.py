"""The run folder: append-only score lines that survive kill -9, and run.json that explains them.

A folder holds `run.json` (one per shard: `run.1of3.json`; its cells are `vfibench.store.entry.Entry`),
`scores/<cell>.<shard>.jsonl` with one line per (sample, time), `timings/<cell>.<shard>.jsonl` with one line
per call of the network (both are described in `rows.py`), and `locks/`, which holds no facts.
"""

from __future__ import annotations

import fcntl
import glob
import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.store.album import Album
from vfibench.store.cells import Cell
from vfibench.store.entry import Entry, Session, entry_of, of_all_shards
from vfibench.store.jsonl import CellLock, JsonLines
from vfibench.store.protocols import Status
from vfibench.store.reading import read_scores, read_timings
from vfibench.store.result import CellResult
from vfibench.store.rows import ScoreRow, TimingRow, count, merge_rows
from vfibench.store.run_file import RESTORE, SCHEMA_VERSION, load_run
from vfibench.store.shards import Shard
from vfibench.system.files import unwritable, write_whole
from vfibench.system.provenance import command_line, now

RUN_FILE = re.compile(r"run(\.\d+of\d+)?\.json")
SHARD_FILE = re.compile(r"\.\d+of\d+\.jsonl$")


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

    def close(self) -> None:
        """Close the files and give the locks back."""
        for file in (self.scores, self.timings, self.lock):
            file.close()


class ResultStore:
    """One run folder; see `vfibench.store.protocols.Store`.

    Args:
        folder: made where missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open_cell(self, cell: Cell, shard: Shard) -> CellWriter:
        """Open (cell, shard) for appending; see `CellLock` and `JsonLines` for what can go wrong."""
        with ExitStack() as opened:
            lock = CellLock(self.folder / "locks" / f"{cell.name}.lock", shard.count)
            opened.callback(lock.close)
            scores = JsonLines(self.folder / "scores" / f"{cell.name}.{shard}.jsonl")
            opened.callback(scores.close)
            timings = JsonLines(self.folder / "timings" / f"{cell.name}.{shard}.jsonl")
            opened.callback(timings.close)
            stored = [row for rows in self._scores(cell) for row in rows if row.status == "ok"]
            opened.pop_all()
        return CellWriter(lock, scores, timings, stored)

    def attempt_of(self, cell: Cell, shard: Shard, *, again: bool) -> int:
        """The highest attempt at this cell in the folder, 1 where there is none; one more to score it again.

        A new attempt does not count those of the other shards of this split: they may be at it already, and
        it is the one this shard is to join.
        """
        paths = self._run_files()
        if again:
            others = re.compile(rf"run\.\d+of{shard.count}\.json")
            own = self._run_file(shard)
            paths = [path for path in paths if path == own or not others.fullmatch(path.name)]
        found = [entry.attempt for path in paths for entry in load_run(path).cells if entry.key == cell.key]
        return max(found, default=0) + 1 if again else max(found, default=1)

    def all_scored(self, cells: Sequence[Cell]) -> bool:
        """Whether every planned frame of these cells has a score already."""
        complete = {result.cell.key for result in self.results() if result.complete}
        return {cell.key for cell in cells} <= complete

    def album(self, cell: Cell) -> Album:
        """Where the pictures of a cell are kept."""
        return Album.of(self.folder.absolute(), cell)  # wherever a method goes meanwhile

    def tell(self, shard: Shard, status: Status, started: str, sessions: Sequence[Session]) -> None:
        """Replace this shard's run.json atomically, keeping cells that earlier commands put there."""
        path = self._run_file(shard)
        try:
            (self.folder / "locks").mkdir(parents=True, exist_ok=True)
            with (self.folder / "locks" / "run.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # another command may be adding its cells
                content = {
                    "schema_version": SCHEMA_VERSION,
                    "status": status,
                    "shard": [shard.index, shard.count],
                    "started": started,
                    "written": now(),
                    "command": command_line(),
                    "cells": self._cells(path, sessions, running=status == "running"),
                }
                write_whole(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
        except OSError as error:
            raise unwritable(path, error) from error

    def _cells(self, path: Path, sessions: Sequence[Session], *, running: bool) -> list[object]:
        """The cells of a run.json: those of earlier commands as they stand, those of this one made anew."""
        file = load_run(path) if path.exists() else None
        earlier = {entry.name: entry for entry in file.cells} if file else {}
        cells = file.stored_cells if file else {}
        for session in sessions:
            name = session.cell.name
            made = entry_of(session, earlier.get(name), self._scores(session.cell), running=running)
            cells[name] = made.to_json()
        return list(cells.values())

    def cells(self) -> list[Cell]:
        """Every cell that a run.json of this folder tells of, earlier ones first.

        Raises:
            VfibenchError: a file is damaged or of a later version.
        """
        return [entry.cell for path in self._run_files() for entry in load_run(path).cells]

    def others_running(self, shard: Shard) -> bool:
        """Whether another shard of this split has not ended."""
        names = [
            self._run_file(Shard(index, shard.count)) for index in range(shard.count) if index != shard.index
        ]
        return any(not path.exists() or load_run(path).status == "running" for path in names)

    def results(self) -> list[CellResult]:
        """Every cell in the folder, the latest attempt of each, merged over shards.

        Raises:
            VfibenchError: a file is damaged or of a later version, or a sample was scored twice.
        """
        cells: dict[str, list[Entry]] = {}
        for path in self._run_files():
            for entry in load_run(path).cells:
                cells.setdefault(entry.key, []).append(entry)
        return [self._result(of_all_shards(entries)) for entries in cells.values()]

    def _result(self, entry: Entry) -> CellResult:
        cell = entry.cell
        rows = merge_rows(cell.name, self._scores(cell))
        if len(rows) > entry.planned:
            raise VfibenchError(
                f"expected at most the {entry.planned} frames planned for {cell.name} in {self.folder}, "
                f"found {len(rows)}: its run.json is damaged",
                RESTORE,
            )
        timings = [line for path in self._files("timings", cell) for line in read_timings(path)]
        return CellResult(cell, count(rows, entry.planned), rows, timings, entry, self.folder)

    def _scores(self, cell: Cell) -> list[list[ScoreRow]]:
        """Rows of each shard's file."""
        return [read_scores(path) for path in self._files("scores", cell)]

    def _run_file(self, shard: Shard) -> Path:
        return self.folder / ("run.json" if shard.count == 1 else f"run.{shard}.json")

    def _run_files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("run*.json") if RUN_FILE.fullmatch(path.name))

    def _files(self, kind: str, cell: Cell) -> list[Path]:
        pattern = f"{glob.escape(cell.name)}.*.jsonl"
        found = [path for path in (self.folder / kind).glob(pattern) if SHARD_FILE.search(path.name)]
        return sorted(found, key=_shard_of)


def _shard_of(path: Path) -> tuple[int, int]:
    index, _, total = path.name.split(".")[-2].partition("of")
    return int(total), int(index)
