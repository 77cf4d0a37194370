"""`check_dataset`: which dataset is meant, and the run of all checks on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vfibench.contracts import Carded, DatasetCard, DatasetOptions
from vfibench.datasets.opening import Factory
from vfibench.datasets.selection import data_root
from vfibench.errors import VfibenchError
from vfibench.registry import DATASETS, dataset_card, load_target
from vfibench.system import process_state as state
from vfibench.system.foreign import explained, let_through
from vfibench.testing.report import Report

# isort: off
from vfibench.testing.datasets.subject import BATTERY, MOST, Subject
from vfibench.testing.datasets import facts, samples, told, asked  # they register, in this order
# isort: on

__all__ = ["asked", "check_dataset", "facts", "samples", "told"]


def check_dataset(
    dataset: Factory | DatasetCard | str,
    *,
    root: Path | None = None,
    partial: bool = False,
    factor: int | None = None,
    argument: str = "",
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Run all conformance checks on a dataset.

    Args:
        dataset: a catalogue name ("clip:DIR" too), "pkg.mod:factory", "pkg.mod:CARD", a card, or the factory
            itself, which is called with `DatasetOptions`.
        root: the data root, else VFIBENCH_DATA, for datasets of files.
        partial: check what is there of the official list.
        factor: frame-rate factor, for datasets that take one.
        argument: what a factory is given that takes one; of a name it follows the colon.
        expected_failures: reasons by name of checks that are known to fail.

    Returns:
        The report; the global state of the process is left as it was.

    Raises:
        VfibenchError: the dataset cannot be found, its files are not there, or an expected failure names no
            check.

    Example:
        >>> import numpy as np
        >>> from vfibench.frames.files import write_image
        >>> for k in range(5):
        ...     write_image(Path(f"film/{k}.png"), np.full((3, 16, 24), 40 * k, np.uint8))
        >>> check_dataset("clip:film").ok
        True
    """
    expected = expected_failures or {}
    BATTERY.refuse_unknown(expected)
    options = DatasetOptions(data_root(root), partial=partial, factor=factor, argument=argument)
    if isinstance(dataset, str) and (word := dataset.partition(":"))[0] in DATASETS.names():
        dataset, options = dataset_card(dataset), replace(options, argument=word[2])
    card, factory = _resolve(dataset, options)
    subject = Subject(card, factory, options)
    with state.preserved():
        _refuse_missing_files(subject)
    results = tuple(BATTERY.run(subject, expected))
    return Report(card.name, _describe(subject), results)


def _resolve(dataset: Factory | DatasetCard | str, options: DatasetOptions) -> tuple[DatasetCard, Factory]:
    """The card, and what opens it."""
    if isinstance(dataset, str):
        found: Factory | DatasetCard = load_target(dataset) if ":" in dataset else dataset_card(dataset)
        return _resolve(found, options)
    if isinstance(dataset, DatasetCard):
        return dataset, load_target(dataset.target)
    return _card_of(dataset, options), dataset


def _card_of(factory: Factory, options: DatasetOptions) -> DatasetCard:
    """The card that a factory carries, else that of what it opens."""
    if isinstance(factory, Carded) and isinstance(factory.card, DatasetCard):
        return factory.card
    with explained(f"{factory!r} could not be opened"):
        made = factory(options)
    if isinstance(made, Carded) and isinstance(made.card, DatasetCard):
        return made.card
    raise VfibenchError(
        f"expected a dataset's factory, found {factory!r}, which makes nothing with a DatasetCard",
        "give what it opens a DatasetCard as its attribute `card`",
    )


def _refuse_missing_files(subject: Subject) -> None:
    """VfibenchError where the dataset itself refuses to open: files that are missing are no fault of its."""
    if subject.card.inputs:
        try:
            subject.factory(subject.first_options)
        except VfibenchError:
            raise
        except BaseException as error:  # the check `opens` says so
            let_through(error)
            return


def _describe(subject: Subject) -> str:
    try:
        count = len(subject.first)
    except BaseException as error:
        let_through(error)
        return "not opened"
    looked = "" if count <= MOST else f", {MOST} of them decoded"
    inputs = " or ".join(map(str, subject.card.inputs))
    return f"{count} samples{looked}, {inputs} input frames"
