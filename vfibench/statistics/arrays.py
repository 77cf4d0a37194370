"""Stored rows as arrays: what intervals, comparisons, the gate and pages compute with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfibench.statistics.summaries import ScoredFrame, clip_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Frame = tuple[str, float]
"""What has a score: a sample's id and a target time."""


@dataclass(frozen=True)
class Scores:
    """The frames of a cell that have a score, in the dataset's order.

    Attributes:
        frames: (sample id, time) of each of the F frames.
        values: [F] of each column; infinity where a PSNR is exact, NaN where the definition gives no number.
        units: [F] number of the unit each frame belongs to, 0 .. U - 1 in order of appearance.
        unit_names: [U] what can be drawn again independently: the clip where every frame names one, else the
            sample. Frames of a clip are alike, and so are the times of a sample; counting each as news would
            make intervals too narrow.
        of_clips: whether units are clips.
        tags: facts stored with each frame.
    """

    frames: tuple[Frame, ...]
    values: Mapping[str, FloatArray]
    units: IntArray
    unit_names: tuple[str, ...]
    of_clips: bool
    tags: tuple[Mapping[str, object], ...]

    def __len__(self) -> int:
        return len(self.frames)


def score_arrays(rows: Sequence[ScoredFrame], columns: Sequence[str]) -> Scores:
    """Arrays of the rows with status "ok".

    Args:
        rows: as stored (`vfibench.store.rows`), each (sample, time) once.
        columns: metric columns; one that a row lacks is NaN there.
    """
    ok = [row for row in rows if row.status == "ok"]
    tags = tuple(row.tags for row in ok)
    clips = [clip_of(one) for one in tags]
    of_clips = bool(ok) and all(clips)
    names = clips if of_clips else [row.sample for row in ok]
    numbers: dict[str, int] = {}
    units = [numbers.setdefault(name, len(numbers)) for name in names]
    return Scores(
        frames=tuple((row.sample, row.t) for row in ok),
        values={column: _column(ok, column) for column in columns},
        units=np.array(units, np.int64),
        unit_names=tuple(numbers),
        of_clips=of_clips,
        tags=tags,
    )


def _column(rows: Sequence[ScoredFrame], column: str) -> FloatArray:
    values = np.array([row.scores.get(column) for row in rows], np.float64)  # None becomes NaN
    for place in np.flatnonzero(np.isnan(values)).tolist():
        if column in rows[place].exact:
            values[place] = np.inf
    return values


def differences(first: FloatArray, second: FloatArray) -> FloatArray:
    """Second minus first, of any shape.

    0 where both are exact (infinite), infinite where one is, NaN where one has no number.
    """
    with np.errstate(invalid="ignore"):
        made = second - first
    return np.where(np.isposinf(first) & np.isposinf(second), 0.0, made)
