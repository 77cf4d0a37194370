"""From a word to a dataset: opened, with every file it needs there."""

from __future__ import annotations

from dataclasses import replace

from vfibench.contracts import Dataset, DatasetOptions
from vfibench.datasets.selection import data_root
from vfibench.errors import VfibenchError
from vfibench.registry import dataset_card, load_target


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
