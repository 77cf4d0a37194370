"""What became of the frames: counts, times, and what a user should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Outcome:
    """What became of the frames.

    Attributes:
        read: source frames.
        written: output frames, of which `source` are the source's own and `made` are made.
        held: other output frames: a source frame shown again, by reason ("cut", "repeat", "end").
        cuts: scenes that ended.
        repeats: source frames that repeat the one before, "exact" and "near".
        begin, end: when the first output frame is shown, and until when the last one is, in seconds.
        wall: seconds in all; `decode`, `network` and `encode` those in which each was busy.
        memory: the largest resident set of the process, in MiB.
        device_memory: the most that was held of a GPU's memory, in MiB, 0 without one.
        how: the method, the coding of colours and the encoder, in words.
        notes: what a user should know.
        finished: whether all of the source was read.
    """

    read: int = 0
    written: int = 0
    source: int = 0
    made: int = 0
    held: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    begin: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    wall: float = 0.0
    decode: float = 0.0
    network: float = 0.0
    encode: float = 0.0
    memory: float = 0.0
    device_memory: float = 0.0
    how: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    finished: bool = False

    @property
    def duration(self) -> Fraction:
        """Of the output, in seconds."""
        return self.end - self.begin


Told = Callable[[Outcome, int | None], object]
"""Told after each pair: the outcome so far, and the number of source frames where it is known."""


def silent(_outcome: Outcome, _count: int | None) -> None:
    """Tell nobody."""
