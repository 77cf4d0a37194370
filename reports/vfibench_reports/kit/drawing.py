"""Figures as data: lines, dots and words in pixels, drawn by templates/drawing.html and saved by saving.py.

What a mark means is its role; colours are the style sheet's, or of the saved file, never the drawing's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["grid", "axis", "front", "behind", "bar", "step", "leader", "word", "tick"]
"""What a mark is: a grid line, an axis, what leads, what stands behind it, an interval, the line through what
leads, the line from a dot to its name, a name, a figure at an axis."""

SIZE = 12.0
"""Of letters, in pixels."""


@dataclass(frozen=True)
class Stroke:
    """A line through (x, y) points."""

    points: tuple[tuple[float, float], ...]
    role: Role

    @property
    def text(self) -> str:
        """The points as an SVG attribute."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class Dot:
    """A filled circle, and what is told on hovering."""

    x: float
    y: float
    radius: float
    role: Role
    tip: str = ""


@dataclass(frozen=True)
class Word:
    """Text whose baseline begins ("start"), is centred ("middle") or ends ("end") at (x, y)."""

    x: float
    y: float
    text: str
    role: Role
    anchor: Literal["start", "middle", "end"] = "start"
    strong: bool = False


@dataclass(frozen=True)
class Drawing:
    """A figure.

    Attributes:
        width, height: in pixels.
        label: what it shows, for those who cannot see it.
    """

    width: float
    height: float
    label: str
    strokes: tuple[Stroke, ...]
    dots: tuple[Dot, ...]
    words: tuple[Word, ...]


def text_width(text: str) -> float:
    """About how wide text of `SIZE` is, in pixels; rather too much than too little."""
    return SIZE * sum(
        0.35 if char in " .,:;'|!iljtfI" else 0.62 if ord(char) < 0x2E80 else 1.0 for char in text
    )


def shortened(text: str, most: int = 24) -> str:
    """Text of at most `most` characters.

    >>> shortened("superslomo", 6)
    'super…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def even_ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within [low, high].

    >>> even_ticks(30.2, 36.9)
    [31.0, 32.0, 33.0, 34.0, 35.0, 36.0]
    """
    rough = max(high - low, 1e-12) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.7)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within [low, high]; powers alone where there are more than three.

    >>> log_ticks(0.8, 30)
    [1.0, 2.0, 5.0, 10.0, 20.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors: Sequence[int] = (1, 2, 5) if len(powers) <= 5 else (1,)
    ticks = [float(f"{factor}e{power}") for power in powers for factor in factors]
    return [tick for tick in ticks if low <= tick <= high]
