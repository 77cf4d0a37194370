"""Which frames are shown when: exact fractions, from the source's own time stamps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from vfibench.errors import VfibenchError


@dataclass(frozen=True)
class Shown:
    """A frame of the output.

    Attributes:
        stamp: when it is shown, in seconds.
        place: where it lies in its interval of the source, from 0, the first of the two frames, to below 1.
        duration: for how long it is shown, in seconds.
    """

    stamp: Fraction
    place: Fraction
    duration: Fraction


@dataclass(frozen=True)
class Timing:
    """When output frames are shown: so many per interval of the source, or at a fixed rate.

    Attributes:
        begin: the first frame's time stamp in the source, in seconds.
        origin: its time stamp in the output.
        factor: output frames per interval; None for a fixed rate.
        rate: output frames per second; None where `factor` decides.
        slow: how much longer everything takes.
    """

    begin: Fraction
    origin: Fraction
    factor: int | None
    rate: Fraction | None
    slow: Fraction = Fraction(1)

    def within(self, first: Fraction, second: Fraction, spanned: int = 1) -> Iterator[Shown]:
        """The output frames from one source frame up to another, the first included.

        Args:
            first, second: their time stamps.
            spanned: intervals of the source that lie between them, more than one where frames are left out.

        >>> timing = Timing(Fraction(0), Fraction(0), 2, None)
        >>> [(str(one.stamp), str(one.place)) for one in timing.within(Fraction(1, 25), Fraction(2, 25))]
        [('1/25', '0'), ('3/50', '1/2')]
        """
        span = second - first
        if self.factor is not None:
            parts = self.factor * spanned
            step = span * self.slow / parts
            for number in range(parts):
                yield Shown(self.shown_at(first) + number * step, Fraction(number, parts), step)
            return
        for stamp in self._grid(first, second):
            place = (self._source_time(stamp) - first) / span
            yield Shown(stamp, place, 1 / self._rate)

    def at_the_end(self, last: Fraction, duration: Fraction) -> Iterator[Shown]:
        """The output frames of the last source frame, which nothing follows: it is held for its duration."""
        if self.factor is not None:
            yield Shown(self.shown_at(last), Fraction(0), duration)
            return
        end = self.shown_at(last + duration)
        for stamp in self._grid(last, last + duration):
            yield Shown(stamp, Fraction(0), min(1 / self._rate, end - stamp))

    @property
    def _rate(self) -> Fraction:
        assert self.rate is not None
        return self.rate

    def shown_at(self, time: Fraction) -> Fraction:
        """When the output is where the source is at `time`."""
        return self.origin + (time - self.begin) * self.slow

    def _source_time(self, stamp: Fraction) -> Fraction:
        return self.begin + (stamp - self.origin) / self.slow

    def _grid(self, first: Fraction, second: Fraction) -> Iterator[Fraction]:
        """Stamps of the fixed rate from `first` (included) to `second` of the source."""
        start, end = ((self.shown_at(time) - self.origin) * self._rate for time in (first, second))
        for number in range(math.ceil(start), math.ceil(end)):
            yield self.origin + number / self._rate


def timing_for(
    begin: Fraction,
    rate: Fraction | None,
    factor: int | None,
    fps: Fraction | None,
    slow: Fraction | None,
    *,
    whole: bool = True,
) -> Timing:
    """What --factor, --fps and --slow ask for together.

    Args:
        begin: the first frame's time stamp.
        rate: the source's frames per second, None where it does not say.
        whole: whether all of the source is asked for; the output of a part begins at 0.

    Raises:
        VfibenchError: none of them, --factor with --fps, or a rate below the source's.
    """
    if factor is not None and fps is not None:
        raise VfibenchError("expected --factor or --fps, found both", "leave one out")
    stretched = slow or Fraction(1)
    if factor is None and fps is None:
        if slow is None:
            raise VfibenchError(
                "expected --factor, --fps or --slow, found none", "for twice the frames: --factor 2"
            )
        if slow.denominator == 1:
            factor = slow.numerator
        elif rate is None:
            raise VfibenchError(f"expected --fps with --slow {slow}: the video does not say its rate")
        else:
            fps = rate
    if fps is not None and rate is not None and fps * stretched < rate:
        raise VfibenchError(
            f"expected --fps of at least the source's {words(rate)}, found {words(fps)}",
            "frames are made here, none are left out",
        )
    return Timing(begin, begin if whole else Fraction(0), factor, fps, stretched)


def words(rate: Fraction) -> str:
    """A rate for people.

    >>> words(Fraction(30000, 1001)), words(Fraction(25))
    ('29.97 (30000/1001)', '25')
    """
    return str(rate) if rate.denominator == 1 else f"{float(rate):.4g} ({rate})"


def parse_rate(text: str, option: str) -> Fraction:
    """A positive rate or factor: "60", "59.94" (which is 60000/1001), "60000/1001".

    Raises:
        VfibenchError: not a positive number.

    >>> parse_rate("59.94", "--fps"), parse_rate("60000/1001", "--fps"), parse_rate("12.5", "--fps")
    (Fraction(60000, 1001), Fraction(60000, 1001), Fraction(25, 2))
    """
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise VfibenchError(
            f"expected a positive number for {option}, such as 60, 59.94 or 60000/1001, found {text!r}"
        )
    ntsc = Fraction(math.ceil(value) * 1000, 1001)
    written = len(text.partition(".")[2])
    return ntsc if written >= 2 and round(float(ntsc), written) == float(value) else value


def parse_time(text: str, option: str) -> Fraction | None:
    """Seconds from "90", "1:30" or "0:01:30.5"; None for "".

    Raises:
        VfibenchError: something else.

    >>> parse_time("1:30.5", "--start")
    Fraction(181, 2)
    """
    if not text:
        return None
    try:
        parts = [Fraction(part) for part in text.split(":")]
    except (ValueError, ZeroDivisionError):
        parts = []
    if not 1 <= len(parts) <= 3 or any(part < 0 for part in parts):
        raise VfibenchError(f"expected {option} as SECONDS or [H:]M:S, found {text!r}")
    seconds = Fraction(0)
    for part in parts:
        seconds = 60 * seconds + part
    return seconds
