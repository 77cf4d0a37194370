"""`vfibench compare-video`: what is asked for, and the way from inputs to a video, a folder or a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from vfibench.errors import VfibenchError
from vfibench.video.comparing.fitting import Size, shrunk, size_of
from vfibench.video.comparing.inputs import Input, open_inputs
from vfibench.video.comparing.played import play_in_page
from vfibench.video.comparing.rendering import render_video
from vfibench.video.comparing.scores import Scored
from vfibench.video.comparing.timeline import Moment, leader_of, moments
from vfibench.video.comparing.wish import PAGE_WIDTH, Wish, check
from vfibench.video.reading.source import Clip


@dataclass
class Report:
    """What came of it.

    Attributes:
        names: of the inputs, the reference among them.
        moments: frames of the output.
        duration: in seconds.
        size: (width, height) of each picture.
        about: what was written, in words.
        scores: a line for each input that was held against the reference.
        notes: what a user should know.
        wall: seconds in all.
    """

    names: tuple[str, ...] = ()
    moments: int = 0
    duration: Fraction = Fraction(0)
    size: Size = (0, 0)
    about: str = ""
    scores: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wall: float = 0.0


Told = Callable[[str, int, int | None], object]
"""Told what is done, how many frames of how many; None where that is not known."""


def compare(wish: Wish, tell: Told = lambda *_: None) -> Report:
    """Put videos beside one another.

    Raises:
        VfibenchError: bad input, or something failed on the way; what was written by then can be played.
    """
    began = time.perf_counter()
    check(wish)
    inputs = open_inputs([*wish.inputs, *([wish.reference] if wish.reference else [])], wish.in_fps)
    reference = len(inputs) - 1 if wish.reference else None
    report = Report(tuple(one.name for one in inputs))
    report.size = _size(inputs, reference, wish, report.notes)
    scored = None if reference is None else Scored(len(inputs), reference)
    if scored is not None and wish.strip:  # which shows at the first frame what comes later
        _score_all(scored, inputs, wish, tell)
    shown = _watched(inputs, wish, report, None if wish.strip else scored, tell)
    if wish.page:
        report.about = play_in_page(wish.output, shown, report.names, report.size, scored, wish.crf)
    else:
        report.about = render_video(wish, shown, report.names, report.size, scored, rate_of(inputs, wish))
    if scored is not None:
        report.scores = scored.summary(report.names)
    report.wall = time.perf_counter() - began
    return report


def rate_of(inputs: Sequence[Input], wish: Wish) -> Fraction:
    """Frames per second of the output, on average."""
    return wish.fps or inputs[leader_of(inputs)].rate


def _watched(
    inputs: Sequence[Input], wish: Wish, report: Report, scored: Scored | None, tell: Told
) -> Callable[[], Iterator[Moment]]:
    """The moments, counted and scored on their way."""

    def shown() -> Iterator[Moment]:
        count = inputs[leader_of(inputs)].count if wish.clip.whole and wish.fps is None else wish.clip.frames
        for moment in moments(inputs, wish.clip, wish.fps, report.notes):
            if scored is not None:
                scored.add(moment)
            yield moment
            report.moments += 1
            report.duration = moment.stamp + moment.duration
            tell("drawing", report.moments, count)

    return shown


def _score_all(scored: Scored, inputs: Sequence[Input], wish: Wish, tell: Told) -> None:
    for moment in moments(inputs, wish.clip, wish.fps, []):
        scored.add(moment)
        tell("scoring", moment.number + 1, None)


def _size(inputs: Sequence[Input], reference: int | None, wish: Wish, notes: list[str]) -> Size:
    """Of each picture: the reference's, else the largest; even, and at most `wish.width` wide."""
    sizes = [_first_size(one, wish.clip) for one in inputs]
    wanted = sizes[reference] if reference is not None else max(sizes, key=lambda size: size[0] * size[1])
    for one, size in zip(inputs, sizes, strict=True):
        if size != wanted:
            notes.append(
                f"{one.name} is resized from {size[0]}x{size[1]} to {wanted[0]}x{wanted[1]}, bicubic"
            )
    most = wish.width or (PAGE_WIDTH if wish.page else wanted[0] + wanted[0] % 2)
    found = shrunk(wanted, most)
    if wish.page and wish.width is None and found[0] < wanted[0] - 1:
        notes.append(f"clips are {found[0]}x{found[1]} on the page: --width {wanted[0]} shows every pixel")
    return found


def _first_size(given: Input, clip: Clip) -> Size:
    for frame in given.frames(replace(clip, frames=1)):
        return size_of(frame.pixels)
    part = "" if clip.whole else " in the part that is asked for"
    raise VfibenchError(f"expected frames in {given.name}, found none{part}")
