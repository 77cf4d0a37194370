"""Is what a dataset tells of itself besides true: fingerprint, inventory, motion and occlusion?"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from vfibench.contracts import DatasetOptions, Fingerprinted, Inventoried, Inventory, MotionTruth, Rooted
from vfibench.datasets.checking import fingerprint_problem
from vfibench.errors import VfibenchError
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.datasets.copies import change_all, copied
from vfibench.testing.datasets.subject import Subject, check, places_again

FLOWS, MAPS = ("flow0", "flow1"), ("seen0", "seen1", "mixed")
EXACT = 2  # samples whose motion is asked for


@check(
    "a fingerprint is a text, or None without files, and the same in another opening", needs=("repeatable",)
)
def fingerprint(subject: Subject) -> Cases:
    """It is a setting of every cell: one that changes by itself would start each run anew."""
    for inputs in subject.card.inputs:
        dataset, other = subject.dataset(inputs).inner, subject.fresh(inputs=inputs).inner
        if not (isinstance(dataset, Fingerprinted) and isinstance(other, Fingerprinted)):
            raise Skip("tells none: runs decode and hash some samples instead")
        first, second = dataset.fingerprint, other.fingerprint
        problem = fingerprint_problem(first)
        if first is None and isinstance(dataset, Rooted):
            problem = f"expected one of the files in {dataset.root}, found None"
        changed = "" if first == second else f"expected {first!r} again, found {second!r}"
        yield f"{inputs} frames", problem or changed


@check("the fingerprint is another when files change, the same where they are copied", needs=("fingerprint",))
def changed_files(subject: Subject) -> Cases:
    """Every file of a copy gets another byte at its end, which leaves pictures readable."""
    before = subject.first.inner
    if not isinstance(before, Fingerprinted) or before.fingerprint is None:
        raise Skip("tells no fingerprint of files")
    if not isinstance(before, Rooted):
        raise Skip("tells no root, so that no file can be changed")
    with tempfile.TemporaryDirectory() as folder:
        options = copied(subject.first_options, subject.card, before.root, Path(folder))
        copy = _fingerprint(subject, options)
        other = f"expected {before.fingerprint!r} as of the original, found {copy!r}"
        yield "a copy", "" if copy == before.fingerprint else other
        change_all(Path(folder))
        noticed = _fingerprint(subject, options) != copy
        yield (
            "a copy that was changed",
            "" if noticed else "every file is another, and the fingerprint is not",
        )


def _fingerprint(subject: Subject, options: DatasetOptions) -> str | None:
    """Of a copy, or why it was refused."""
    try:
        copy = subject.factory(options)
        return copy.fingerprint if isinstance(copy, Fingerprinted) else None
    except VfibenchError as error:
        return str(error)


@check("an inventory counts what is there, and raises for nothing that is missing")
def inventory(subject: Subject) -> Cases:
    """Of the data root, then of an empty folder."""
    factory, root = subject.factory, subject.options.root
    if not isinstance(factory, Inventoried):
        raise Skip("offers none: the doctor opens the dataset instead")
    if root is not None and subject.options.list_file is None:
        lost = set(subject.first.ids) - set(_present(factory.inventory(root)))
        told = f"expected the {len(subject.first.ids)} samples that open as present, found {len(lost)} fewer"
        yield "the data root", told if lost else ""
    with tempfile.TemporaryDirectory() as folder:
        present = _present(factory.inventory(Path(folder)))
        yield "an empty folder", f"expected no sample, found {len(present)}" if present else ""


def _present(found: object) -> list[str]:
    if not isinstance(found, Inventory):
        raise TypeError(f"expected an Inventory, found {type(found).__name__}")
    return found.present


@check("exact motion and occlusion come as maps of the targets' size", needs=("repeatable",))
def truth(subject: Subject) -> Cases:
    """Of two samples, at their first and last time."""
    dataset = subject.first
    if (exact := dataset.truthful) is None:
        raise Skip("knows no exact motion: it is estimated where it is asked for")
    for place in places_again(dataset)[:EXACT]:
        size = dataset[place].targets.shape[-2:]
        for time in {dataset.times_of(place)[0], dataset.times_of(place)[-1]}:
            found = _maps_problem(exact.truth(place, time), size)
            yield f"sample {dataset.ids[place]!r} at {time:g}", found


def _maps_problem(found: MotionTruth, size: tuple[int, ...]) -> str:
    for name in (*FLOWS, *MAPS):
        array, flow = getattr(found, name), name in FLOWS
        expected = (2, *size) if flow else size
        kind = np.floating if flow else np.bool_
        right = isinstance(array, np.ndarray) and array.shape == expected and np.issubdtype(array.dtype, kind)
        if not right:
            told = f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else repr(array)
            return f"expected {name} {'float' if flow else 'bool'} {list(expected)}, found {told}"
        if flow and not np.isfinite(array).all():
            return f"expected finite numbers in {name}, found others"
    return ""
