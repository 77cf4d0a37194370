"""`vfibench baseline` and `vfibench check`: the gate for continuous integration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vfibench.cli.console import plain_console
from vfibench.cli.paths import path_argument, path_option
from vfibench.cli.terminal import command, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vfibench.gate.outcomes import GateReport

WIDE = 120
"""Columns of a terminal from which on the whole table fits."""

Runs = Annotated[list[Path], path_argument(help="run folders, or folders that hold them")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("baseline", short_help="keep a run's scores in a file for later runs to be held to")(baseline)
    app.command("check", short_help="hold a run to a baseline: 0 pass, 1 worse, 3 not comparable")(check)


def baseline(
    runs: Runs,
    out: Annotated[Path, path_option("--out", "-o", help="CSV file to write, made to be committed")],
    method: Annotated[
        list[str] | None, typer.Option("--method", "-m", help="only this method's cells; repeat for several")
    ] = None,
) -> None:
    """Write a run's scores, frame by frame, to a file that later runs are checked against."""
    from vfibench.errors import VfibenchError
    from vfibench.gate.baseline import make_baseline
    from vfibench.gate.files import write_baseline
    from vfibench.store.folders import read_results

    results = read_results(runs)
    known = {result.cell.method for result in results}
    for name in method or ():
        if name not in known:
            raise VfibenchError(f"no cell of {name!r} in the run", f"it has {', '.join(sorted(known))}")
    cells = make_baseline([one for one in results if not method or one.cell.method in method])
    write_baseline(cells, out)
    frames = sum(len(cell.frames) for cell in cells)
    names = ", ".join(cell.id for cell in cells) if len(cells) < 5 else f"{len(cells)} cells"
    say(f"wrote {out}: {names}; {frames} frames, {out.stat().st_size:,} bytes")


def check(
    runs: Runs,
    baseline: Annotated[Path, path_option(help="file written by `vfibench baseline`")],
    policy: Annotated[Path | None, path_option(help="TOML file with your own tolerances")] = None,
    speed: Annotated[Path | None, path_option(help="JSON from `vfibench speed --against`")] = None,
    junit: Annotated[Path | None, path_option(help="write JUnit XML here")] = None,
    markdown: Annotated[Path | None, path_option(help="write a summary in Markdown here")] = None,
    as_json: Annotated[Path | None, path_option("--json", help="write everything as JSON here")] = None,
) -> None:
    """Check a run against a committed baseline: exit 0 pass, 1 regression, 3 not comparable, 2 bad input."""
    from vfibench.gate.files import read_baseline
    from vfibench.gate.judging import judge, with_speed
    from vfibench.gate.policy import Policy, SpeedLimit, read_policy
    from vfibench.gate.speed import read_speed
    from vfibench.store.folders import read_results

    rules = read_policy(policy) if policy else Policy()
    found = judge(read_results(runs), read_baseline(baseline), rules)
    if speed is not None:
        found = with_speed(found, read_speed(speed, rules.speed or SpeedLimit()))
    write_reports(found, junit, markdown, as_json)
    print_report(found)
    raise typer.Exit(found.exit_status)


def write_reports(found: GateReport, junit: Path | None, markdown: Path | None, as_json: Path | None) -> None:
    """Write the files that were asked for.

    Raises:
        VfibenchError: one cannot be written.
    """
    from vfibench.gate import summary
    from vfibench.gate.junit import junit as junit_text
    from vfibench.system.files import write_whole
    from vfibench.system.json_text import encoded

    texts: tuple[tuple[Path | None, Callable[[], str]], ...] = (
        (junit, lambda: junit_text(found)),
        (markdown, lambda: summary.markdown(found)),
        (as_json, lambda: encoded(summary.as_json(found), indent=1) + "\n"),
    )
    for path, text in texts:
        if path is not None:
            write_whole(path, text())


def print_report(found: GateReport) -> None:
    """Print it, and in a job of GitHub its annotations."""
    import os
    import sys

    from vfibench.errors import one_line
    from vfibench.gate.workflow import commands

    lines = [one_line(line).rstrip() for line in [*table_lines(found), *told_lines(found)]]
    print("\n".join(lines))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in commands(found):
            command(line)
    sys.stdout.flush()


def table_lines(found: GateReport) -> list[str]:
    """A table with a line per metric, more where a name is long; a narrow one leaves out interval and n."""
    import io

    from rich.table import Table

    from vfibench.errors import one_line
    from vfibench.gate import summary

    text = io.StringIO()
    console = plain_console(160, text)  # a job's log has no width
    table = Table(box=None, pad_edge=False)
    shown = summary.HEADINGS if console.width >= WIDE else summary.HEADINGS[:-2]
    for place, heading in enumerate(shown):
        side: Literal["left", "right"] = "right" if place > 2 else "left"
        table.add_column(heading, justify=side, overflow="fold", no_wrap=heading not in {"cell", "metric"})
    for cell in found.cells:
        for one in cell.judgements:
            fields = (one.verdict, one_line(cell.name), one_line(one.column), *summary.figures(one))
            table.add_row(*fields[: len(shown)])
    console.print(table)
    left_out = [] if shown == summary.HEADINGS else [f"({' and '.join(summary.HEADINGS[-2:])}: --markdown)"]
    return text.getvalue().split("\n")[:-1] + left_out


def told_lines(found: GateReport) -> Iterator[str]:
    """The reasons with the worst frames, what changed, and the verdict as the last line."""
    from vfibench.gate import summary

    for cell in found.cells:
        for columns, one in summary.reasons(cell):
            yield f"{one.verdict} {cell.name} {columns}: {one.reason}"
            yield from (f"  {line}" for line in summary.worst_lines(one))
        yield from (f"changed in {cell.name}: {change}" for change in cell.changes)
    yield from (f"note: {hint}" for hint in summary.hints(found))
    yield summary.headline(found)
