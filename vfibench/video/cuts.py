"""Where scenes change, and where a frame repeats the one before.

A cut is found as FFmpeg's filter `scdet` finds it: the mean absolute difference of luma (of R, G and B for
RGB) from one frame to the next in percent of the range, and how much it changed since the frame before; the
smaller one is the score. A change that comes and goes in one frame is a flash and no cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vfibench.video.colour import Coding, Plane

THRESHOLD = 10.0
"""FFmpeg's own default."""
ALIKE = 0.1
"""A frame repeats another where luma differs by less than this on average, in percent of the range..."""
ALIKE_BLOCK = 1.0
"""...and by less than this in every block of 16x16."""
BLOCK = 16


@dataclass(frozen=True)
class Change:
    """What changed from one frame to the next.

    Attributes:
        mean: mean absolute difference, in percent of the range.
        score: scdet's, from 0 to 100.
        exact: whether all planes are equal.
        repeat: whether it is a repeat, exact or nearly so.
        returns: mean absolute difference from the frame before the first of the two, None at the beginning.
    """

    mean: float
    score: float
    exact: bool
    repeat: bool
    returns: float | None


class Changes:
    """Measures each frame against the two before it, which it remembers."""

    def __init__(self, coding: Coding) -> None:
        self._bits = coding.bits
        self._used = 3 if coding.kind == "gbr" else 1
        self._before: list[Sequence[Plane]] = []
        self._mean = 0.0

    def see(self, planes: Sequence[Plane]) -> Change | None:
        """The change from the last frame to this one; None for the first."""
        found = None
        if self._before:
            last = self._before[-1]
            mean = self._difference(last, planes)
            exact = mean == 0 and all(np.array_equal(a, b) for a, b in zip(last, planes, strict=True))
            found = Change(
                mean,
                float(np.clip(min(mean, abs(mean - self._mean)), 0, 100)),
                exact,
                exact or (mean < ALIKE and self._blocks(last, planes) < ALIKE_BLOCK),
                self._difference(self._before[0], planes) if len(self._before) > 1 else None,
            )
            self._mean = mean
        self._before = [*self._before[-1:], planes]
        return found

    def _difference(self, one: Sequence[Plane], other: Sequence[Plane]) -> float:
        pairs = list(zip(one[: self._used], other[: self._used], strict=True))
        total = sum(cv2.norm(a, b, cv2.NORM_L1) for a, b in pairs)
        return float(100 * total / sum(a.size for a, _ in pairs) / 2**self._bits)

    def _blocks(self, one: Sequence[Plane], other: Sequence[Plane]) -> float:
        """The largest mean difference of a block, in percent of the range."""
        difference = cv2.absdiff(one[0], other[0])
        height, width = (-(-side // BLOCK) for side in difference.shape)
        means = cv2.resize(difference.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        return float(100 * means.max() / 2**self._bits)


def is_cut(change: Change, following: Change | None, threshold: float) -> bool:
    """Whether a scene ends between two frames.

    Args:
        change: between them.
        following: from the second to the one after it, None at the end.
        threshold: of the score.
    """
    if change.score < threshold:
        return False
    back = change.returns is not None and change.returns < change.mean / 2  # the frame before was a flash
    ahead = following is not None and following.returns is not None and following.returns < change.mean / 2
    return not (back or ahead)
