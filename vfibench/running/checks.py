"""What a request in words means, and everything that can be refused before the first frame."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from vfibench.datasets.opened import OpenedDataset
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import Method
from vfibench.running.predictions import NoPrediction, PredictionFolder


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


def check_labels(methods: Iterable[Method]) -> None:
    """VfibenchError where two folders of predictions would be one method in every table."""
    folders: dict[str, Path] = {}
    for method in methods:
        if method.folder is None:
            continue
        earlier = folders.setdefault(method.label, method.folder)
        if earlier.resolve() != method.folder.resolve():
            raise VfibenchError(
                f"expected methods of different names, found {method.label} twice, in {earlier} and "
                f"{method.folder}",
                f"name one of them: -m frames:{method.folder}=NAME",
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
