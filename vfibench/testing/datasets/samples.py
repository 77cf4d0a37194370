"""Is every sample what the contract says, whenever and from wherever it is decoded?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from vfibench.contracts import TimesOf
from vfibench.datasets.opened import OpenedDataset
from vfibench.datasets.sample_checking import sample_times_problem
from vfibench.system import process_state as state
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.datasets.subject import Subject, check, digest, places_again

THREADS = 4


@check("times_of tells some of the dataset's times, in order", needs=("ids", "times"))
def times_of(subject: Subject) -> Cases:
    """Of every sample, as a run asks for them before it starts."""
    for inputs in subject.card.inputs:
        dataset = subject.dataset(inputs)
        if not isinstance(dataset.inner, TimesOf):
            raise Skip("offers no times_of: every sample has all times")
        for place, name in enumerate(dataset.ids):
            told = dataset.inner.times_of(place)
            if problem := sample_times_problem(told, dataset.times):
                yield f"{inputs} frames, sample {name!r}", problem
        yield f"{inputs} frames", ""


@check("samples decode, each to a Sample of its id", needs=("times_of",))
def decodes(subject: Subject) -> Cases:
    """All of them, or 64 that are evenly spread; the next checks look at these too."""
    yield from _part(subject, "decodes")


@check("input frames are N uint8 pictures", needs=("decodes",))
def frames(subject: Subject) -> Cases:
    """Floats in [0, 1] would be taken for pictures that are almost black."""
    yield from _part(subject, "frames")


@check("a sample's times are those that were told", needs=("decodes",))
def sample_times(subject: Subject) -> Cases:
    """By the dataset's times, or its times_of."""
    yield from _part(subject, "sample_times")


@check("targets are uint8 pictures, one at each time, as large as the card's scale says", needs=("decodes",))
def targets(subject: Subject) -> Cases:
    """What predictions are held against."""
    yield from _part(subject, "targets")


@check("every sample of a masked dataset has a bool mask of its targets' size", needs=("decodes",))
def masks(subject: Subject) -> Cases:
    """A mask where none is promised is looked at too."""
    if not subject.card.masked and not any(
        one.masked or one.part == "masks" for inputs in subject.card.inputs for one in subject.looks(inputs)
    ):
        raise Skip("has no masks")
    yield from _part(subject, "masks")


@check("tags are texts, finite numbers or booleans by name", needs=("decodes",))
def tags(subject: Subject) -> Cases:
    """They are stored beside the scores."""
    yield from _part(subject, "tags")


def _part(subject: Subject, part: str) -> Cases:
    """Each sample that was looked at; the problem where this is the part that is broken."""
    for inputs in subject.card.inputs:
        for one in subject.looks(inputs):
            yield f"{inputs} frames, sample {one.name!r}", one.problem if one.part == part else ""


WHOLE = ("stable", "frames", "sample_times", "targets", "masks", "tags")


@check("the same sample is the same bytes, decoded again after others and by another opening", needs=WHOLE)
def repeatable(subject: Subject) -> Cases:
    """A sample that depends on chance, or on what was decoded before, has no score."""
    for inputs in subject.card.inputs:
        dataset, other = subject.dataset(inputs), subject.fresh(inputs=inputs)
        known = {one.name: one.digest for one in subject.looks(inputs)}
        for place in reversed(places_again(dataset)):
            name = dataset.ids[place]
            found = {digest(dataset.inner[place]), digest(dataset.inner[place]), digest(other.inner[place])}
            changed = "" if found == {known[name]} else "decoded again it is another"
            yield f"{inputs} frames, sample {name!r}", changed


@check("samples decoded on four threads at once are the same bytes", needs=("repeatable",))
def threads(subject: Subject) -> Cases:
    """As a run decodes them; every sample is asked for by two threads."""
    for inputs in subject.card.inputs:
        dataset = subject.dataset(inputs)
        known = {one.name: one.digest for one in subject.looks(inputs)}
        places = places_again(dataset)
        for place, found in zip(places + places[::-1], _at_once(dataset, places + places[::-1]), strict=True):
            name = dataset.ids[place]
            changed = "" if found == known[name] else "decoded beside others it is another"
            yield f"{inputs} frames, sample {name!r}", changed


def _at_once(dataset: OpenedDataset, places: list[int]) -> list[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda place: digest(dataset.inner[place]), places))


@check("opening and decoding change no global state of the process", needs=("repeatable",))
def global_state(subject: Subject) -> Cases:
    """A seed that a dataset sets is the method's too."""
    for inputs in subject.card.inputs:
        with state.unusual() as before:
            _ = subject.fresh(inputs=inputs).inner[0]
            problem = state.changed(before)
        yield f"{inputs} frames", problem
