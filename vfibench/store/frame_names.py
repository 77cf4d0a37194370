"""Frames as users name them: "ID" for every time of a sample, "ID@T" for one of them."""

from __future__ import annotations

from collections.abc import Sequence

from vfibench.errors import VfibenchError, did_you_mean
from vfibench.statistics.arrays import Frame
from vfibench.store.result import CellResult

NEAR = 1e-6  # how far from a stored time a given one may be: as many digits as file names have


def frames_named(word: str, frames: Sequence[Frame]) -> list[Frame]:
    """The frames that a word names, in their order; a sample of that very name comes before a time.

    >>> frames_named("a@0.5", [("a", 0.25), ("a", 0.5), ("b", 0.5)])
    [('a', 0.5)]
    >>> frames_named("a", [("a", 0.25), ("a", 0.5), ("b", 0.5)])
    [('a', 0.25), ('a', 0.5)]
    """
    whole = [frame for frame in frames if frame[0] == word]
    if whole:
        return whole
    sample, time = _parts(word)
    return [
        frame for frame in frames if frame[0] == sample and time is not None and abs(frame[1] - time) <= NEAR
    ]


def _parts(word: str) -> tuple[str, float | None]:
    """Sample and time; the whole word and None where what follows the last @ is no number."""
    sample, _, text = word.rpartition("@")
    try:
        return sample, float(text)
    except ValueError:
        return word, None


def check_named(results: Sequence[CellResult], words: Sequence[str]) -> None:
    """Make sure that every word names a scored frame of some cell.

    Raises:
        VfibenchError: one does not, with the times of its sample or the nearest names.
    """
    if not words:
        return
    frames = tuple(dict.fromkeys(frame for result in results for frame in result.scores.frames))
    for word in words:
        if not frames_named(word, frames):
            raise VfibenchError(f"expected a scored frame with --sample, found {word!r}", _hint(word, frames))


def _hint(word: str, frames: Sequence[Frame]) -> str:
    sample = _parts(word)[0]
    times = sorted({time for name, time in frames if name == sample})
    if times:
        told = ", ".join(f"{time:g}" for time in times[:9])
        return f"the times of {sample!r} are {told}"
    names = dict.fromkeys(name for name, _ in frames)
    like = f"samples are named like {next(iter(names))!r}" if names else "no frame has a score"
    return did_you_mean(sample, names, like)
