"""`vfibench strata`: how far things move in each scored frame, and how much an input does not show."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.paths import path_argument, path_option
from vfibench.cli.terminal import say

if TYPE_CHECKING:
    from vfibench.strata.writing import StrataProgress, Written

EVERY_S = 10.0  # between lines of progress


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("strata", short_help="find and keep motion and occlusion of every scored frame")(strata)


def strata(
    runs: Annotated[list[Path], path_argument(help="run folders, or folders that hold them")],
    data_root: Annotated[Path | None, path_option(help="folder of datasets (else VFIBENCH_DATA)")] = None,
    list_file: Annotated[
        Path | None, path_option("--list", help="the --list that those runs were made with")
    ] = None,
    workers: Annotated[int, typer.Option(help="threads (default: one per core, at most 8)")] = 0,
    again: Annotated[bool, typer.Option("--again", help="measure anew, even where results exist")] = False,
) -> None:
    """Measure motion and occlusion of every scored frame and keep them beside the scores.

    They are exact on datasets that know them (synthetic), else estimated from the ground truth. Each dataset
    is opened once; a call that was killed resumes where it stopped. Afterwards `vfibench report` shows scores
    by stratum.
    """
    import os

    from vfibench.errors import VfibenchError
    from vfibench.running.checks import check_count
    from vfibench.store.folders import read_results
    from vfibench.strata.writing import StrataWork, dataset_lists, write_facts

    check_count("--workers", workers, 0)
    work = StrataWork(data_root, list_file, workers or min(8, os.cpu_count() or 1), again, StrataReporter())
    lists, failed = dataset_lists(read_results(runs)), list[VfibenchError]()
    for cells in lists:
        try:
            tell(write_facts(cells, work))
        except VfibenchError as error:
            if len(lists) == 1:
                raise
            failed.append(error)  # the other datasets may be here
            say(f"{cells[0].cell.dataset}: {error.message}", error=True)
    if failed:
        raise VfibenchError(f"{len(failed)} of {len(lists)} datasets have no facts", failed[0].hint)


def tell(written: Written) -> None:
    """What was found, in two lines of classes, what was not, and where it lies."""
    import numpy as np

    from vfibench.strata import MOTION, OCCLUSION, Facts

    facts = Facts(written.facts.rows, written.facts.how)
    say(f"{written.dataset}: {len(facts.values)} frames, {facts.how}")
    aligned = facts.align(list(facts.values))
    for bins, values in zip((MOTION, OCCLUSION), aligned, strict=True):
        found = bins.classes(values)
        counts = np.bincount(found[found >= 0], minlength=len(bins.labels))
        told = [f"{label}: {count}" for label, count in zip(bins.labels, counts, strict=True)]
        say(f"  {bins.name}  {', '.join(told)}")
    if unknown := int(np.isnan(aligned[0]).sum()):
        say(f"  {unknown} without figures: too small for optical flow, or no pixel counts")
    for path in written.paths:
        say(f"  {'wrote' if written.fresh else 'kept'} {path}")


class StrataReporter:
    """Prints progress to standard error: at the start and end of a dataset, and every ten seconds between."""

    def __init__(self) -> None:
        self._told = 0.0
        self._dataset = ""

    def __call__(self, event: StrataProgress) -> None:
        """Show one event."""
        fresh = event.dataset != self._dataset
        if fresh or event.done == event.total or time.monotonic() - self._told > EVERY_S:
            self._dataset, self._told = event.dataset, time.monotonic()
            say(f"{event.dataset}: {event.done}/{event.total} samples", error=True)
