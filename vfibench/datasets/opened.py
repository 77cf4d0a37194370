"""A dataset as the harness has it: its samples checked, and an answer for every member it may leave out."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.contracts import (
    Dataset,
    DatasetCard,
    Decoded,
    Fingerprinted,
    Labelled,
    Remarked,
    Rooted,
    Sample,
    Selection,
    TimesOf,
    Truthful,
)
from vfibench.datasets.checking import dataset_problem, fingerprint_problem
from vfibench.datasets.fingerprints import decoded_fingerprint, unnoticed
from vfibench.datasets.sample_checking import sample_problem, sample_times_problem
from vfibench.errors import VfibenchError
from vfibench.system.doorway import Doorway
from vfibench.system.foreign import explained

if TYPE_CHECKING:
    import numpy as np


def _memory(sample: object) -> tuple[int, ...]:
    """Where a sample's arrays begin, of what has any; it is checked later."""
    return tuple(array.ctypes.data for array in _arrays(sample).values() if array.size)


def _copied(sample: Sample) -> Sample:
    """The sample with arrays of its own, memory layout kept."""
    own: dict[str, Any] = {name: array.copy("K") for name, array in _arrays(sample).items()}
    return replace(sample, **own) if own else sample


def _arrays(sample: object) -> dict[str, np.ndarray[Any, Any]]:
    import numpy as np

    if not isinstance(sample, Sample):
        return {}
    found = {name: getattr(sample, name) for name in ("frames", "targets", "mask")}
    return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}


class OpenedDataset:
    """What `open_dataset` returns: the `Dataset` contract, with the optional members of every dataset.

    Nothing is asked of the plugin's dataset before it is needed; `check` asks for all but samples.

    Attributes:
        inner: the dataset as its factory made it.
        card: what it is listed with.
        inputs: N, the number of input frames it was opened for.
        name: it and where it comes from, for messages.
    """

    def __init__(self, inner: Dataset, card: DatasetCard, inputs: int, name: str = "") -> None:
        self.inner = inner
        self.card = card
        self.inputs = inputs
        self.name = name or card.name
        self._door: Doorway[Sample] = Doorway(_memory, _copied)
        self._times_of = inner.times_of if isinstance(inner, TimesOf) else None

    def check(self) -> None:
        """Make sure that it is a dataset, and the one that its card tells of.

        Raises:
            VfibenchError: what was expected and found.
        """
        with explained(f"the dataset {self.name} could not be opened"):
            problem = dataset_problem(self.inner, self.card, self.inputs)
        if problem:
            raise self._broken(problem)

    @property
    def selection(self) -> Selection:
        """Which samples these are."""
        return self.inner.selection

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Sample ids in scoring order."""
        return tuple(self.inner.ids)

    @cached_property
    def times(self) -> tuple[float, ...]:
        """Target times; those of one sample are `times_of`'s."""
        return tuple(self.inner.times)

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.inner)

    def times_of(self, index: int) -> tuple[float, ...]:
        """Target times of sample `index`: the dataset's, unless it tells them sample by sample.

        Raises:
            VfibenchError: what it tells are not times of the dataset.
        """
        if self._times_of is None:
            return self.times
        with explained(f"the dataset {self.name} could not tell the times of sample {self.ids[index]!r}"):
            found = self._times_of(index)
        if problem := sample_times_problem(found, self.times):
            raise self._broken(problem, self.ids[index])
        return found

    def __getitem__(self, index: int) -> Sample:
        """Decode sample `index`.

        Raises:
            VfibenchError: a file cannot be read, or what was decoded is no `Sample` as the contract says.
        """
        name, times = self.ids[index], self.times_of(index)
        with explained(f"the dataset {self.name} could not decode sample {name!r}"):
            sample = self._door(lambda: self.inner[index])
        if problem := sample_problem(sample, name, times, self.card, self.inputs):
            raise self._broken(problem, name)
        return sample

    @cached_property
    def fingerprint(self) -> str | None:
        """What tells changed files: the dataset's own, else a hash of samples decoded for it.

        None where the dataset says that its samples come from code alone.

        Raises:
            VfibenchError: it is no text, or a sample cannot be decoded.
        """
        if not isinstance(self.inner, Fingerprinted):
            return decoded_fingerprint(self)
        with explained(f"the dataset {self.name} could not tell its fingerprint"):
            found = self.inner.fingerprint
        if problem := fingerprint_problem(found):
            raise self._broken(problem)
        return found

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences for the user: the dataset's own, and what its missing fingerprint leaves open."""
        with explained(f"the dataset {self.name} could not tell its remarks"):
            own = tuple(self.inner.remarks) if isinstance(self.inner, Remarked) else ()
        if not (left_open := unnoticed(len(self))) or isinstance(self.inner, Fingerprinted):
            return own
        return (*own, f"{self.name}: {left_open}")

    @property
    def label(self) -> str:
        """What results call it, "" where that is the word it was asked for by."""
        return self.inner.label if isinstance(self.inner, Labelled) else ""

    @property
    def decoding(self) -> str:
        """How its pictures become RGB, "" where it does not tell."""
        return self.inner.decoding if isinstance(self.inner, Decoded) else ""

    @property
    def root(self) -> Path | None:
        """The folder of its files, None where it tells none."""
        return self.inner.root if isinstance(self.inner, Rooted) else None

    @property
    def truthful(self) -> Truthful | None:
        """The dataset where it knows motion and occlusion, else None."""
        return self.inner if isinstance(self.inner, Truthful) else None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Other members that a dataset has of its own, for those who open it from Python."""
            if name == "inner":  # not there yet: an object that is just being copied
                raise AttributeError(name)
            return getattr(self.inner, name)

    def _broken(self, problem: str, sample: str = "") -> VfibenchError:
        where = f", in sample {sample!r}" if sample else ""
        return VfibenchError(
            f"the dataset {self.name} breaks its contract: {problem}{where}",
            f"tell its authors; `vfibench verify {self.card.name} --kind dataset` shows what else is wrong",
        )
