"""`vfibench doctor`: is everything here that a run needs?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.listing import Json
from vfibench.cli.paths import path_option
from vfibench.cli.terminal import say

if TYPE_CHECKING:
    from vfibench.doctor import DoctorReport, EnvironmentReport


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("doctor", short_help="what is installed, what is missing, where to get a dataset")(doctor)


def doctor(
    dataset: Annotated[
        list[str] | None, typer.Option("--dataset", "-d", help="check this dataset; repeat for several")
    ] = None,
    data_root: Annotated[Path | None, path_option(help="folder of datasets (else VFIBENCH_DATA)")] = None,
    as_json: Json = False,
) -> None:
    """Show versions, device, weights, broken plugins; with --dataset: source, licence, layout, missing files.

    Exit status: 0, or 1 if a dataset that was asked for is incomplete.
    """
    from vfibench.datasets.selection import data_root as default_root
    from vfibench.doctor import dataset_report, environment_report

    root = default_root(data_root)
    if as_json:
        from vfibench.cli.documents import DoctorDocument, only_a_document, print_document

        with only_a_document():
            environment = environment_report(root, cuda=not dataset, columns=not dataset)
            reports = [dataset_report(name, root) for name in dataset or ()]
        print_document(DoctorDocument(environment=environment, datasets=reports))
    elif dataset:
        reports = [dataset_report(name, root) for name in dataset]
        for number, report in enumerate(reports):
            say(*[""] * (number > 0), *dataset_lines(report))
    else:
        reports = []
        say(*environment_lines(environment_report(root, cuda=True, columns=True)))
    raise typer.Exit(0 if all(report.ok for report in reports) else 1)


def environment_lines(report: EnvironmentReport) -> list[str]:
    """Versions, device, data root, weights that came along, optional columns and broken plugins, in words."""
    root = "not set (--data-root or VFIBENCH_DATA)"
    if report.data_root is not None:
        root = f"{report.data_root}{'' if report.data_root_found else ' (does not exist)'}"
    lines = [f"{name:13s} {version}" for name, version in report.versions.items()]
    lines += [f"{'CUDA':13s} {report.cuda}", f"{'data root':13s} {root}"]
    whole = [name for name, problem in report.weights.items() if not problem]
    lines.append(f"{'weights here':13s} {', '.join(whole) or 'none'}")
    lines += [f"broken weights {problem}" for problem in report.weights.values() if problem]
    lines += [f"column {name}: {problem or 'ready'}" for name, problem in report.columns.items()]
    lines += [f"broken plugin {problem.origin}: {problem.reason}" for problem in report.problems]
    return lines


def dataset_lines(report: DoctorReport) -> list[str]:
    """Source, size, licence, expected tree, what is found and what is missing."""
    card = report.card
    facts = {
        "task": card.task,
        "source": card.source,
        "size": card.size,
        "licence": card.licence,
        "paper": card.paper,
        "looked for": ", ".join(str(path) for path in report.looked_for),
        "found at": str(report.folder or ""),
    }
    lines = [f"{card.name}: {card.title}", f"  {report.status}"]
    lines += [f"  {name:10s} {value}" for name, value in facts.items() if value]
    lines += (
        ["  expected tree", *(f"    {line}" for line in card.layout.strip("\n").splitlines())]
        if card.layout
        else []
    )
    lines += [
        f"  incomplete {path}: {report.faults[path]}" if path in report.faults else f"  missing    {path}"
        for path in report.missing
    ]
    more = (report.total or 0) - report.found - len(report.missing)
    lines += [f"  missing    and {more} more {report.unit}"] if report.missing and more > 0 else []
    return lines + [f"  note       {note}" for note in (*report.remarks, card.notes) if note]
