"""From a word to a dataset: opened, with every file it needs there, and known to keep its contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vfibench.contracts import Dataset, DatasetCard, DatasetOptions
from vfibench.datasets.opened import OpenedDataset
from vfibench.datasets.selection import data_root
from vfibench.errors import VfibenchError
from vfibench.registry import DATASETS, dataset_card, load_target
from vfibench.system.foreign import explained

Factory = Callable[[DatasetOptions], Dataset]


def open_dataset(name: str, options: DatasetOptions) -> OpenedDataset:
    """Open a dataset by name; see DatasetOptions. The root falls back to VFIBENCH_DATA.

    Raises:
        VfibenchError: unknown name, missing root, missing files, unsupported number of inputs, or what was
            opened breaks the contract of `vfibench.contracts.Dataset`.
    """
    card = dataset_card(name)
    if options.inputs not in card.inputs:
        raise VfibenchError(f"{card.name} gives {card.inputs} input frames, asked for {options.inputs}")
    root = data_root(options.root)
    root = root and root.absolute()  # wherever a method goes meanwhile
    options = replace(options, root=root, argument=name.partition(":")[2])
    dataset = opened(load_target(card.target), card, options, DATASETS.named(card.name))
    dataset.check()
    if len(dataset) == 0:
        raise VfibenchError(f"expected samples in {name}, found none", "see `vfibench doctor --dataset`")
    return dataset


def opened(factory: Factory, card: DatasetCard, options: DatasetOptions, name: str = "") -> OpenedDataset:
    """What a factory makes of options, not checked yet.

    Args:
        factory: of the dataset.
        card: what it is listed with.
        options: passed on.
        name: of the dataset in messages, its card's where it is "".

    Raises:
        VfibenchError: it refused the options, or raised anything else.
    """
    with explained(f"the dataset {name or card.name} could not be opened"):
        return OpenedDataset(factory(options), card, options.inputs, name)
