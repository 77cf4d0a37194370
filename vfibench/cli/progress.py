"""Progress of a run: a bar with samples/s and running means on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from vfibench.cli.console import progress_console
from vfibench.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from vfibench.running.plan import Job
    from vfibench.running.runner import Progress

EVERY_S = 10.0  # between plain lines
COMMAND = re.compile("vfibench fetch [a-z-]+")
LONGEST = 100  # characters of the note about an empty column; run.json has the whole reason


def empty_column(column: str, reason: str) -> str:
    """Which column stays empty, why in a few words (up to the reason's first comma), and where to read on.

    >>> empty_column("lpips", "no alexnet backbone, found none in /a; get it with `vfibench fetch lpips`")
    'note: lpips stays empty: no alexnet backbone (vfibench fetch lpips)'
    """
    command = COMMAND.search(reason)
    doctor = "--backbones, see vfibench doctor" if "--backbones" in reason else "see vfibench doctor"
    way = command[0] if command else doctor
    begin, end = f"note: {column} stays empty: ", f" ({way})"
    short = reason.partition(",")[0].partition(";")[0]
    room = LONGEST - len(begin) - len(end)
    return begin + (short if len(short) <= room else f"{short[: max(room - 3, 0)]}...") + end


class Reporter:
    """Called with each Progress event; writes to standard error, so that standard output stays clean."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._cell = ""
        self._start = (0.0, 0)
        self._last = 0.0

    def __enter__(self) -> Reporter:
        if self._terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(20),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(
                *columns, TextColumn("{task.fields[note]}", markup=False), console=progress_console()
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def announce(self, jobs: Sequence[Job]) -> None:
        """Before the first frame: what will be scored, and which columns stay empty and why."""
        told: set[str] = set()
        for job in jobs:
            inputs = job.cell.settings.inputs
            text = f"{job.cell.label} on {job.cell.dataset}: {job.dataset.selection}, {inputs} input frames"
            self._line(text + (f", {len(job.times)} output frames" if len(job.times) > 1 else ""))
            for remark in job.dataset.remarks:
                self._line(f"note: {remark}")
            for column, reason in job.unavailable.items():
                if column not in told:
                    self._line(empty_column(column, reason))
                    told.add(column)

    def __call__(self, event: Progress) -> None:
        """Show one event."""
        if event.job.cell.name != self._cell:
            self._begin(event)
        rate = (event.done - self._start[1]) / max(time.monotonic() - self._start[0], 1e-9)
        means = "  ".join(f"{name} {value:.4g}" for name, value in list(event.means.items())[:3])
        note = f"{rate:.1f} frames/s  {means}" + (f"  {event.errors} failed" if event.errors else "")
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=event.done, note=note)
        elif event.finished or time.monotonic() - self._last > EVERY_S:
            self._last = time.monotonic()
            self._line(
                f"{event.job.cell.label} on {event.job.cell.dataset}: {event.done}/{event.total}  {note}"
            )
        if event.finished and event.errors:
            self._line(f"{event.errors} frames failed, the last one {event.message}")

    def _begin(self, event: Progress) -> None:
        self._cell = event.job.cell.name
        self._start = (time.monotonic(), event.done)
        self._last = time.monotonic()
        if self._bar is not None:
            title = one_line(f"{event.job.cell.label} on {event.job.cell.dataset}", 200)
            self._task = self._bar.add_task(title, total=event.total, completed=event.done, note="")

    def _line(self, text: str) -> None:
        line = one_line(text)
        if self._bar is not None:
            self._bar.console.print(line, highlight=False, markup=False)
        else:
            print(line, file=sys.stderr, flush=True)
