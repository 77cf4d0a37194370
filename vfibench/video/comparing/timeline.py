"""Frames of several inputs at the same moments, by their time stamps, whatever their rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vfibench.video.comparing.inputs import Frame, Input
from vfibench.video.flow import Feed
from vfibench.video.reading.source import Clip

NEAR = Fraction(1, 1000)
"""Seconds by which time stamps may differ and mean the same moment: containers round to milliseconds."""
AHEAD = 4  # frames that each input is decoded ahead


@dataclass(frozen=True)
class Moment:
    """What all inputs show at a time.

    Attributes:
        number: from 0.
        stamp: in seconds from the first frames, which are taken to be shown together.
        duration: until the next one, in seconds.
        frames: of each input.
    """

    number: int
    stamp: Fraction
    duration: Fraction
    frames: tuple[Frame, ...]

    def same(self, one: int, other: int) -> bool:
        """Whether two inputs show frames of the same time, rather than one that is held."""
        return abs(self.frames[one].stamp - self.frames[other].stamp) <= NEAR


class Follower:
    """An input as it is gone through.

    Args:
        given: the input.
        clip: the part that is shown.
    """

    def __init__(self, given: Input, clip: Clip) -> None:
        self.name = given.name
        self.end = Fraction(0)
        self._feed = Feed(given.frames(clip), AHEAD)
        self._frames = iter(self._feed)
        self._now: Frame | None = None
        self._next = next(self._frames, None)

    def next_stamp(self) -> Fraction | None:
        """When its next frame is shown, None after the last one."""
        return None if self._next is None else self._next.stamp

    def at(self, time: Fraction) -> Frame | None:
        """The frame that is shown at a time, None where the input is over; times must rise."""
        while self._next is not None and self._next.stamp <= time + NEAR:
            self._now, self._next = self._next, next(self._frames, None)
        if self._now is None:  # a part that begins within a frame: its first frame comes a little later
            return self._next
        self.end = self._now.end
        over = self._next is None and time + NEAR >= self._now.end
        return None if over else self._now

    def close(self) -> None:
        """Decode no more."""
        self._feed.close()


def leader_of(inputs: Sequence[Input]) -> int:
    """The input whose times the comparison has: the one of the highest rate, the first of several."""
    return max(range(len(inputs)), key=lambda place: (inputs[place].rate, -place))


def moments(inputs: Sequence[Input], clip: Clip, rate: Fraction | None, notes: list[str]) -> Iterator[Moment]:
    """Every moment until the first input is over.

    Args:
        inputs: what is shown.
        clip: the part of each.
        rate: moments per second; None for the time stamps of the input with the highest rate.
        notes: told what a user should know: an input that ends before the others.
    """
    followers = [Follower(one, clip) for one in inputs]
    leader = followers[leader_of(inputs)]
    number, time = 0, (leader.next_stamp() or Fraction(0)) if rate is None else Fraction(0)
    try:
        while True:
            shown = [one.at(time) for one in followers]
            frames = tuple(frame for frame in shown if frame is not None)
            if len(frames) < len(shown):
                _tell(followers, shown, time, notes)
                return
            following = _following(leader, rate, number)
            yield Moment(number, time, following - time, frames)
            number, time = number + 1, following
    finally:
        for one in followers:
            one.close()


def _following(leader: Follower, rate: Fraction | None, number: int) -> Fraction:
    if rate is not None:
        return (number + 1) / rate
    stamp = leader.next_stamp()
    return leader.end if stamp is None else stamp


def _tell(
    followers: Sequence[Follower], shown: Sequence[Frame | None], time: Fraction, notes: list[str]
) -> None:
    over = [one.name for one, frame in zip(followers, shown, strict=True) if frame is None]
    if len(over) < len(followers):
        names = ", ".join(over)
        notes.append(f"the comparison ends at {float(time):.3f} s, with {names}: others are longer")
