"""How pictures stand together: beside, below, in a grid, on both sides of a divider, one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

LAYOUTS = ("side", "stack", "grid", "split", "blink")
GAP = 4  # pixels between pictures
SWEEP = 4  # seconds in which the divider goes there and back
BLINK = Fraction(1, 2)  # seconds for which each is shown

Arrange = Callable[[Sequence["UInt8Array"], Fraction], "UInt8Array"]
"""Pictures of one size and the time to one picture."""


def tiled(pictures: Sequence[UInt8Array], columns: int) -> UInt8Array:
    """Pictures of one size in rows of so many, with gaps between them."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    whole = np.zeros((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), np.uint8)
    for place, picture in enumerate(pictures):
        top, left = place // columns * (height + GAP), place % columns * (width + GAP)
        whole[top : top + height, left : left + width] = picture
    return whole


def columns_of(layout: str, count: int) -> int:
    """How many pictures stand beside one another.

    >>> [columns_of(layout, 5) for layout in ("side", "stack", "grid")]
    [5, 1, 3]
    """
    return {"side": count, "stack": 1}.get(layout, math.ceil(math.sqrt(count)))


def divided(pictures: Sequence[UInt8Array], share: float) -> UInt8Array:
    """The first of two left of a divider, the second right of it.

    Args:
        pictures: two of one size.
        share: of the width that the first has.
    """
    width = pictures[0].shape[1]
    at = round(min(max(share, 0), 1) * width)
    whole = np.concatenate([pictures[0][:, :at], pictures[1][:, at:]], axis=1)
    if 0 < at < width:
        whole[:, max(at - 1, 0) : at + 1] = 255
    return whole


def swept(time: Fraction) -> float:
    """Where a sweeping divider stands: evenly from the left to the right and back.

    >>> [swept(Fraction(n)) for n in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return 1 - abs(float(time % SWEEP) / (SWEEP / 2) - 1)


def up(time: Fraction, count: int) -> int:
    """Which of several that are shown in turns is up.

    >>> [up(Fraction(n, 4), 2) for n in range(6)]
    [0, 0, 1, 1, 0, 0]
    """
    return int(time / BLINK) % count
