"""The dataset behind stored cells, opened again and known to be the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path

from vfibench.contracts import DatasetOptions
from vfibench.datasets.opened import OpenedDataset
from vfibench.datasets.opening import open_dataset
from vfibench.errors import VfibenchError
from vfibench.store.result import CellResult


def reopen(results: Sequence[CellResult], root: Path | None, list_file: Path | None) -> OpenedDataset:
    """Open the dataset of some cells of one dataset list.

    Args:
        results: cells of one list; the rows of an own list name its samples.
        root: the data root, else VFIBENCH_DATA.
        list_file: the own list they were scored on, for when no cell has a row of every sample.

    Raises:
        VfibenchError: it cannot be opened, or is no longer what was scored.
    """
    fullest = max(results, key=lambda result: len(result.rows))
    dataset = _at_its_times(fullest, root, None)
    if not _same_list(dataset, fullest) and fullest.entry.selection.kind == "own list":
        with _listed(fullest, list_file) as lines:
            dataset = _at_its_times(fullest, root, lines)
    _check_same(dataset, fullest)
    return dataset


def _at_its_times(result: CellResult, root: Path | None, list_file: Path | None) -> OpenedDataset:
    """Opened with the frame-rate factor that gives the stored target times."""
    settings = result.cell.settings
    times, inputs = tuple(settings.times), settings.inputs
    factor = len(times) + 1
    options = DatasetOptions(root, inputs, partial=True, list_file=list_file)
    dataset = open_dataset(result.cell.asked, options)
    if tuple(dataset.times) == times or times != tuple(step / factor for step in range(1, factor)):
        return dataset
    return open_dataset(result.cell.asked, DatasetOptions(root, inputs, True, list_file, factor=factor))


@contextmanager
def _listed(result: CellResult, given: Path | None) -> Iterator[Path]:
    """A list file of the samples of a cell: the one given, else one made of its rows."""
    if given is not None:
        yield given
        return
    ids = dict.fromkeys(row.sample for row in sorted(result.rows, key=attrgetter("index")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.txt"
        path.write_text("".join(f"{name}\n" for name in ids), encoding="utf-8")
        yield path


def _same_list(dataset: OpenedDataset, result: CellResult) -> bool:
    return bool(dataset.selection.sha256 == result.cell.settings.list_sha256)


def _check_same(dataset: OpenedDataset, result: CellResult) -> None:
    settings, name = result.cell.settings, result.cell.dataset
    if not _same_list(dataset, result):
        wanted, there = settings.list_sha256[:8], dataset.selection.sha256[:8]
        raise VfibenchError(
            f"expected the list {wanted} of {name} that {result.folder} was scored on, found {there} "
            f"({dataset.selection})",
            "give the data root of that run, and --list FILE where it had one",
        )
    if settings.files not in {None, dataset.fingerprint}:
        raise VfibenchError(
            f"expected the files of {name} that {result.folder} was scored on, found others",
            "give the data root of that run",
        )
    if list(dataset.times) != list(settings.times):
        raise VfibenchError(f"expected target times {settings.times} of {name}, found {list(dataset.times)}")
