"""How a score comes to be: plan what is missing, measure it batch by batch, store each batch.

`measuring.py` is the inner loop: decode, predict, score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch

from vfibench.metrics.columns import column_facts
from vfibench.running.measuring import Measurer
from vfibench.running.plan import Job
from vfibench.store.album import Album
from vfibench.store.folder import CellWriter, ResultStore, with_parameters
from vfibench.store.jsonl import Row
from vfibench.store.memory import MemoryStore
from vfibench.store.shards import Shard
from vfibench.system import provenance
from vfibench.system.memory import keep_freed_memory
from vfibench.system.threads import in_order

Policy = Literal["missing", "always", "never"]


@dataclass(frozen=True)
class Progress:
    """What a front end is told before a cell, after each of its batches, and at its end.

    Attributes:
        job: the cell at work.
        done, total: frames of this shard with a score, and planned.
        means: running mean of each column over the frames scored.
        errors: frames whose latest attempt failed in this run.
        message: the latest failure, or "".
        finished: True at the cell's last event.
    """

    job: Job
    done: int
    total: int
    means: dict[str, float]
    errors: int
    message: str
    finished: bool


@dataclass
class Runner:
    """Scores jobs one after another into a store.

    Attributes:
        store: where rows go.
        device: where networks and metrics run.
        shard: this process's part.
        policy: "missing" scores what has no ok row, "always" opens a new attempt, "never" only reads.
        workers: threads that decode and score, a batch each.
        save_images: keep predictions, inputs and targets as PNG in the run folder.
        on_event: told of progress.
    """

    store: ResultStore | MemoryStore
    device: torch.device
    shard: Shard = field(default_factory=Shard)
    policy: Policy = "missing"
    workers: int = 2
    save_images: bool = False
    on_event: Callable[[Progress], None] = lambda _: None

    def run(self, jobs: Sequence[Job]) -> bool:
        """Score all jobs; True when every frame of this shard has a score.

        Raises:
            VfibenchError: an unreadable image, a busy cell, a full disk; what was scored is stored.
        """
        jobs = [self._at_attempt(job) for job in jobs]
        if self.policy == "never":
            return self._read_only(jobs)
        keep_freed_memory()
        circumstances = provenance.collect(str(self.device))
        entries = [self._entry(job, circumstances) for job in jobs]
        started = provenance.now()
        with ExitStack() as opened:
            writers = []
            for job in jobs:  # all of them first: a cell another run is at is found before any work
                writers.append(self.store.open_cell(job.cell, self.shard))
                opened.callback(writers[-1].close)
            self._write(entries, "running", started)
            status = "failed"
            try:
                done = [self._run_cell(*work) for work in zip(jobs, writers, entries, strict=True)]
                status = "complete" if all(done) else "incomplete"
            except KeyboardInterrupt:
                status = "interrupted"
                raise
            finally:
                self._write(entries, status, started)
        return all(done)

    def _run_cell(self, job: Job, writer: CellWriter | MemoryStore, entry: dict[str, Any]) -> bool:
        """One cell: what is missing, batch by batch."""
        mine = [row for row in writer.stored if self.shard.takes(row["index"] // job.batch_size)]
        tally = Tally(job, mine, self._total(job))
        self.on_event(tally.progress())
        try:
            if batches := self._missing(job, writer):
                self._score(job, batches, writer, tally, entry)
        finally:
            if writer.written:
                entry["sessions"] = [entry["provenance"]]
        self.on_event(tally.progress(finished=True))
        return tally.done == tally.total

    def _read_only(self, jobs: Sequence[Job]) -> bool:
        """Whether every frame of these cells has a score already; writes nothing."""
        if not isinstance(self.store, ResultStore):
            return False
        complete = {result.cell.key for result in self.store.results() if result.complete}
        return {job.cell.key for job in jobs} <= complete

    def _score(
        self,
        job: Job,
        batches: list[tuple[int, range]],
        writer: CellWriter | MemoryStore,
        tally: Tally,
        entry: dict[str, Any],
    ) -> None:
        """Batches are measured side by side; their rows are stored in order."""
        with Measurer(job, self.device, self._images(job)) as measurer:
            entry["facts"] = with_parameters(entry["facts"], measurer.parameters)
            stream = in_order(batches, measurer.measure, self.workers, measurer.prepare_thread)
            for rows, timings in stream:
                fresh = [row for row in rows if (row["sample"], row["t"]) not in writer.done]
                writer.append(fresh, timings)
                tally.add(fresh)
                self.on_event(tally.progress())

    def _missing(self, job: Job, writer: CellWriter | MemoryStore) -> list[tuple[int, range]]:
        """This shard's batches in which a frame has no score; the full list fixes the batches."""
        ids = job.dataset.ids
        return [
            (number, part)
            for number, part in self._batches(job)
            if any((ids[index], time) not in writer.done for index in part for time in job.times_of(index))
        ]

    def _batches(self, job: Job) -> list[tuple[int, range]]:
        total, size = len(job.dataset), job.batch_size
        parts = [range(start, min(start + size, total)) for start in range(0, total, size)]
        return [(number, part) for number, part in enumerate(parts) if self.shard.takes(number)]

    def _total(self, job: Job) -> int:
        return sum(len(job.times_of(index)) for _, part in self._batches(job) for index in part)

    def _at_attempt(self, job: Job) -> Job:
        """The job at the attempt this run is to go on with, or to begin."""
        if not isinstance(self.store, ResultStore):
            return job
        again = self.policy == "always"
        cell = job.cell
        attempt = self.store.next_attempt(cell, self.shard) if again else self.store.latest_attempt(cell)
        return replace(job, cell=replace(cell, attempt=attempt))

    def _images(self, job: Job) -> Album | None:
        if not self.save_images or not isinstance(self.store, ResultStore):
            return None
        return Album.of(self.store.folder, job.cell)

    @staticmethod
    def _entry(job: Job, circumstances: dict[str, Any]) -> dict[str, Any]:
        """The cell's part of run.json."""
        selection = job.dataset.selection
        facts = {name: getattr(selection, name) for name in ("kind", "chosen", "official")}
        return job.cell.to_json() | {
            "planned": job.planned,
            "selection": facts | {"text": str(selection)},
            "columns": column_facts(job.columns),
            "unavailable": job.unavailable,
            "provenance": circumstances,
            "sessions": [],
        }

    def _write(self, entries: list[dict[str, Any]], status: str, started: str) -> None:
        if isinstance(self.store, ResultStore):
            content = {
                "status": status,
                "shard": [self.shard.index, self.shard.count],
                "started": started,
                "written": provenance.now(),
                "command": provenance.command_line(),
                "cells": entries,
            }
            self.store.write_run(self.shard, content)


@dataclass
class Tally:
    """Running means of a cell, for the progress bar."""

    job: Job
    rows: list[Row]
    total: int
    errors: int = 0
    message: str = ""
    _sums: dict[str, list[float]] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        self.add(self.rows)

    def add(self, rows: Sequence[Row]) -> None:
        """Count a batch."""
        for row in rows:
            if row["status"] != "ok":
                self.errors += 1
                self.message = f"{row['sample']} at t={row['t']}: {row['message']}"
                continue
            self.done += 1
            for name, value in row["scores"].items():
                if value is not None:
                    sums = self._sums.setdefault(name, [0.0, 0.0])
                    sums[0] += value
                    sums[1] += 1

    def progress(self, *, finished: bool = False) -> Progress:
        """The state now."""
        means = {name: total / n for name, (total, n) in self._sums.items()}
        return Progress(self.job, self.done, self.total, means, self.errors, self.message, finished)
