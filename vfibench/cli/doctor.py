"""`vfibench doctor`: is everything here that a run needs?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("doctor")(doctor)


def doctor(
    dataset: Annotated[list[str] | None, typer.Option("--dataset", "-d", help="look at this dataset")] = None,
    data_root: Annotated[Path | None, typer.Option(help="where datasets lie (else VFIBENCH_DATA)")] = None,
) -> None:
    """Versions, devices, plugins that fail; with --dataset: source, licence, layout, what is missing."""
    from vfibench.doctor import dataset_report, environment_report

    if not dataset:
        print(environment_report())
        return
    reports = [dataset_report(name, data_root) for name in dataset]
    print("\n\n".join(str(report) for report in reports))
    raise typer.Exit(0 if all(report.complete for report in reports) else 1)
