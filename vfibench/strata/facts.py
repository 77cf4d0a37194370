"""Motion and occlusion of a dataset's frames, as pages and comparisons get them: from files alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.statistics.arrays import FloatArray, Frame, Scores
from vfibench.store.result import CellResult
from vfibench.strata.files import EXACT, facts_file, read_facts

TAGS = ("motion_p90", "seen_by_1", "seen_by_0")
OF_TAGS = "exact, one figure for all times of a sequence"
_UNKNOWN = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Facts:
    """What is known of the frames (sample, time) of a dataset list.

    Attributes:
        values: (motion, occlusion) of each frame. Motion is the 90th percentile of the lengths of motion
            between the two inputs around the target, in pixels of the target; occlusion is the share of
            the target's pixels that these two do not both show, in 0..1.
        how: one line that says where they come from, such as "exact" or the name of the estimate.
    """

    values: Mapping[Frame, tuple[float, float]]
    how: str

    def align(self, frames: Sequence[Frame]) -> tuple[FloatArray, FloatArray]:
        """Motion [F] and occlusion [F] of F frames; NaN where they are not known."""
        found = np.array([self.values.get(frame, _UNKNOWN) for frame in frames], np.float64).reshape(-1, 2)
        return found[:, 0], found[:, 1]


def facts_of(results: Sequence[CellResult]) -> Facts | None:
    """The facts of the frames of some cells of one dataset list; None where there are none.

    They are read from what `vfibench strata` wrote into the cells' run folders, else taken from the tags of
    their rows. All come from one source, so that classes mean one thing: where files differ in theirs, exact
    ones are taken, else those whose `how` comes last in the alphabet, which is the later version of a method;
    frames that only the others know are not known then. Among files of one source the first folder's count.

    Raises:
        VfibenchError: a file of facts is damaged; it is named.

    Example:
        >>> from pathlib import Path
        >>> from vfibench.store import read_results
        >>> facts = facts_of(read_results([Path("runs/v1")]))
        >>> facts.how
        'exact, one figure for all times of a sequence'
        >>> motion, occlusion = facts.align([("00-cat-drift", 0.5)])
    """
    there = [path for path in dict.fromkeys(facts_file(result) for result in results) if path.is_file()]
    files = [read_facts(path) for path in there]
    if files:
        how = max((one.how for one in files), key=lambda text: (text == EXACT, text))
        chosen = [one for one in reversed(files) if one.how == how]  # the first folder's overwrite
        return Facts({frame: pair for one in chosen for frame, pair in one.rows.items()}, how)
    tagged = {frame: pair for scores in _distinct(results) for frame, pair in _tagged(scores)}
    return Facts(tagged, OF_TAGS) if tagged else None


def _distinct(results: Sequence[CellResult]) -> list[Scores]:
    """Scores each with other frames than those before, or other tags; as a rule, those of one cell."""
    found: dict[int, tuple[tuple[Frame, ...], frozenset[str]]] = {}
    for place, result in enumerate(results):
        scores = result.scores
        key = scores.frames, frozenset(scores.tags[0] if scores.tags else ())
        if key not in found.values():
            found[place] = key
    return [results[place].scores for place in found]


def _tagged(scores: Scores) -> Iterator[tuple[Frame, tuple[float, float]]]:
    """Facts of frames that carry `TAGS`, as those of the synthetic dataset do."""
    for frame, tags in zip(scores.frames, scores.tags, strict=True):
        told = [float(tag) for name in TAGS if isinstance(tag := tags.get(name), float | int)]
        if len(told) == len(TAGS):
            motion, *hidden = told
            yield frame, (motion, sum(hidden))
