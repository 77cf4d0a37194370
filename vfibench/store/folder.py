"""The run folder: append-only score lines that survive kill -9, and run.json that explains them.

A folder holds `run.json` (one a shard: `run.1of3.json`), `scores/<cell>.<shard>.jsonl` with one line a
(sample, time), `timings/<cell>.<shard>.jsonl` with one line a call of the network, and `locks/`, which holds
no facts. Score lines:

    {"index": 0, "sample": "31", "t": 0.5, "status": "ok", "scores": {"psnr": 31.878, "ssim": 0.9602}}
    {"index": 1, "sample": "41", "t": 0.5, "status": "ok", "scores": {"psnr": null}, "exact": ["psnr"]}
    {"index": 2, "sample": "71", "t": 0.5, "status": "error", "message": "NaN in the prediction"}

`index` is the sample's place in the dataset's list. An infinite PSNR is null, and its column is
named in `exact`; a null that is not is a figure the definition does not give.
"""

from __future__ import annotations

import fcntl
import glob
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vfibench.errors import VfibenchError
from vfibench.store.cells import Cell
from vfibench.store.jsonl import CellLock, JsonLines, Row, read_lines
from vfibench.store.result import CellResult
from vfibench.store.rows import SCORE_KEYS, TIMING_KEYS, check_scores, check_timings, count, merge_rows
from vfibench.store.run_file import RESTORE, SCHEMA_VERSION, load_run
from vfibench.store.shards import Shard
from vfibench.system.files import unwritable, write_whole

RUN_FILE = re.compile(r"run(\.\d+of\d+)?\.json")
SHARD_FILE = re.compile(r"\.\d+of\d+\.jsonl$")


@dataclass
class CellWriter:
    """The open files of one (cell, shard).

    Attributes:
        lock: keeps out runs that split the cell otherwise.
        scores, timings: what is appended to.
        stored: ok rows there were at opening, in this shard's file or any other's.
        done: their (sample, t), and those appended since.
        written: rows appended.
    """

    lock: CellLock
    scores: JsonLines
    timings: JsonLines
    stored: list[Row]
    done: set[tuple[str, float]] = field(default_factory=set)
    written: int = 0

    def __post_init__(self) -> None:
        self.done.update((row["sample"], row["t"]) for row in self.stored)

    def append(self, rows: Sequence[Row], timings: Sequence[Row]) -> None:
        """Store a batch: its scores first, since they are what must not be lost."""
        self.scores.append(rows)
        self.timings.append(timings)
        self.done.update((row["sample"], row["t"]) for row in rows if row["status"] == "ok")
        self.written += len(rows)

    def close(self) -> None:
        """Close the files and give the locks back."""
        for file in (self.scores, self.timings, self.lock):
            file.close()


class ResultStore:
    """One run folder.

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
            stored = [row for rows in self._scores(cell) for row in rows if row["status"] == "ok"]
            opened.pop_all()
        return CellWriter(lock, scores, timings, stored)

    def latest_attempt(self, cell: Cell) -> int:
        """The highest attempt at this cell in the folder, 1 where there is none."""
        return max((entry["attempt"] for entry in self._entries() if entry["key"] == cell.key), default=1)

    def next_attempt(self, cell: Cell, shard: Shard) -> int:
        """One more than the highest attempt, not counting those of the other shards of this split.

        They may be at the new attempt already, which is the one this shard is to join.
        """
        others = re.compile(rf"run\.\d+of{shard.count}\.json")
        paths = [
            path
            for path in self._run_files()
            if path == self._run_file(shard) or not others.fullmatch(path.name)
        ]
        same = [
            entry["attempt"]
            for path in paths
            for entry in load_run(path)["cells"]
            if entry["key"] == cell.key
        ]
        return max(same, default=0) + 1

    def write_run(self, shard: Shard, content: Mapping[str, Any]) -> None:
        """Replace this shard's run.json atomically, keeping cells that earlier commands put there."""
        path = self._run_file(shard)
        try:
            (self.folder / "locks").mkdir(parents=True, exist_ok=True)
            with (self.folder / "locks" / "run.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # another command may be adding its cells
                kept = {entry["name"]: entry for entry in load_run(path)["cells"]} if path.exists() else {}
                fresh = [self._joined(kept.get(entry["name"]), entry) for entry in content["cells"]]
                if content.get("status") == "running":  # a session that is killed tells of itself only here
                    own = [entry["provenance"] for entry in content["cells"]]
                    fresh = [entry | {"running": one} for entry, one in zip(fresh, own, strict=True)]
                cells = kept | {entry["name"]: entry for entry in fresh}
                merged = {"schema_version": SCHEMA_VERSION, **content, "cells": list(cells.values())}
                write_whole(path, json.dumps(merged, indent=1, allow_nan=False) + "\n")
        except OSError as error:
            raise unwritable(path, error) from error

    def _joined(self, earlier: dict[str, Any] | None, entry: dict[str, Any]) -> dict[str, Any]:
        """A cell's entry with its counts, and with the sessions that wrote rows before this one.

        One that was killed is among them where there are rows: it may have written some.
        """
        counts = count(merge_rows(entry["name"], self._scores(Cell.from_json(entry))), entry["planned"])
        sessions = list(earlier["sessions"]) if earlier else []
        killed = earlier.get("running") if earlier and counts["skipped"] < counts["planned"] else None
        others = [killed] if killed and killed != entry["provenance"] else []
        sessions += [session for session in others + entry["sessions"] if session not in sessions]
        first = sessions[0] if sessions else entry["provenance"]
        known = earlier["facts"].get("method", {}).get("parameters") if earlier else None
        facts = with_parameters(entry["facts"], known)
        return entry | {"counts": counts, "sessions": sessions, "provenance": first, "facts": facts}

    def others_running(self, shard: Shard) -> bool:
        """Whether another shard of this split has not ended."""
        names = [
            self._run_file(Shard(index, shard.count)) for index in range(shard.count) if index != shard.index
        ]
        return any(not path.exists() or load_run(path).get("status") == "running" for path in names)

    def results(self) -> list[CellResult]:
        """Every cell in the folder, the latest attempt of each, merged over shards.

        Raises:
            VfibenchError: a file is damaged or of a later version, or a sample was scored twice.
        """
        cells: dict[str, list[dict[str, Any]]] = {}
        for entry in self._entries():
            cells.setdefault(entry["key"], []).append(entry)
        return [self._result(_of_all_shards(entries)) for entries in cells.values()]

    def _result(self, entry: dict[str, Any]) -> CellResult:
        cell = Cell.from_json(entry)
        rows = merge_rows(cell.name, self._scores(cell))
        if len(rows) > entry["planned"]:
            raise VfibenchError(
                f"expected at most the {entry['planned']} frames planned for {cell.name} in {self.folder}, "
                f"found {len(rows)}: its run.json is damaged",
                RESTORE,
            )
        timings = [line for path in self._files("timings", cell) for line in _timings(path)]
        return CellResult(cell, count(rows, entry["planned"]), rows, timings, entry, self.folder)

    def _scores(self, cell: Cell) -> list[list[Row]]:
        """Rows of each shard's file."""
        found = []
        for path in self._files("scores", cell):
            rows = read_lines(path, SCORE_KEYS)
            check_scores(path, rows)
            found.append(rows)
        return found

    def _run_file(self, shard: Shard) -> Path:
        return self.folder / ("run.json" if shard.count == 1 else f"run.{shard}.json")

    def _run_files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("run*.json") if RUN_FILE.fullmatch(path.name))

    def _entries(self) -> list[dict[str, Any]]:
        return [entry for path in self._run_files() for entry in load_run(path)["cells"]]

    def _files(self, kind: str, cell: Cell) -> list[Path]:
        pattern = f"{glob.escape(cell.name)}.*.jsonl"
        found = [path for path in (self.folder / kind).glob(pattern) if SHARD_FILE.search(path.name)]
        return sorted(found, key=_shard_of)


def with_parameters(facts: Mapping[str, Any], count: int | None) -> dict[str, Any]:
    """A cell's facts with the size of its network, which is known once it has been built.

    A session that finds every frame scored builds none: it keeps what an earlier one counted.
    """
    method = dict(facts.get("method", {}))
    if count is None or "parameters" in method:
        return dict(facts)
    return {**facts, "method": {**method, "parameters": count}}


def _of_all_shards(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The last entry of the latest attempt at a cell, with the sessions of all shards, the first in front."""
    attempt = max(entry["attempt"] for entry in entries)
    latest = [entry for entry in entries if entry["attempt"] == attempt]
    sessions: list[dict[str, Any]] = []
    for entry in latest:
        own = [*entry["sessions"], *filter(None, [entry.get("running")])]
        sessions += [session for session in own if session not in sessions]
    first = sessions[0] if sessions else latest[-1]["provenance"]
    return latest[-1] | {"sessions": sessions, "provenance": first}


def _timings(path: Path) -> list[Row]:
    lines = read_lines(path, TIMING_KEYS)
    check_timings(path, lines)
    return lines


def _shard_of(path: Path) -> tuple[int, int]:
    index, _, total = path.name.split(".")[-2].partition("of")
    return int(total), int(index)
