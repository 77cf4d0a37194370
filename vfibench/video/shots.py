"""Decoded frames as the loop needs them: measured, and in pairs that know their neighbours and their cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vfibench.video.colour import Coding, Plane, coding_of, planes_of
from vfibench.video.cuts import Change, Changes, is_cut
from vfibench.video.layouts import planar
from vfibench.video.reading.source import Copied, Item, Picture


@dataclass(frozen=True)
class Shot:
    """A frame of the source, its planes, and what changed since the one before (None for the first)."""

    picture: Picture
    planes: list[Plane]
    change: Change | None


@dataclass(frozen=True)
class Pair:
    """Two frames that follow one another, or the last one alone.

    Attributes:
        window: the frames that a method is given, the two in the middle; beyond a cut or an end the nearest
            frame is repeated.
        first, second: the two; `second` is None after the last frame.
        cut: whether a scene ends between them.
        repeat: "exact", "near" or "".
    """

    window: tuple[Shot, ...]
    first: Shot
    second: Shot | None
    cut: bool = False
    repeat: str = ""


Ends = Callable[[Shot, Shot | None], bool]
"""Whether a scene ends before a frame, told the frame after it too."""


def measured(items: Iterator[Item]) -> Iterator[Shot | Copied]:
    """Frames with their planes and what changed since the last one."""
    changes: Changes | None = None
    coding: Coding | None = None
    for item in items:
        if isinstance(item, Copied):
            yield item
            continue
        coding = coding or coding_of(item.frame)
        changes = changes or Changes(coding)
        planes = planes_of(planar(item.frame, coding))
        yield Shot(item, planes, changes.see(planes))


def cuts_by_score(threshold: float) -> Ends:
    """Scenes end where the score says so, see `vfibench.video.cuts`."""

    def ends(shot: Shot, following: Shot | None) -> bool:
        if shot.change is None:
            return False
        return is_cut(shot.change, following.change if following else None, threshold)

    return ends


def cuts_at(numbers: frozenset[int]) -> Ends:
    """Scenes begin with the frames of these numbers."""
    return lambda shot, _: shot.picture.number in numbers


def with_beginnings(shots: Iterator[Shot], ends: Ends) -> Iterator[tuple[Shot, bool]]:
    """Each frame, and whether a scene begins with it, which the frame after it has a say in."""
    waiting: Shot | None = None
    for shot in shots:
        if waiting is not None:
            yield waiting, ends(waiting, shot)
        waiting = shot
    if waiting is not None:
        yield waiting, ends(waiting, None)


MOST_REPEATS = 3
"""In a row of an animation, which shows each drawing for up to four frames; more of them are a still."""


def retimed(shots: Iterator[tuple[Shot, bool]]) -> Iterator[Shot]:
    """Without frames that repeat the one before, where those around are to be joined by made ones.

    A still of more than `MOST_REPEATS` repeats is left as it is, as are those before a cut and at the end.

    Args:
        shots: frames, and whether a scene begins with each.
    """
    waiting: list[Shot] = []
    still = False
    for shot, begins in shots:
        if shot.change is not None and shot.change.repeat and not begins:
            if still:
                yield shot
                continue
            waiting.append(shot)
            if len(waiting) > MOST_REPEATS:
                yield from waiting
                waiting, still = [], True
            continue
        if begins:
            yield from waiting
        waiting, still = [], False
        yield shot
    yield from waiting


def pairs(shots: Iterator[Shot], inputs: int, ends: Ends) -> Iterator[Pair]:
    """Every pair of neighbours, then the last frame alone.

    Args:
        shots: the frames; as many are read ahead as a window and a look at the frame after it need.
        inputs: frames in a window, even.
        ends: whether a scene ends before a frame.
    """
    side = inputs // 2
    held: list[tuple[Shot, bool]] = []  # with whether a scene ends before it
    at = 0  # the place in `held` of the first frame of the next pair

    def pair() -> Pair:
        first, second = held[at][0], held[at + 1][0]
        before, after = [first], [second]
        over = False
        for place in range(at, at - side + 1, -1):
            over = over or place <= 0 or held[place][1]
            before.insert(0, before[0] if over else held[place - 1][0])
        over = False
        for place in range(at + 2, at + 1 + side):
            over = over or place >= len(held) or held[place][1]
            after.append(after[-1] if over else held[place][0])
        change = second.change
        assert change is not None
        repeat = "exact" if change.exact else "near" if change.repeat else ""
        return Pair((*before, *after), first, second, held[at + 1][1], repeat)

    for entry in with_beginnings(shots, ends):
        held.append(entry)
        if len(held) > at + side:
            yield pair()
            at += 1
            while at >= side:
                held.pop(0)
                at -= 1
    if not held:
        return
    while at + 1 < len(held):
        yield pair()
        at += 1
    last = held[-1][0]
    yield Pair((last,) * inputs, last, None)
