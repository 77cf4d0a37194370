"""What a request in words means, and everything that can be refused before the first frame."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from vfibench.datasets.opened import OpenedDataset
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import Method
from vfibench.running.predictions import NoPrediction, PredictionFolder
from vfibench.store.cells import Cell
from vfibench.store.result import CellResult


def check_count(name: str, value: int, least: int) -> None:
    """VfibenchError where the number given for option `name` is below `least`."""
    if value < least:
        raise VfibenchError(f"expected {name} of {least} or more, found {value}")


def check_predictions(folder: Path, dataset: OpenedDataset) -> None:
    """VfibenchError for a frame that frames:DIR has twice, or lacks; then how many it lacks is told too."""
    missing: list[str] = []
    there = PredictionFolder(folder)
    for index, sample in enumerate(dataset.ids):
        try:
            there.paths(sample, dataset.times_of(index))
        except NoPrediction as error:
            missing.append(error.message)
    if missing:
        raise VfibenchError(
            f"{missing[0]} ({len(missing)} of {len(dataset)} samples lack one)", "complete the folder"
        )


def check_labels(words: Sequence[str], methods: Sequence[Method]) -> None:
    """VfibenchError where two methods of one command would have one name in every table.

    Args:
        words: as they were given.
        methods: what each word led to; one folder of predictions, spelt in two ways, is one method.
    """
    known: dict[tuple[str, str], tuple[str, Path | None]] = {}
    for word, method in zip(words, methods, strict=True):
        folder = method.folder.resolve() if method.folder else None
        earlier, place = known.setdefault((method.label, method.variant), (word, folder))
        if earlier != word and (folder is None or folder != place):
            raise VfibenchError(
                f"expected methods of different names, found {method.label} twice: {earlier} and {word}",
                f"name one of them: -m {word}=NAME" if folder else "give one another `name` on its card",
            )


def check_stored(cells: Sequence[Cell], results: Sequence[CellResult], folder: Path) -> None:
    """VfibenchError where cells that were scored without a failure are not all on the disk, every frame."""
    there = {result.cell.key for result in results if result.complete}
    lost = [cell for cell in cells if cell.key not in there]
    if lost:
        raise VfibenchError(
            f"expected the scores of {len(cells)} cells in {folder}, found those of {len(cells) - len(lost)} "
            f"(the first that lacks some: {lost[0].label} on {lost[0].dataset})",
            "something else has removed or changed them meanwhile: run the same command again",
        )


def predictions_hash(folder: Path, dataset: OpenedDataset) -> str:
    """SHA-256 over the contents of those pictures of frames:DIR that a run reads, in scoring order.

    Raises:
        VfibenchError: a prediction is missing or ambiguous.
    """
    digest, there = hashlib.sha256(), PredictionFolder(folder)
    for index, sample in enumerate(dataset.ids):
        for path in there.paths(sample, dataset.times_of(index)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
