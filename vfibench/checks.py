"""What a request in words means, and everything that can be refused before the first frame."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vfibench.contracts import AdapterCard, Dataset, DatasetCard, DatasetOptions, Padding
from vfibench.errors import VfibenchError
from vfibench.metrics.protocols import Protocol
from vfibench.predictors import is_dyadic, prediction_paths
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


def common_inputs(method: AdapterCard, dataset: DatasetCard) -> int:
    """The largest number of input frames both sides know.

    Raises:
        VfibenchError: there is none.
    """
    common = set(method.inputs) & set(dataset.inputs)
    if not common:
        raise VfibenchError(
            f"{method.name} takes {_numbers(method.inputs)} input frames, "
            f"{dataset.name} gives {_numbers(dataset.inputs)}",
            "choose another dataset",
        )
    return max(common)


def _numbers(values: Sequence[int]) -> str:
    return " or ".join(map(str, values))


def check_times(method: AdapterCard, dataset: DatasetCard, times: Sequence[float]) -> None:
    """VfibenchError where a mid-point method cannot reach the dataset's times."""
    if method.times == "any" or tuple(times) == (0.5,):
        return
    if common_inputs(method, dataset) != 2 or not all(is_dyadic(time) for time in times):
        raise VfibenchError(
            f"{method.name} predicts the mid-point only, {dataset.name} asks for {len(times)} times",
            "choose --factor 2 or a dataset of triplets",
        )


def check_scale(method: AdapterCard) -> None:
    """VfibenchError for space-time super-resolution: its datasets give smaller inputs than targets."""
    if method.scale != 1:
        raise VfibenchError(
            f"{method.name} enlarges its frames by {method.scale}, these datasets give inputs at full size",
            "it can be timed with `vfibench speed` and checked with `vfibench verify`",
        )


def effective_padding(method: AdapterCard, protocol: Protocol) -> Padding:
    """The protocol's rule, with a multiple the network accepts."""
    if protocol.padding is None:
        return method.padding
    return replace(protocol.padding, multiple=math.lcm(protocol.padding.multiple, method.padding.multiple))


def check_count(name: str, value: int, least: int) -> None:
    """VfibenchError where the number given for option `name` is below `least`."""
    if value < least:
        raise VfibenchError(f"expected {name} of {least} or more, found {value}")


def check_device(device: str) -> None:
    """VfibenchError where torch cannot use the device."""
    import torch

    kind, _, index = device.partition(":")
    if kind not in {"cpu", "cuda"} or (index and not index.isdigit()):
        raise VfibenchError(f"expected --device cpu, cuda or cuda:N, found {device!r}")
    if kind == "cuda":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(index or 0) >= found:
            raise VfibenchError(
                f"expected a CUDA device for --device {device}, found {found}",
                "use --device cpu, or install a CUDA build of torch and a driver",
            )


def check_predictions(folder: Path, dataset: Dataset) -> None:
    """VfibenchError naming the first missing prediction of frames:DIR, and how many are."""
    missing: list[str] = []
    for sample in dataset.ids:
        try:
            prediction_paths(folder, sample, dataset.times)
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
    for sample in dataset.ids:
        for path in prediction_paths(folder, sample, dataset.times):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
