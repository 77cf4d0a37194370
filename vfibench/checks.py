"""What a request in words means, and everything that can be refused before the first frame."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

from vfibench.contracts import Dataset, DatasetOptions, Padding
from vfibench.errors import VfibenchError
from vfibench.methods import Method
from vfibench.metrics.protocols import Protocol
from vfibench.predictors import prediction_paths
from vfibench.registry import dataset_card, load_target
from vfibench.selection import data_root


def open_dataset(name: str, options: DatasetOptions) -> Dataset:
    """Open a dataset by name; see DatasetOptions. The root falls back to VFIBENCH_DATA.

    Raises:
        VfibenchError: unknown name, missing root, missing files, unsupported number of inputs.
    """
    card = dataset_card(name)
    if options.inputs not in card.inputs:
        raise VfibenchError(f"{card.name} gives {card.inputs} input frames, asked for {options.inputs}")
    options = replace(options, root=data_root(options.root), argument=name.partition(":")[2])
    dataset: Dataset = load_target(card.target)(options)
    if len(dataset) == 0:
        raise VfibenchError(f"expected samples in {name}, found none", "see `vfibench doctor --dataset`")
    return dataset


def sample_times(dataset: Dataset, index: int) -> tuple[float, ...]:
    """Target times of one sample: the dataset's, unless it tells them sample by sample."""
    tell = getattr(dataset, "times_of", None)
    return dataset.times if tell is None else tell(index)


def effective_padding(method: Method, protocol: Protocol) -> Padding:
    """The protocol's rule, with a multiple the network accepts and the extra pixels a variant asks for.

    Those are both kinds: `extra`, and `extra_when_fitting`.
    """
    needed = method.card.padding
    if protocol.padding is None:
        return needed
    asked = method.card.variants[method.variant].padding if method.variant else None
    source = asked or protocol.padding
    return replace(
        protocol.padding,
        multiple=math.lcm(protocol.padding.multiple, needed.multiple),
        extra=source.extra,
        extra_when_fitting=source.extra_when_fitting,
    )


def check_count(name: str, value: int, least: int) -> None:
    """VfibenchError where the number given for option `name` is below `least`."""
    if value < least:
        raise VfibenchError(f"expected {name} of {least} or more, found {value}")


def check_predictions(folder: Path, dataset: Dataset) -> None:
    """VfibenchError naming the first missing prediction of frames:DIR, and how many are."""
    missing: list[str] = []
    for index, sample in enumerate(dataset.ids):
        try:
            prediction_paths(folder, sample, sample_times(dataset, index))
        except VfibenchError as error:
            missing.append(error.message)
    if missing:
        raise VfibenchError(
            f"{missing[0]} ({len(missing)} of {len(dataset)} samples lack one)", "complete the folder"
        )


def predictions_hash(folder: Path, dataset: Dataset) -> str:
    """SHA-256 over the contents of those pictures of frames:DIR that a run reads, in scoring order.

    Raises:
        VfibenchError: a prediction is missing.
    """
    digest = hashlib.sha256()
    for index, sample in enumerate(dataset.ids):
        for path in prediction_paths(folder, sample, sample_times(dataset, index)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
