"""How a score comes to be: plan what is missing, measure it batch by batch, store each batch.

`measuring.py` is the inner loop: decode, predict, score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Literal

import torch

from vfibench.metrics.columns import column_facts
from vfibench.running.measuring import Measurer
from vfibench.running.plan import Job
from vfibench.store.album import Album
from vfibench.store.entry import Session
from vfibench.store.protocols import Status, Store, Writer
from vfibench.store.rows import ScoreRow
from vfibench.store.shards import Shard
from vfibench.system import provenance
from vfibench.system.json_text import readable
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
        failed: frames without a score in a column that could not be computed for them, by column.
        reasons: the latest reason of each of these columns, with the frame.
        told: what the method changed of the process, and was put back.
    """

    job: Job
    done: int
    total: int
    means: dict[str, float]
    errors: int
    message: str
    finished: bool
    failed: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()


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

    store: Store
    device: torch.device
    shard: Shard = field(default_factory=Shard)
    policy: Policy = "missing"
    workers: int = 2
    save_images: bool = False
    on_event: Callable[[Progress], None] = lambda _: None

    def run(self, jobs: Sequence[Job]) -> bool:
        """Score all jobs; True when every frame of this shard has a score in every column.

        Raises:
            VfibenchError: an unreadable image, a busy cell, a full disk; what was scored is stored.
        """
        jobs = [self._at_attempt(job) for job in jobs]
        if self.policy == "never":
            return self.store.all_scored([job.cell for job in jobs])
        keep_freed_memory()
        here = {job.precision: provenance.collect(str(self.device), job.precision) for job in jobs}
        started = provenance.now()
        with ExitStack() as opened:
            works = []
            for job in jobs:  # all of them first: a cell another run is at is found before any work
                works.append(Work(job, self.store.open_cell(job.cell, self.shard)))
                opened.callback(works[-1].writer.close)

            def tell(status: Status) -> None:
                sessions = [work.session(here[work.job.precision]) for work in works]
                self.store.tell(self.shard, status, started, sessions)

            tell("running")
            status: Status = "failed"
            try:
                done = [self._run_cell(work) for work in works]
                for work in works:  # an earlier cell's may have gone while a later one was scored
                    work.writer.settle()
                status = "complete" if all(done) else "incomplete"
            except KeyboardInterrupt:
                status = "interrupted"
                raise
            finally:
                tell(status)
        return all(done)

    def _run_cell(self, work: Work) -> bool:
        """One cell: what is missing, batch by batch."""
        job = work.job
        mine = [row for row in work.writer.stored if self.shard.takes(row.index // job.batch_size)]
        tally = Tally(job, mine, self._total(job))
        self.on_event(tally.progress())
        album = self.store.album(job.cell) if self.save_images else None
        if batches := self._missing(job, work.writer, album):
            self._score(work, batches, tally, album)
        work.writer.settle()
        if album is not None:
            album.check()
        self.on_event(replace(tally.progress(finished=True), told=work.told))
        return tally.done == tally.total and not tally.failed

    def _score(self, work: Work, batches: list[tuple[int, range]], tally: Tally, album: Album | None) -> None:
        """Batches are measured side by side; their rows are stored in order."""
        with Measurer(work.job, self.device, album) as measurer:
            work.parameters = measurer.parameters
            stream = in_order(batches, measurer.measure, self.workers, measurer.prepare_thread)
            for rows, timings in stream:
                fresh = [row for row in rows if row.frame not in work.writer.done]
                work.writer.append(fresh, timings)
                tally.add(fresh)
                self.on_event(tally.progress())
        work.told = measurer.told

    def _missing(self, job: Job, writer: Writer, album: Album | None) -> list[tuple[int, range]]:
        """This shard's batches in which a frame has no score; the full list fixes the batches.

        Also those of which a prediction was saved that cannot be read: a power cut may have emptied it.
        """

        def wanted(index: int) -> bool:
            name, times = readable(job.dataset.ids[index]), job.times_of(index)
            return any((name, time) not in writer.done for time in times) or (
                album is not None and album.spoilt(name, times)
            )

        return [(number, part) for number, part in self._batches(job) if any(map(wanted, part))]

    def _batches(self, job: Job) -> list[tuple[int, range]]:
        total, size = len(job.dataset), job.batch_size
        parts = [range(start, min(start + size, total)) for start in range(0, total, size)]
        return [(number, part) for number, part in enumerate(parts) if self.shard.takes(number)]

    def _total(self, job: Job) -> int:
        return sum(len(job.times_of(index)) for _, part in self._batches(job) for index in part)

    def _at_attempt(self, job: Job) -> Job:
        """The job at the attempt this run is to go on with, or to begin."""
        attempt = self.store.attempt_of(job.cell, self.shard, again=self.policy == "always")
        return replace(job, cell=replace(job.cell, attempt=attempt))


@dataclass
class Work:
    """A cell while it is scored.

    Attributes:
        job: the cell and what scores it.
        writer: where its rows go.
        parameters: scalars in the network, None until it is built, or where they cannot be seen.
        told: what the method changed of the process; known once it has run.
    """

    job: Job
    writer: Writer
    parameters: int | None = None
    told: tuple[str, ...] = ()

    def session(self, here: provenance.Provenance) -> Session:
        """What this call knows of the cell by now."""
        job = self.job
        return Session(
            cell=job.cell,
            planned=job.planned,
            selection=job.dataset.selection,
            columns=column_facts(job.columns),
            unavailable=job.unavailable,
            provenance=here,
            wrote=self.writer.written > 0,
            parameters=self.parameters,
        )


@dataclass
class Tally:
    """Running means of a cell, for the progress bar."""

    job: Job
    rows: list[ScoreRow]
    total: int
    errors: int = 0
    message: str = ""
    failed: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    _sums: dict[str, list[float]] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        self.add(self.rows)

    def add(self, rows: Sequence[ScoreRow]) -> None:
        """Count a batch."""
        for row in rows:
            if row.status != "ok":
                self.errors += 1
                self.message = f"{row.sample} at t={row.t}: {row.message}"
                continue
            self.done += 1
            for name, reason in row.failed.items():
                self.failed[name] = self.failed.get(name, 0) + 1
                self.reasons[name] = f"{row.sample} at t={row.t}: {reason}"
            for name, value in row.scores.items():
                if value is not None:
                    sums = self._sums.setdefault(name, [0.0, 0.0])
                    sums[0] += value
                    sums[1] += 1

    def progress(self, *, finished: bool = False) -> Progress:
        """The state now."""
        means = {name: total / n for name, (total, n) in self._sums.items()}
        return Progress(
            job=self.job,
            done=self.done,
            total=self.total,
            means=means,
            errors=self.errors,
            message=self.message,
            finished=finished,
            failed=dict(self.failed),
            reasons=dict(self.reasons),
        )
