"""The dataset under test: how it is opened, and what one look at its samples found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from vfibench.contracts import DatasetCard, DatasetOptions, Sample
from vfibench.datasets.fingerprints import add_sample, spread
from vfibench.datasets.opened import OpenedDataset
from vfibench.datasets.opening import Factory, opened
from vfibench.datasets.sample_checking import sample_parts
from vfibench.system.foreign import let_through, reason_of
from vfibench.testing.battery import Battery

MOST = 64  # samples that are decoded once
AGAIN = 8  # of them, those that are decoded several times


@dataclass(frozen=True)
class Look:
    """What decoding one sample once found.

    Attributes:
        name: its id.
        part: of the sample that breaks the contract first, as `sample_parts` calls it; "" where none does.
        problem: what is wrong with it.
        digest: of all that the sample holds, "" where it is broken.
        masked: whether it has a mask.
    """

    name: str
    part: str
    problem: str
    digest: str = ""
    masked: bool = False


@dataclass
class Subject:
    """A dataset with all that is needed to open it.

    Attributes:
        card: its card.
        factory: opens it.
        options: how; the number of input frames is each of the card's by turns.
    """

    card: DatasetCard
    factory: Factory
    options: DatasetOptions
    _opened: dict[int, OpenedDataset] = field(default_factory=dict)
    _looks: dict[int, list[Look]] = field(default_factory=dict)

    def changed(self, **changes: Any) -> DatasetOptions:
        """The options of `first`, with some others."""
        return replace(self.first_options, **changes)

    def fresh(self, **changes: Any) -> OpenedDataset:
        """Open it anew, with other options where `changes` says so; what that raises is a VfibenchError."""
        return opened(self.factory, self.card, replace(self.options, **changes))

    def dataset(self, inputs: int) -> OpenedDataset:
        """The one that most checks use, opened for N input frames."""
        if inputs not in self._opened:
            self._opened[inputs] = self.fresh(inputs=inputs)
        return self._opened[inputs]

    @property
    def first_options(self) -> DatasetOptions:
        """The options with the smallest number of input frames."""
        return replace(self.options, inputs=min(self.card.inputs))

    @property
    def first(self) -> OpenedDataset:
        """It, opened for the smallest number of input frames."""
        return self.dataset(min(self.card.inputs))

    def looks(self, inputs: int) -> list[Look]:
        """One look at every sample, or at 64 that are evenly spread; each is decoded once and let go."""
        if inputs not in self._looks:
            dataset = self.dataset(inputs)
            self._looks[inputs] = [look(dataset, place) for place in spread(MOST, len(dataset))]
        return self._looks[inputs]


BATTERY: Battery[Subject] = Battery(usual=("opens",))
check = BATTERY.check


def places_again(dataset: OpenedDataset) -> list[int]:
    """Some of the samples that `Subject.looks` decodes, which other checks decode again."""
    looked = spread(MOST, len(dataset))
    return [looked[place] for place in spread(AGAIN, len(looked))]


def look(dataset: OpenedDataset, place: int) -> Look:
    """Decode a sample past the harness's own check, and say which part of it is broken first."""
    name = dataset.ids[place]
    try:
        sample: Any = dataset.inner[place]
    except BaseException as error:  # somebody else's code may raise anything
        let_through(error)
        return Look(name, "decodes", f"raised {reason_of(error)}")
    times, card = dataset.times_of(place), dataset.card
    for part, problem in sample_parts(sample, name, times, card, dataset.inputs):
        if problem:
            return Look(name, part, problem)
    return Look(name, "", "", digest(sample), sample.mask is not None)


def digest(sample: Sample) -> str:
    """Of all that a sample holds."""
    made = hashlib.sha256()
    add_sample(made, sample)
    return made.hexdigest()
