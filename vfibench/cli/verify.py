"""`vfibench verify`: conformance checks for a plugin of any kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.paths import path_option
from vfibench.cli.terminal import say

if TYPE_CHECKING:
    from vfibench.testing import Report


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("verify", short_help="does a plugin keep its contract?")(verify)


def verify(
    plugin: Annotated[str, typer.Argument(help="NAME, pkg.mod:Class or pkg.mod:CARD")],
    kind: Annotated[str, typer.Option(help="method, dataset, metric or page (default: what PLUGIN is)")] = "",
    weights: Annotated[
        Path | None,
        path_option("--weights", "-w", help="for a method: checkpoint (default: random weights)"),
    ] = None,
    device: Annotated[str, typer.Option(help="for a method or metric: cpu, cuda or cuda:N")] = "cpu",
    data_root: Annotated[
        Path | None, path_option(help="for a dataset: its data root (else VFIBENCH_DATA)")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="for a dataset: check the part that is present")
    ] = False,
) -> None:
    """Check that a plugin keeps its contract.

    For a method: shapes, range, statelessness, padding and more. For a dataset: its list, every sample,
    repeatability, whether changed files are noticed. For a metric: its answers, batches, direction. For a
    page: its files, names that contain markup.
    """
    from vfibench.errors import VfibenchError
    from vfibench.methods.resolving import see_working_directory
    from vfibench.testing import check_dataset, check_metric, check_page
    from vfibench.testing.kinds import KINDS, kind_of

    see_working_directory()
    if kind and kind not in KINDS:
        raise VfibenchError(f"expected --kind {', '.join(KINDS[:-1])} or {KINDS[-1]}, found {kind!r}")
    chosen = kind or kind_of(plugin)
    _refuse_others(chosen, weights, device, data_root, partial)
    if chosen == "method":
        report = _method(plugin, weights, device)
    elif chosen == "dataset":
        report = check_dataset(plugin, root=data_root, partial=partial)
    else:
        report = check_metric(plugin, device=device) if chosen == "metric" else check_page(plugin)
    say(*str(report).split("\n"))
    raise typer.Exit(0 if report.ok else 1)


def _refuse_others(kind: str, weights: Path | None, device: str, root: Path | None, partial: bool) -> None:
    """VfibenchError for an option that means nothing for this kind of plugin."""
    from vfibench.errors import VfibenchError

    given = {
        "--weights": (weights is not None, ("method",)),
        "--device": (device != "cpu", ("method", "metric")),
        "--data-root": (root is not None, ("dataset",)),
        "--partial": (partial, ("dataset",)),
    }
    for option, (is_given, kinds) in given.items():
        if is_given and kind not in kinds:
            raise VfibenchError(f"a {kind} takes no {option}", "leave it out, or say what it is with --kind")


def _method(method: str, weights: Path | None, device: str) -> Report:
    """The checks of a method, whose weights are loaded first: a wrong file is no fault of the adapter's."""
    from vfibench.methods.resolving import resolve
    from vfibench.system.devices import chosen_device
    from vfibench.testing import check_adapter

    place = chosen_device(device)
    if weights is not None:
        chosen = resolve(method, str(weights), scoring=False)
        chosen.open(place)
        weights = chosen.weights
    return check_adapter(method, weights=weights, device=str(place))
