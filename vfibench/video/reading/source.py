"""What a source of frames is: pictures with exact time stamps, and what else the file holds, as packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
from av.stream import Stream

from vfibench.errors import VfibenchError


@dataclass(frozen=True)
class Picture:
    """A frame of the source.

    Attributes:
        number: from 0, in the order in which frames are shown.
        frame: as decoded; its planes are not to be written to.
        stamp: when it is shown, in seconds.
        duration: for how long, in seconds, 0 where the file does not say.
        file: the picture file it was read from, None for a frame of a video.
    """

    number: int
    frame: av.VideoFrame
    stamp: Fraction
    duration: Fraction
    file: Path | None = None


@dataclass(frozen=True)
class Copied:
    """A packet of sound, subtitles or data, which goes through as it is."""

    packet: av.Packet[Stream]
    stream: Stream


Item = Picture | Copied


@dataclass(frozen=True)
class Clip:
    """A part of a source.

    Attributes:
        start, end: in seconds, None for the whole; frames from `start` up to `end`, which is not included.
        frames: at most so many frames, None for all.
    """

    start: Fraction | None = None
    end: Fraction | None = None
    frames: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self == Clip()

    def begun(self, time: Fraction) -> bool:
        """Whether the part has begun at a time."""
        return self.start is None or time >= self.start

    def over(self, time: Fraction) -> bool:
        """Whether the part is over at a time."""
        return self.end is not None and time >= self.end


@dataclass
class Notes:
    """What was met on the way that a user should know, each once."""

    told: dict[str, None] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Keep a line."""
        self.told[line] = None


class Source(Protocol):
    """Where frames come from.

    Attributes:
        path: what was given.
        rate: frames per second on average, None where the source does not say.
        count: number of frames as the file says, None where it does not.
        origin: the time stamp that a part's `start` and `end` are counted from.
        streams: the streams whose packets are among the items.
        notes: what a user should know.
    """

    path: Path
    rate: Fraction | None
    count: int | None
    origin: Fraction
    streams: list[Stream]
    notes: Notes

    def items(self) -> Iterator[Item]:
        """Frames in the order they are shown, other packets between them.

        Raises:
            VfibenchError: damage, or frames of another size than the first.
        """

    def close(self) -> None:
        """Let go of the file."""


def usual_step(rate: Fraction | None) -> Fraction:
    """Seconds from one frame to the next, of a source that may not say its rate."""
    return 1 / rate if rate else Fraction(1, 25)


def check_alike(first: av.VideoFrame, frame: av.VideoFrame, number: int, path: Path) -> None:
    """VfibenchError where a frame is not of the first one's size and pixel format."""
    expected, found = ((one.width, one.height, one.format.name) for one in (first, frame))
    if expected != found:
        raise VfibenchError(
            f"expected frames of {expected[0]}x{expected[1]} in {expected[2]}, found frame {number} of "
            f"{found[0]}x{found[1]} in {found[2]} in {path}",
            "split the video there, and interpolate the parts",
        )


def reason(error: BaseException) -> str:
    """FFmpeg's words for an error, without its numbers."""
    return str(getattr(error, "strerror", "") or error) or type(error).__name__
