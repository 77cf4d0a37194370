"""Where to write the names of dots so that they can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.statistics.arrays import FloatArray
from vfibench_reports.kit.drawing import SIZE, Stroke, Word, shortened, text_width

RINGS = (9.0, 20.0, 34.0, 52.0, 74.0)
SIDES = 16
ANGLES = 2 * np.pi * np.arange(SIDES) / SIDES
"""Of the places on a ring: to the right first, and on clockwise."""


@dataclass(frozen=True)
class LabelBox:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True)
class Named:
    """A dot that wants a name: where it is, what it is called, and what else it covers (its interval)."""

    x: float
    y: float
    name: str
    covers: LabelBox
    front: bool


def place_names(dots: Sequence[Named], within: LabelBox) -> tuple[list[Word], list[Stroke]]:
    """Names beside their dots, and lines to those that stand farther off.

    Greedy, those in front first: each name takes the place around its dot, nearest first, where it covers
    the least of dots, intervals and earlier names and stays `within`.
    """
    taken = [dot.covers for dot in dots] + [_around(dot) for dot in dots]
    words, leaders = [], []
    for dot in sorted(dots, key=lambda dot: (not dot.front, dot.x, dot.y)):
        text = shortened(dot.name)
        boxes = _boxes(dot, text_width(text), SIZE * 1.15)
        best = int(np.argmin(_cost(boxes, np.array([box.sides for box in taken]), within)))
        box = LabelBox(*boxes[best].tolist())
        taken.append(box)
        words.append(_word(text, box, dot, math.cos(ANGLES[best % SIDES])))
        if best >= SIDES:
            end = (min(max(dot.x, box.left), box.right), min(max(dot.y, box.top), box.bottom))
            leaders.append(Stroke(((dot.x, dot.y), end), "leader"))
    return words, leaders


def _around(dot: Named) -> LabelBox:
    return LabelBox(dot.x - 6, dot.y - 6, dot.x + 6, dot.y + 6)


def _boxes(dot: Named, wide: float, high: float) -> FloatArray:
    """[RINGS * SIDES, 4] left, top, right, bottom of a name at each place, ring by ring."""
    across, down = np.cos(ANGLES), np.sin(ANGLES)
    rings = np.array(RINGS)[:, None]
    left = dot.x + rings * across - wide * (1 - across) / 2
    top = dot.y + rings * down - high * (1 - down) / 2
    return np.stack([left, top, left + wide, top + high], axis=-1).reshape(-1, 4)


def _cost(boxes: FloatArray, taken: FloatArray, within: LabelBox) -> FloatArray:
    """[P] how bad each place is: what it covers, what of it lies outside, and then how far off it is."""
    ring, side = np.divmod(np.arange(len(boxes)), SIDES)
    covered = _overlap(boxes, taken).sum(axis=1)
    outside = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    outside = outside - _overlap(boxes, np.array([within.sides]))[:, 0]
    cost: FloatArray = 8 * outside + 2 * covered + 14 * ring + 0.1 * np.minimum(side, SIDES - side)
    return cost


def _overlap(first: FloatArray, second: FloatArray) -> FloatArray:
    """[P, K] area in common of [P, 4] and [K, 4] boxes."""
    a, b = first[:, None, :], second[None, :, :]
    size = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    area: FloatArray = np.clip(size, 0.0, None).prod(axis=-1)
    return area


def _word(text: str, box: LabelBox, dot: Named, across: float) -> Word:
    """The name in its box, growing away from its dot, `across` of which is how far to the right it stands."""
    baseline = box.bottom - 0.25 * (box.bottom - box.top)
    if abs(across) <= 0.3:
        return Word((box.left + box.right) / 2, baseline, text, "word", "middle", dot.front)
    if across > 0:
        return Word(box.left, baseline, text, "word", "start", dot.front)
    return Word(box.right, baseline, text, "word", "end", dot.front)
