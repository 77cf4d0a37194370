"""`vfibench compare`: two methods, or two runs, frame by frame."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.console import plain_console
from vfibench.cli.paths import path_option
from vfibench.cli.terminal import say
from vfibench.system.paths import given_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from vfibench.comparison.paired import Paired
    from vfibench.comparison.wording import Comparison

MANY = "repeat for several"
NOT_COMPARABLE = 3


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("compare", short_help="two methods or runs: differences, intervals, worst frames")(compare)


def compare(
    a: Annotated[str, typer.Argument(help="a method or a run folder")],
    b: Annotated[str, typer.Argument(help="the method or run folder to compare it with")],
    runs: Annotated[
        list[Path] | None,
        path_option("--runs", help=f"folder in which methods are looked up (default runs); {MANY}"),
    ] = None,
    dataset: Annotated[
        list[str] | None, typer.Option("--dataset", "-d", help=f"only this dataset; {MANY}")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", help=f"column to compare; the first one decides (default: all plain columns); {MANY}"
        ),
    ] = None,
    worst: Annotated[int, typer.Option(help="how many frames to list where A, and B, is furthest ahead")] = 5,
    as_json: Annotated[
        str, typer.Option("--json", help="write everything as JSON to a file, or to standard output with - ")
    ] = "",
    page: Annotated[Path | None, path_option(help="write the comparison page into this folder")] = None,
) -> None:
    """Compare two methods or two runs, frame by frame: differences, intervals, tests, worst frames.

    A and B are each a method's name as tables show it ("rife (fp16)"), a run folder, or the key of one result
    in run.json. Two methods are compared on every dataset that both have. Two run folders are compared method
    by method; if each holds a single method, these two are compared. What only one side has is reported.
    Exit status: 3 where something asked for cannot be compared, 2 on bad input.
    """
    from vfibench.comparison.pairing import check_columns, match
    from vfibench.comparison.wording import as_record, compared, lacking, only_lines
    from vfibench.errors import VfibenchError

    if worst < 0:
        raise VfibenchError(f"expected --worst of 0 or more, found {worst}")
    found = match(a, b, runs or [given_path("runs")], dataset or ())
    check_columns(found.pairs, metric or ())
    comparisons = [compared(one, metric or ()) for one in found.pairs]
    if as_json:
        write_json(as_record(found, comparisons, worst), as_json)
    if as_json != "-":
        print_comparisons(comparisons, worst)
        for line in only_lines(found):
            say("", line)
    if page is not None:
        tell_pages(comparisons, page, sys.stderr if as_json == "-" else sys.stdout)
    for one in comparisons:
        if one.why:
            where = f"on {one.match.first.cell.dataset}"
            say(f"not comparable: {' and '.join(one.names)} {where}: {one.why}", error=True)
    for name, why in lacking(found).items():
        say(f"not comparable: {a} and {b} on {name}: {why}", error=True)
    apart = any(one.why for one in comparisons) or bool(lacking(found))
    raise typer.Exit(NOT_COMPARABLE if apart else 0)


def write_json(record: dict[str, object], where: str) -> None:
    """Write a record to a file, or to standard output for "-".

    Raises:
        VfibenchError: the file cannot be written.
    """
    import json

    from vfibench.system.files import write_whole

    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    if where == "-":
        sys.stdout.write(text)
        return
    write_whole(given_path(where), text, make_folder=False)


def print_comparisons(comparisons: Sequence[Comparison], worst: int) -> None:
    """A table and a sentence per pair of results, then the frames where each is furthest ahead."""
    from vfibench.comparison.wording import verdict

    console = plain_console()
    for one in (one for one in comparisons if one.pairs):
        cell = one.match.first.cell
        console.print(f"\n{cell.dataset}, protocol {cell.protocol}")
        for letter, name in zip("AB", one.names, strict=True):
            console.print(f"  {letter}: {name}")
        console.print(difference_table(one.pairs))
        console.print(verdict(one, one.pairs[0]), style="bold", soft_wrap=True)
        for remark in one.remarks:
            console.print(f"  {remark}", style="dim", soft_wrap=True)
        print_worst(console, one.pairs[0], worst)


def difference_table(pairs: Sequence[Paired]) -> Table:
    """A line per metric. Names may be folded, figures never are."""
    from rich.table import Table

    from vfibench.comparison.wording import signed
    from vfibench.statistics.digits import score_text

    table = Table(box=None, pad_edge=False)
    table.add_column("metric", overflow="fold")
    for heading in ("A", "B", "B - A", "95% interval", "p", "A/tie/B", "n", "better"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in pairs:
        means = [score_text(one.column, mean) for mean in one.means] if one.means else ["-", "-"]
        bounds = ", ".join(signed(one.column, bound) for bound in one.interval) if one.interval else "-"
        b_wins, ties, a_wins = one.wins
        table.add_row(
            one.column,
            *means,
            "-" if one.mean is None else signed(one.column, one.mean),
            bounds,
            p_text(one.wilcoxon),
            f"{a_wins}/{ties}/{b_wins}",
            n_text(one),
            better(one),
        )
    return table


def better(paired: Paired) -> str:
    """Which is significantly better, "A" or "B"; else "-"."""
    if not paired.significant or paired.mean is None:
        return "-"
    return "B" if (paired.mean > 0) == (paired.better == "higher") else "A"


def n_text(paired: Paired) -> str:
    """Frames in the mean difference; in brackets those in the means, where some are exact in both."""
    means = paired.in_means
    return str(paired.n) if means == paired.n else f"{paired.n} ({means})"


def p_text(p: float | None) -> str:
    """A probability with three digits behind the point, or that it is smaller."""
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def print_worst(console: Console, paired: Paired, count: int) -> None:
    """The frames where A is furthest ahead, then those of B."""
    from rich.table import Table

    from vfibench.comparison.wording import signed
    from vfibench.statistics.digits import score_text

    lost, won = paired.extremes(count)
    if not lost.size + won.size:
        return
    several = len({time for _, time in paired.frames}) > 1
    table = Table(box=None, pad_edge=False)
    table.add_column(f"ahead in {paired.column}", overflow="fold")
    table.add_column("sample", overflow="fold")
    for heading in ("t", "A", "B", "B - A")[0 if several else 1 :]:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, places in (("A", lost), ("B", won)):
        for place in places.tolist():
            sample, time = paired.frames[place]
            scores = [float(side[place]) for side in (paired.first, paired.second)]
            texts = [
                "exact" if score == float("inf") else score_text(paired.column, score) for score in scores
            ]
            moved = signed(paired.column, float(paired.difference[place]))
            table.add_row(name, sample, *([f"{time:g}"] * several), *texts, moved)
    console.print()
    console.print(table)


def tell_pages(comparisons: Sequence[Comparison], out: Path, stream: object) -> None:
    """Write the comparison page of each dataset, with these results alone, and print its address."""
    from typing import TextIO, cast
    from urllib.parse import urlencode

    from vfibench.reporting import write_pages

    able = [one for one in comparisons if one.pairs]
    results = list({id(r): r for one in able for r in (one.match.first, one.match.second)}.values())
    written = dict(write_pages("compare", results, out)) if able else {}
    for one in able:
        cell = one.match.first.cell
        name = written.get(f"{cell.dataset}, protocol {cell.protocol}")
        if name is not None:
            words = {"a": one.names[0], "b": one.names[1], "metric": one.pairs[0].column}
            address = f"{(out / name).resolve().as_uri()}#{urlencode(words)}"
            print(f"page: {address}", file=cast("TextIO", stream))
