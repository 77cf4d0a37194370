"""How an encoder is told that its pictures look, and in which ticks time is counted."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from vfibench.video.colour import FULL, LIMITED, UNSPECIFIED
from vfibench.video.writing.painter import Target

LARGEST = 2**31 - 1
FINE = 90_000  # ticks per second where exact ones do not fit


@dataclass(frozen=True)
class Look:
    """How an encoder is told that its pictures look.

    Attributes:
        size: (width, height).
        target: what it is given.
        tick: seconds that all time stamps are multiples of.
        first: a frame of the source, whose colour tags are kept.
        enlarged: whether they are of another size than the source's.
    """

    size: tuple[int, int]
    target: Target
    tick: Fraction
    first: av.VideoFrame
    enlarged: bool

    def put_on(self, context: av.VideoCodecContext) -> None:
        """Set all of it; what values mean where the frames were converted, or what players would guess."""
        context.width, context.height = self.size
        context.pix_fmt, context.time_base = self.target.layout, self.tick
        first, coding = self.first, self.target.coding
        context.color_primaries, context.color_trc = int(first.color_primaries), int(first.color_trc)
        if coding.kind == "yuv":
            # What is not specified players guess by the size, which may be another one now.
            unknown = (0, UNSPECIFIED) if self.enlarged else (0,)
            known = int(first.colorspace) not in unknown
            context.colorspace = int(first.colorspace) if known else coding.matrix
            context.color_range = FULL if coding.full else LIMITED if not known else int(first.color_range)
        elif coding.kind == "gray":
            context.color_range = FULL if coding.full else LIMITED


def tick_of(*steps: Fraction) -> Fraction:
    """The longest tick of a whole fraction of a second that all steps are multiples of.

    >>> tick_of(Fraction(1, 12800), Fraction(1, 60))
    Fraction(1, 38400)
    """
    ticks = math.lcm(*(step.denominator for step in steps))
    return Fraction(1, ticks if ticks <= LARGEST else FINE)


def display_matrix(frame: av.VideoFrame) -> list[int] | None:
    """How a player turns the picture, as the container says it."""
    kept: Any = frame.side_data  # PyAV's own types tell of motion vectors alone
    for found in kept:
        if found.type.name == "DISPLAYMATRIX":
            return list(struct.unpack("<9i", bytes(memoryview(found))[:36]))
    return None
