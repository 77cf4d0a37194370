"""What is there and what is missing: of a dataset's files, and of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vfibench.contracts import DatasetCard, DatasetOptions, Inventoried, Inventory
from vfibench.datasets.opening import opened
from vfibench.datasets.selection import check_root
from vfibench.errors import VfibenchError
from vfibench.registry import (
    DATASETS,
    METHODS,
    METRICS,
    PAGES,
    RECIPES,
    SOURCES,
    Problem,
    Registry,
    dataset_card,
    load_target,
    reason_of,
)
from vfibench.system.provenance import versions
from vfibench.weights.fetching import fetched, is_packaged

SHOWN = 5


@dataclass(frozen=True)
class DoctorReport:
    """The state of one dataset on this machine.

    Attributes:
        card: its facts: source, size, licence, layout (the expected tree), notes.
        ok: whether a run without --partial would start.
        status: one line that says so, or what to do.
        looked_for: folders that would have been taken, in order.
        folder: the one that was found.
        found: samples (or what `unit` says) whose files all exist, n.
        total: those in the official list, N; None where there is none.
        missing: first missing file of up to five incomplete samples.
        remarks: sentences of the dataset itself, such as how many samples a rule left out.
        unit: what is counted, "samples" or "clips".
        faults: why files (or folders) of `missing` that are there count as missing.
    """

    card: DatasetCard
    ok: bool
    status: str
    looked_for: tuple[Path, ...] = ()
    folder: Path | None = None
    found: int = 0
    total: int | None = None
    missing: tuple[Path, ...] = ()
    remarks: tuple[str, ...] = ()
    unit: str = "samples"
    faults: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EnvironmentReport:
    """The machine and what is installed on it.

    Attributes:
        versions: of python, vfibench and the libraries scores depend on, those that are installed.
        problems: plugins that failed to load.
        data_root: where datasets are looked for, None where nothing is set.
        data_root_found: whether that folder exists.
        cuda: the first GPU's name, why there is none, or "not checked".
        weights: of each method that brings its weights along, "" where they are whole, else what is wrong.
        columns: of each column that needs a file or a library of its own, such as `lpips`, "" where it can be
            computed, else what is missing; none where this was not looked at.
    """

    versions: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    data_root: Path | None = None
    data_root_found: bool = False
    cuda: str = "not checked"
    weights: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


def dataset_report(name: str, root: Path | None) -> DoctorReport:
    """Say what of a dataset is found under `root`.

    Args:
        name: as on the command line, such as "ucf101" or "clip:DIR".
        root: the data root, None where none is set.

    Raises:
        VfibenchError: there is no such dataset, its argument is missing or too many, or its module cannot
            be imported.
    """
    card, argument = dataset_card(name), name.partition(":")[2]
    factory = load_target(card.target)
    if not isinstance(factory, Inventoried):
        return _by_opening(card, DatasetOptions(root=root, inputs=min(card.inputs), argument=argument))
    try:
        inventory = factory.inventory(check_root(root, card.name))
    except VfibenchError as error:
        return DoctorReport(card, ok=False, status=str(error), total=card.count)
    return _from_inventory(card, inventory)


def _from_inventory(card: DatasetCard, inventory: Inventory) -> DoctorReport:
    tally, present = inventory.tally, len(inventory.present)
    ok = inventory.folder is not None and tally.found == tally.total and not inventory.missing
    held = f"{tally}{'' if tally.unit == 'samples' else f', {present} samples'}"
    if inventory.folder is None:
        status = f"not found; get it from {card.source}"
    elif ok:
        status = f"complete: {held}"
    elif tally.found > tally.total:
        status = f"too many: {tally.found} {tally.unit}, the official set has {tally.total}"
    elif present:
        status = f"partial: {held}; needs --partial, and is never ranked"
    else:
        status = f"none of the {tally.total} official {tally.unit}"
        status += f"; get them from {card.source}, or score a --list FILE"
    return DoctorReport(
        card=card,
        ok=ok,
        status=status,
        looked_for=inventory.looked_for,
        folder=inventory.folder,
        found=tally.found,
        total=tally.total,
        missing=tuple(inventory.missing.values())[:SHOWN],
        unit=tally.unit,
        faults=inventory.faults,
    )


def _by_opening(card: DatasetCard, options: DatasetOptions) -> DoctorReport:
    """The report of a dataset that keeps no inventory: built in, a folder of the user's, or a plugin."""
    try:
        dataset = opened(load_target(card.target), card, options)
    except VfibenchError as error:
        return DoctorReport(card, ok=False, status=str(error), total=card.count)
    return DoctorReport(
        card=card,
        ok=True,
        status=f"{'built in: ' if card.builtin else ''}{len(dataset)} samples",
        folder=dataset.root,
        found=len(dataset),
        total=card.count,
        remarks=dataset.remarks,
    )


def environment_report(
    root: Path | None = None, cuda: bool = False, columns: bool = False
) -> EnvironmentReport:
    """Versions, broken plugins, the data root; where asked for, CUDA and optional columns (with torch)."""
    registries: tuple[Registry[Any], ...] = (METHODS, DATASETS, METRICS, PAGES, RECIPES, SOURCES)
    return EnvironmentReport(
        versions=versions(),
        problems=tuple(problem for registry in registries for problem in registry.problems()),
        data_root=root,
        data_root_found=root is not None and root.is_dir(),
        cuda=_cuda() if cuda else "not checked",
        weights=packaged_weights(),
        columns=optional_columns() if columns else {},
    )


def packaged_weights() -> dict[str, str]:
    """Methods that bring their weights along: what is wrong with the files, "" for nothing."""
    state: dict[str, str] = {}
    for card in METHODS.cards():
        for file in filter(is_packaged, card.weights):
            try:
                fetched(card, file.name)
            except VfibenchError as error:
                state[card.name] = str(error)
            else:
                state.setdefault(card.name, "")
    return state


def optional_columns() -> dict[str, str]:
    """Columns that may be impossible here: what is missing, "" for nothing; nothing is downloaded."""
    names = [card.name for card in METRICS.cards() if card.optional]
    try:
        from vfibench.metrics.scorer import unavailable
    except ImportError as error:
        return dict.fromkeys(names, f"cannot be computed, {reason_of(error)}")
    return dict.fromkeys(names, "") | unavailable(names)


def _cuda() -> str:
    try:
        import torch
    except ImportError as error:
        return f"torch cannot be imported: {error}"
    if not torch.cuda.is_available():
        return "no CUDA device" if torch.version.cuda else "torch is built without CUDA"
    return f"{torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}"
