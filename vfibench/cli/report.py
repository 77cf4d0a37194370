"""`vfibench report`: from run folders to a static site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("report")(report)


def report(
    runs: Annotated[list[Path], typer.Argument(help="run folders, or folders of them")],
    out: Annotated[Path, typer.Option(help="folder of the site")] = Path("site"),
) -> None:
    """Write a self-contained site: one leaderboard a (dataset, protocol); opens from disk, no network."""
    from vfibench.reporting import write_site

    index = write_site(runs, out)
    print(f"wrote {index}")
