"""Two cells on the same frames: what changes from the first to the second, and how sure that is.

A difference is second minus first, frame by frame; a *gain* is that difference with the sign that makes
better positive, whatever the metric.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vfibench.errors import VfibenchError
from vfibench.statistics.arrays import FloatArray, IntArray, differences
from vfibench.statistics.bootstrap import interval
from vfibench.statistics.digits import tie_width
from vfibench.statistics.paired import wilcoxon, wins
from vfibench.store.comparability import PAIRED, TASK, column_obstacle, others
from vfibench.store.result import CellResult


@dataclass(frozen=True)
class Paired:
    """One column of two cells on the frames that both have scored, in the first one's order.

    Attributes:
        column: of the metric.
        better: "higher" or "lower".
        frames: (sample id, time) of each frame.
        first, second: [F] scores; infinity is an exact frame, NaN no number.
        units: [F] unit of resampling of each frame, 0 .. U - 1.
        of_clips: whether units are clips; else samples.
        unpaired: frames that only one of the cells has.
    """

    column: str
    better: str
    frames: tuple[tuple[str, float], ...]
    first: FloatArray
    second: FloatArray
    units: IntArray
    of_clips: bool
    unpaired: int

    @cached_property
    def difference(self) -> FloatArray:
        """[F] second minus first: 0 where both are exact, infinite where one is, NaN without a number."""
        return differences(self.first, self.second)

    @property
    def gain(self) -> FloatArray:
        """[F] the difference, positive where the second is better."""
        return self.difference if self.better == "higher" else -self.difference

    @property
    def n(self) -> int:
        """Frames with a finite difference: those in the mean."""
        return int(np.isfinite(self.difference).sum())

    @cached_property
    def mean(self) -> float | None:
        """Mean of the finite differences, None where there is none."""
        finite = np.isfinite(self.difference)
        return float(self.difference[finite].mean()) if finite.any() else None

    @property
    def means(self) -> tuple[float, float] | None:
        """Mean scores of the first and the second, over the frames where both are finite; None without one.

        Frames that are exact in both are not in these, but count as no difference in `mean`.
        """
        both = self._finite
        return (float(self.first[both].mean()), float(self.second[both].mean())) if both.any() else None

    @property
    def in_means(self) -> int:
        """Frames in `means`: fewer than `n` where some are exact in both."""
        return int(self._finite.sum())

    @property
    def _finite(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.first) & np.isfinite(self.second)

    @property
    def exact(self) -> tuple[int, int, int]:
        """Frames that are exact in the first alone, in both, in the second alone."""
        one, other = np.isposinf(self.first), np.isposinf(self.second)
        return int((one & ~other).sum()), int((one & other).sum()), int((other & ~one).sum())

    @property
    def counted_units(self) -> int:
        """Units with a finite difference: those that are drawn again."""
        return int(np.unique(self.units[np.isfinite(self.difference)]).size)

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """95% bootstrap interval of the mean difference, units drawn again; None where they are too few."""
        return interval(self.difference, self.units)

    @property
    def significant(self) -> bool:
        """Whether the interval excludes zero, and the mean difference shows in print."""
        if self.interval is None or self.mean is None or abs(self.mean) <= tie_width(self.column):
            return False
        return not self.interval[0] <= 0.0 <= self.interval[1]

    @cached_property
    def wilcoxon(self) -> float | None:
        """Two-sided p of the signed-rank test over the units' mean differences; None below two units."""
        p = float(wilcoxon(self.difference[:, None], self.units)[0])
        return None if math.isnan(p) else p

    @property
    def wins(self) -> tuple[int, int, int]:
        """Frames where the second is better, where they are equal as printed, where the first is better."""
        second, equal, first = wins(self.gain[:, None], tie_width(self.column))[0].tolist()
        return second, equal, first

    def extremes(self, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Places of up to `count` frames where the first wins most, and the second; the greatest first."""
        gain = np.nan_to_num(self.gain, nan=0.0)
        lost, won = (np.argsort(sign * gain, kind="stable")[:count] for sign in (1, -1))
        return lost[gain[lost] < 0], won[gain[won] > 0]


def obstacles(first: CellResult, second: CellResult, column: str) -> list[str]:
    """Why the column of two cells cannot be compared; empty where it can."""
    one, other = first.cell, second.cell
    found = [
        f"other {word}: {a} and {b}"
        for word, a, b in (
            ("dataset", one.dataset, other.dataset),
            ("protocol", one.protocol, other.protocol),
        )
        if a != b
    ]
    found += [f"other {TASK[key]}" for key in others(one, other, PAIRED)]
    missing = [cell.label for cell, result in ((one, first), (other, second)) if column not in result.columns]
    if missing:
        return [*found, f"no {column} of {' and '.join(missing)}"]
    why = column_obstacle(column, (one, other), (first.columns[column], second.columns[column]))
    return [*found, why] if why else found


def cautions(first: CellResult, second: CellResult) -> list[str]:
    """What a reader must know of a comparison that can be made."""
    one, other = first.cell, second.cell
    told = {
        "inputs": f"{one.settings.inputs} and {other.settings.inputs} input frames",
        "list_sha256": "other lists of samples: only those of both are compared",
    }
    # The kind of selection is told by the lists.
    keys = [key for key in others(one, other) if key not in (*PAIRED, "selection")]
    found = [told.get(key, f"another task: other {TASK[key]}") for key in keys]
    for result in (first, second):
        if not result.complete:
            found.append(f"{result.cell.label} is incomplete: {result.counts.ok} of {result.counts.planned}")
    return found


def pair(first: CellResult, second: CellResult, column: str) -> Paired:
    """Bring two cells onto the same frames.

    Raises:
        VfibenchError: they cannot be compared, or no frame is scored in both.

    Example:
        >>> from pathlib import Path
        >>> from vfibench.store import read_results
        >>> results = {result.cell.method: result for result in read_results([Path("runs/v1")])}
        >>> found = pair(results["nearest"], results["superslomo-starter"], "psnr")
        >>> found.n, round(found.mean, 3), found.interval  # two frames are too few for an interval
        (2, 13.037, None)
    """
    found = obstacles(first, second, column)
    names = f"{first.cell.label} and {second.cell.label}"
    if found:
        raise VfibenchError(f"expected comparable results of {names}, found {', '.join(found)}")
    a, b = first.scores, second.scores
    if a.frames == b.frames:  # as a rule, and much the fastest
        places = others = np.arange(len(a))
    else:
        at = {frame: place for place, frame in enumerate(b.frames)}
        both = [(place, at[frame]) for place, frame in enumerate(a.frames) if frame in at]
        places, others = np.array(both, np.int64).reshape(-1, 2).T
    if not places.size:
        raise VfibenchError(f"expected frames that {names} have both scored, found none")
    return Paired(
        column=column,
        better=first.columns[column].better,
        frames=tuple(a.frames[place] for place in places),
        first=a.values[column][places],
        second=b.values[column][others],
        units=np.unique(a.units[places], return_inverse=True)[1],
        of_clips=a.of_clips,
        unpaired=len(a) + len(b) - 2 * int(places.size),
    )
