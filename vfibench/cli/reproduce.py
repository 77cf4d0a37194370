"""`vfibench reproduce`: published scores measured as they were made, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.console import plain_console
from vfibench.cli.paths import path_option
from vfibench.cli.terminal import say
from vfibench.system.paths import given_path

if TYPE_CHECKING:
    from vfibench.published.beside import Beside
    from vfibench.running.plan import Job, Request
    from vfibench.running.reproducing import Attempt
    from vfibench.store.result import CellResult


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("reproduce", short_help="measure published scores as they were made: do they hold?")(
        reproduce
    )


def reproduce(
    method: Annotated[str, typer.Option("--method", "-m", help="NAME[@VARIANT] or pkg.mod:Class")],
    dataset: Annotated[str, typer.Option("--dataset", "-d", help="NAME; leave out to list the choices")] = "",
    weights: Annotated[
        str | None,
        typer.Option("--weights", "-w", help="FILE of the released weights (default: those fetched)"),
    ] = None,
    data_root: Annotated[Path | None, path_option(help="folder of datasets (else VFIBENCH_DATA)")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="accept part of a dataset, for a trial; never comparable")
    ] = False,
    out: Annotated[Path | None, path_option(help="run folder (default runs/<key of the settings>)")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N (default: cuda if available)")] = "",
    batch_size: Annotated[int, typer.Option(help="samples per call")] = 4,
    workers: Annotated[
        int, typer.Option(help="threads that decode and score (default: one per core, at most 8)")
    ] = 0,
    backbones: Annotated[
        Path | None, path_option(help="folder of LPIPS backbones (else VFIBENCH_BACKBONES)")
    ] = None,
) -> None:
    """Measure a method's published scores on a dataset as originally obtained, and say whether they hold.

    Definition, protocol, padding, variant and weights are those of the publication. A score is reproduced
    if it differs by at most half of its last printed digit plus what its metric may vary between machines.

    Exit status: 0 reproduced, 1 a score differs, 3 none is comparable (with the reason), 2 bad input.
    """
    from vfibench.running.reproducing import attempts, outcome

    tried, found = attempts(method, dataset, weights)
    if tried:
        from vfibench.system.threads import settle_threads

        settle_threads()
        from vfibench.running.checks import check_count
        from vfibench.running.plan import Planner, Request

        check_count("--workers", workers, 0)
        common = Request(
            data_root=data_root,
            partial=partial,
            device=device,
            batch_size=batch_size,
            backbones=backbones,
        )
        jobs = [Planner(attempt.request(dataset, common)).jobs()[0] for attempt in tried]
        folder = out or _default_folder(jobs)
        results = score(jobs, common, folder, workers)
        pairs = zip(tried, results, strict=True)
        found = [*(each for attempt, result in pairs for each in attempt.judge(result)), *found]
        for line in how_measured(tried, jobs):
            say(line)
        say(f"scores: {folder}    page: vfibench report {folder} --out site")
    print_verdicts(f"{method} on {dataset}: published and measured", found)
    raise typer.Exit(outcome(found))


def _default_folder(jobs: Sequence[Job]) -> Path:
    from vfibench.cli.run import run_key

    return given_path("runs") / run_key(list(jobs))


def score(jobs: Sequence[Job], request: Request, folder: Path, workers: int) -> list[CellResult]:
    """Score jobs into a folder, going on where an earlier call stopped; the result of each."""
    import os

    from vfibench.cli.progress import Reporter
    from vfibench.running.runner import Runner
    from vfibench.store.folder import ResultStore
    from vfibench.store.shards import Shard

    store = ResultStore(folder)
    with Reporter() as reporter:
        reporter.announce(jobs)
        threads = workers or min(8, os.cpu_count() or 1)
        Runner(store, request.place, Shard(), workers=threads, on_event=reporter).run(jobs)
    results = {result.cell.key: result for result in store.results()}
    return [results[job.cell.key] for job in jobs]


def how_measured(tried: Sequence[Attempt], jobs: Sequence[Job]) -> Iterable[str]:
    """A line per run: protocol, padding, weights."""
    for attempt, job in zip(tried, jobs, strict=True):
        rule, weights = job.padding, job.method.weights
        padding = f"padding to {rule.multiple} ({rule.mode}, {rule.place})"
        padding += f" and {rule.extra} more on every side" if rule.extra else ""
        yield f"{attempt.method}: protocol {attempt.protocol}, {padding}, weights {weights or 'none'}"


def print_verdicts(title: str, found: Sequence[Beside]) -> None:
    """Published, measured, difference, tolerance, verdict; below, why the others are not comparable."""
    from rich.table import Table

    console = plain_console()
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("metric", "published", "measured", "difference", "tolerance", "verdict", "source"):
        figures = heading in {"published", "measured", "difference", "tolerance"}
        table.add_column(heading, justify="right" if figures else "left", overflow="fold", no_wrap=figures)
    for each in found:
        table.add_row(*_cells(each))
    console.print(table)
    for each in found:
        if each.why:
            console.print(f"  {_cells(each)[0]} {_cells(each)[1]}: {each.why}", style="dim")
    verdicts = [each.verdict for each in found]
    console.print(", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts)))


def _cells(each: Beside) -> tuple[str, ...]:
    from vfibench.published.beside import published_text, tolerance_text
    from vfibench.statistics.digits import score_text

    return (
        each.column + (f" ({each.score.variant})" if each.score.variant else ""),
        published_text(each.score),
        "-" if each.measured is None else score_text(each.column, each.measured),
        each.difference_text or "-",
        tolerance_text(each.score),
        each.verdict,
        each.score.source,
    )
