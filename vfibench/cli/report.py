"""`vfibench report`: from run folders to a static site, or to tables as text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vfibench.cli.paths import path_argument, path_option
from vfibench.cli.terminal import say
from vfibench.system.paths import given_path


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("report", short_help="write pages that open from disk, or tables as text")(report)


def report(
    runs: Annotated[list[Path], path_argument(help="run folders, or folders that hold them")],
    out: Annotated[
        Path | None,
        path_option(help="folder of the site (default site); for text, a file or folder (default: print it)"),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="html, markdown, latex or csv")] = "html",
    intervals: Annotated[
        bool, typer.Option("--intervals", help="show 95% intervals in text tables; pages always do")
    ] = False,
    samples: Annotated[
        int | None,
        typer.Option(
            help="frames of each dataset that get a page with their images, for runs with --save-images "
            "(default 12; 0: none)"
        ),
    ] = None,
    sample: Annotated[
        list[str] | None,
        typer.Option(metavar="ID[@T]", help="also make a page for this frame; repeat for several"),
    ] = None,
) -> None:
    """Write a self-contained site that opens from disk, or the leaderboards as Markdown, LaTeX or CSV."""
    from vfibench.contracts import PageOptions
    from vfibench.errors import VfibenchError
    from vfibench.reporting import write_site, write_tables

    if form != "html":
        if samples is not None or sample:
            raise VfibenchError(
                f"--samples and --sample are for pages, found --format {form}", "leave them or --format out"
            )
        for path in write_tables(runs, form, out, intervals=intervals):
            say(f"wrote {path}")
        return
    if intervals:
        raise VfibenchError(
            "--intervals is for tables as text, found --format html", "pages have them always"
        )
    asked = PageOptions().samples if samples is None else samples
    index = write_site(runs, out or given_path("site"), PageOptions(asked, tuple(sample or ())))
    say(f"wrote {index}")
