"""`vfibench verify`: conformance checks for an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("verify", short_help="does a plugin keep its contract?")(verify)


def verify(
    method: Annotated[str, typer.Argument(help="NAME or pkg.mod:Class")],
    weights: Annotated[Path | None, typer.Option("--weights", "-w", help="checkpoint (else random)")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "cpu",
) -> None:
    """Check that an adapter keeps its contract: shapes, range, statelessness, padding and more."""
    from vfibench.methods.resolving import resolve, see_working_directory
    from vfibench.system.devices import chosen_device
    from vfibench.testing import check_adapter

    place = chosen_device(device)
    see_working_directory()
    if weights is not None:  # a wrong file is no fault of the adapter's, and is told before any check
        chosen = resolve(method, str(weights), scoring=False)
        chosen.open(place)
        weights = chosen.weights
    report = check_adapter(method, weights=weights, device=str(place))
    print(report)
    raise typer.Exit(0 if report.ok else 1)
