"""The comparison page's data, as its script reads it.

Every score is held once, as a whole number of 32 bits in units of a small power of ten, so that any pair can
be drawn in the browser. Scores with no more than `FINER` digits beyond the printed ones are held as they are,
others rounded to these: a frame is won as in Python unless its difference is as close as that to a tie.
"""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vfibench.comparison.paired import cautions
from vfibench.errors import VfibenchError, one_line
from vfibench.statistics.arrays import FloatArray, Frame
from vfibench.statistics.bootstrap import DRAWS, LEAST_UNITS, LEVEL, SEED, shares
from vfibench.statistics.digits import tie_width
from vfibench.statistics.summaries import clip_of
from vfibench.store.result import CellResult
from vfibench.strata import facts_of
from vfibench_reports.contents.comparisons import Comparable, ComparedMethods, ComparedMetric, distinct
from vfibench_reports.contents.pairs import PairFigures

FINER = 4
"""Digits held beyond the printed ones, fewer where scores are too large for them."""

LARGEST = 2**31 - 1
EXACT, NONE = -LARGEST - 1, -LARGEST
"""What stands for an infinite score, and for none."""

TABLED_UNITS = 200
"""Up to as many units the script looks shares up; beyond, 1 / units tells them to 2e-6."""


def page_data(comparison: ComparedMethods, pages: Mapping[tuple[str, str, Frame], str]) -> dict[str, object]:
    """What the page's script reads, JSON-able.

    Args:
        comparison: what the page is about.
        pages: file names of the pages of samples, by (dataset, protocol, (sample, time)).
    """
    finer = {metric.name: finer_digits(comparison, metric) for metric in comparison.metrics}
    return {
        "bootstrap": bootstrap_data(),
        "exact": EXACT,
        "none": NONE,
        "metrics": [
            {
                "name": metric.name,
                "digits": metric.digits,
                "better": metric.better,
                "unit": metric.unit,
                "tie": tie_width(metric.name),
                "finer": finer[metric.name],
            }
            for metric in comparison.metrics
        ],
        "groups": [
            _frames_data(group)
            | _facts_data(group)
            | _methods_data(group, comparison.metrics, finer)
            | {"pages": _pages(comparison, group, pages)}
            for group in comparison.groups
        ],
    }


def bootstrap_data() -> dict[str, object]:
    """What the script needs to draw intervals as `vfibench.statistics.bootstrap` does.

    "shares" are those of `LEAST_UNITS`, `LEAST_UNITS` + 1, ... units; beyond the last, they go to `tail` of
    infinitely many in proportion to 1 / units.
    """
    return {
        "draws": DRAWS,
        "seed": SEED,
        "least": LEAST_UNITS,
        "shares": [round(shares(units)[0], 6) for units in range(LEAST_UNITS, TABLED_UNITS + 1)],
        "tail": (1 - LEVEL) / 2,
    }


def _frames_data(group: Comparable) -> dict[str, object]:
    """Frames as places in lists of samples, times and clips; a list is null where it would tell nothing."""
    samples = {name: place for place, name in enumerate(dict.fromkeys(frame[0] for frame in group.frames))}
    times = sorted({frame[1] for frame in group.frames})
    named = {
        frame: clip_of(tags)
        for result in distinct(group.results)
        for frame, tags in zip(result.scores.frames, result.scores.tags, strict=True)
        if clip_of(tags)
    }
    whole = len(named) == len(group.frames)
    clips = {name: k for k, name in enumerate(dict.fromkeys(named.values()))} if whole else {}
    return {
        "samples": list(samples),
        "sample": None if len(times) == 1 else [samples[frame[0]] for frame in group.frames],
        "times": times,
        "time": None if len(times) == 1 else [times.index(frame[1]) for frame in group.frames],
        "clips": list(clips) or None,
        "clip": [clips[named[frame]] for frame in group.frames] if clips else None,
    }


def _facts_data(group: Comparable) -> dict[str, object]:
    """Motion and occlusion of each frame as far as they are known, and where they come from."""
    try:
        facts = facts_of(group.results)
    except VfibenchError as error:  # a comparison needs none
        print(f"warning: comparisons without motion and occlusion: {one_line(str(error))}", file=sys.stderr)
        facts = None
    if facts is None:
        return {"motion": None, "occlusion": None, "how": ""}
    motion, occlusion = facts.align(group.frames)
    return {"motion": _known(motion), "occlusion": _known(occlusion), "how": facts.how}


def _known(values: FloatArray) -> list[float | None] | None:
    """Values as they are (rounding could move one into another class), None for unknown ones and for all."""
    found = [None if math.isnan(value) else value for value in values.tolist()]
    return found if any(value is not None for value in found) else None


def _methods_data(
    group: Comparable, metrics: Sequence[ComparedMetric], finer: Mapping[str, int]
) -> dict[str, object]:
    """Names, scores by metric and method, and figures by metric and pair."""
    notes = [cautions(group.results[a], group.results[b]) for a, b in group.pairs]
    return {
        "methods": group.full_names,
        "labels": [field.text for field in group.names],
        "scores": {
            metric.name: [packed(group, result, metric, finer[metric.name]) for result in group.results]
            for metric in metrics
        },
        "pairs": {metric.name: _pairs_data(group, metric) for metric in metrics},
        "cautions": {place: "; ".join(note) for place, note in enumerate(notes) if note},
    }


def finer_digits(comparison: ComparedMethods, metric: ComparedMetric) -> int:
    """Digits behind the point that scores are held with."""
    values = [
        np.abs(result.scores.values[metric.name])
        for group in comparison.groups
        for result in group.results
        if metric.name in result.columns
    ]
    largest = max((float(one[np.isfinite(one)].max(initial=0.0)) for one in values), default=0.0)
    wanted = metric.digits + FINER
    room = math.log10(LARGEST - 1) - math.log10(largest) if largest else math.inf
    return wanted if room >= wanted else math.floor(room)


def packed(group: Comparable, result: CellResult, metric: ComparedMetric, digits: int) -> str | None:
    """A method's scores of the group's frames, four bytes each, lowest first, in base64.

    They are whole numbers of units of 10^-digits, `EXACT` where infinite, `NONE` where there is none.
    """
    scores = result.scores
    if metric.name not in result.columns:
        return None
    values: FloatArray = scores.values[metric.name]
    if scores.frames != group.frames:
        at = {frame: place for place, frame in enumerate(group.frames)}
        spread = np.full(len(group.frames), np.nan)
        spread[[at[frame] for frame in scores.frames]] = values
        values = spread
    numbers = np.full(len(values), NONE, np.int64)
    finite = np.isfinite(values)
    numbers[finite] = np.rint(values[finite] * 10.0**digits).astype(np.int64)
    numbers[np.isposinf(values)] = EXACT
    return base64.b64encode(numbers.astype("<i4").tobytes()).decode()


def _pairs_data(group: Comparable, metric: ComparedMetric) -> list[list[Any] | None]:
    """[n, mean, low, high, p, second better, equal, first better] of each pair, null where incomparable."""
    found = [group.figures[metric.name].get(one) for one in group.pairs]
    return [None if figures is None else _pair_data(figures, metric.digits + 2) for figures in found]


def _pair_data(figures: PairFigures, digits: int) -> list[Any]:
    low, high = figures.interval or (None, None)
    rounded = [None if value is None else round(value, digits) for value in (figures.mean, low, high)]
    p = None if figures.p is None else float(f"{figures.p:.3g}")
    return [figures.n, *rounded, p, *figures.wins]


def _pages(
    comparison: ComparedMethods, group: Comparable, pages: Mapping[tuple[str, str, Frame], str]
) -> dict[int, str]:
    """The pages of samples by the place of their frame."""
    if not pages:
        return {}
    keys = ((comparison.dataset, comparison.protocol, frame) for frame in group.frames)
    return {place: pages[key] for place, key in enumerate(keys) if key in pages}
