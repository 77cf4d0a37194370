"""The run folder: append-only score lines that survive kill -9, and run.json that explains them.

A folder holds `run.json` (one a shard: `run.1of3.json`), `scores/<cell>.<shard>.jsonl` with one line a
(sample, time), and `timings/<cell>.<shard>.jsonl` with one line a call of the network. A score line:

    {"index": 0, "sample": "31", "t": 0.5, "status": "ok", "scores": {"psnr": 31.878, "ssim": 0.9602}}
    {"index": 1, "sample": "41", "t": 0.5, "status": "ok", "scores": {"psnr": null}, "exact": true}
    {"index": 2, "sample": "71", "t": 0.5, "status": "error", "message": "NaN in the prediction"}

`index` is the sample's place in the dataset's list. An infinite PSNR is null with `exact`.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vfibench.cells import Cell
from vfibench.errors import VfibenchError
from vfibench.lines import JsonLines, Row, read_lines, unwritable
from vfibench.shards import Shard

SCHEMA_VERSION = 1


@dataclass
class CellWriter:
    """The open files of one (cell, shard).

    Attributes:
        scores, timings: what is appended to.
        done: (sample, t) pairs with an ok row, in this shard's file or any other's.
    """

    scores: JsonLines
    timings: JsonLines
    done: set[tuple[str, float]]

    @property
    def rows(self) -> list[Row]:
        """Stored rows at opening."""
        return self.scores.rows

    def append(self, rows: Sequence[Row], timings: Sequence[Row]) -> None:
        """Store a batch: its scores first, since they are what must not be lost."""
        self.scores.append(rows)
        self.timings.append(timings)
        self.done.update((row["sample"], row["t"]) for row in rows if row["status"] == "ok")

    def close(self) -> None:
        """Close both files."""
        self.scores.close()
        self.timings.close()


@dataclass
class MemoryStore:
    """The same face as ResultStore for `vfibench.evaluate`: keeps rows, writes nothing."""

    rows: list[Row] = field(default_factory=list)
    timings: list[Row] = field(default_factory=list)
    done: set[tuple[str, float]] = field(default_factory=set)

    def open_cell(self, cell: Cell, shard: Shard) -> MemoryStore:  # noqa: ARG002 one cell, one shard
        """Itself."""
        return self

    def append(self, rows: Sequence[Row], timings: Sequence[Row]) -> None:
        """Keep a batch."""
        self.rows.extend(rows)
        self.timings.extend(timings)

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True)
class CellResult:
    """A stored cell, read back and merged over its shards.

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


class ResultStore:
    """One run folder.

    Args:
        folder: made where missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open_cell(self, cell: Cell, shard: Shard) -> CellWriter:
        """Open (cell, shard) for appending; see `JsonLines` for what can go wrong."""
        scores = JsonLines(self.folder / "scores" / f"{cell.name}.{shard}.jsonl")
        try:
            timings = JsonLines(self.folder / "timings" / f"{cell.name}.{shard}.jsonl")
            rows = [row for path in self._files("scores", cell) for row in read_lines(path)]
        except VfibenchError:
            scores.close()
            raise
        done = {(row["sample"], row["t"]) for row in rows if row["status"] == "ok"}
        return CellWriter(scores, timings, done)

    def next_attempt(self, cell: Cell) -> int:
        """One more than the highest attempt at this cell in the folder."""
        same = [entry["attempt"] for entry in self._entries() if entry["key"] == cell.key]
        return max(same, default=0) + 1

    def write_run(self, shard: Shard, content: Mapping[str, Any]) -> None:
        """Replace this shard's run.json atomically, keeping cells that earlier commands put there."""
        path = self.folder / ("run.json" if shard.count == 1 else f"run.{shard}.json")
        kept = {entry["name"]: entry for entry in _load_run(path).get("cells", [])}
        kept.update({entry["name"]: entry | {"counts": self._counts(entry)} for entry in content["cells"]})
        merged = {"schema_version": SCHEMA_VERSION, **content, "cells": list(kept.values())}
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(merged, indent=1, allow_nan=False) + "\n")
            temporary.replace(path)
        except OSError as error:
            raise unwritable(path, error) from error

    def results(self) -> list[CellResult]:
        """Every cell in the folder, the latest attempt of each, merged over shards.

        Raises:
            VfibenchError: a file of a later version, or a sample scored twice.
        """
        latest: dict[str, dict[str, Any]] = {}
        for entry in self._entries():
            if entry["attempt"] >= latest.get(entry["key"], entry)["attempt"]:
                latest[entry["key"]] = entry
        return [self._result(entry) for entry in latest.values()]

    def _result(self, entry: dict[str, Any]) -> CellResult:
        cell = Cell.from_json(entry)
        rows = merge_rows(cell.name, [read_lines(path) for path in self._files("scores", cell)])
        timings = [line for path in self._files("timings", cell) for line in read_lines(path)]
        return CellResult(cell, count(rows, entry["planned"]), rows, timings, entry, self.folder)

    def _counts(self, entry: dict[str, Any]) -> dict[str, int]:
        files = self._files("scores", Cell.from_json(entry))
        return count(merge_rows(entry["name"], [read_lines(path) for path in files]), entry["planned"])

    def _entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for path in sorted(self.folder.glob("run*.json")):
            found.extend(_load_run(path).get("cells", []))
        return found

    def _files(self, kind: str, cell: Cell) -> list[Path]:
        folder = self.folder / kind
        return sorted(folder.glob(f"{glob.escape(cell.name)}.*of*.jsonl"), key=_shard_of)


def _shard_of(path: Path) -> tuple[int, int]:
    index, _, total = path.name.split(".")[-2].partition("of")
    return int(total), int(index)


def _load_run(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except ValueError as error:
        raise VfibenchError(f"expected JSON in {path}: {error}", "restore or remove the file") from error
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        raise VfibenchError(
            f"expected schema_version {SCHEMA_VERSION} in {path}, found {version}", "use a matching vfibench"
        )
    return content


def merge_rows(name: str, shards: Iterable[Sequence[Row]]) -> list[Row]:
    """One final row a (sample, t) over all shard files, in the dataset's order; ok replaces error.

    Raises:
        VfibenchError: two ok rows of one (sample, t).
    """
    final: dict[tuple[str, float], Row] = {}
    for rows in shards:
        for row in rows:
            key = (row["sample"], row["t"])
            earlier = final.get(key)
            if earlier is not None and earlier["status"] == "ok":
                if row["status"] == "ok":
                    raise VfibenchError(
                        f"sample {key[0]!r} at t={key[1]} was scored twice in cell {name}",
                        "two shards overlap: remove one of their files",
                    )
                continue
            final[key] = row
    return sorted(final.values(), key=lambda row: (row["index"], row["t"]))


def count(rows: Iterable[Mapping[str, Any]], planned: int) -> dict[str, int]:
    """Frames planned, ok, error, and skipped (not reached yet)."""
    ok = error = 0
    for row in rows:
        ok += row["status"] == "ok"
        error += row["status"] != "ok"
    return {"planned": planned, "ok": ok, "error": error, "skipped": planned - ok - error}


def read_results(folders: Sequence[Path]) -> list[CellResult]:
    """All cells of run folders, or of folders that hold run folders.

    Raises:
        VfibenchError: a folder is missing, or no run is in any of them.
    """
    found: list[CellResult] = []
    for folder in folders:
        if not folder.is_dir():
            raise VfibenchError(
                f"expected a run folder, found nothing at {folder}", "see --out of `vfibench run`"
            )
        runs = sorted({path.parent for path in [*folder.glob("run*.json"), *folder.glob("*/run*.json")]})
        found.extend(result for run in runs for result in ResultStore(run).results())
    if not found:
        places = ", ".join(str(folder) for folder in folders)
        raise VfibenchError(f"expected run.json in {places}, found no run", "run `vfibench run` first")
    return found


def merge_folders(folders: Sequence[Path], out: Path) -> None:
    """Copy the shards of several run folders into a new one.

    Raises:
        VfibenchError: `out` is not empty, a folder holds no run, two folders hold the same shard file, or
            a sample occurs twice.
    """
    if out.exists() and any(out.iterdir()):
        raise VfibenchError(f"expected an empty folder at {out}, found files", "choose another --out")
    read_results(folders)
    for folder in folders:
        for path in sorted(
            [*folder.glob("run*.json"), *folder.glob("scores/*.jsonl"), *folder.glob("timings/*.jsonl")]
        ):
            _copy_new(path, out / path.relative_to(folder))
    ResultStore(out).results()


def _copy_new(source: Path, target: Path) -> None:
    if target.exists():
        raise VfibenchError(f"{source} and another folder are the same shard", "merge each shard once")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise unwritable(target, error) from error
