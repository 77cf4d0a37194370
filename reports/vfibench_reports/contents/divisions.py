"""What the frames of a group can be divided by: motion and occlusion where they are known, and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from vfibench.leaderboards.grouping import Board, Group
from vfibench.statistics.arrays import IntArray, Scores
from vfibench.strata import MOTION, OCCLUSION, Bins, Facts, facts_of

LEVELS = ("snu-film-easy", "snu-film-medium", "snu-film-hard", "snu-film-extreme")

LEVEL = "level"
"""The key of the axis whose classes are data sets of their own."""


Classify = Callable[[Scores], IntArray]
"""The class of each frame [F] of some scores, -1 where it is of none."""


@dataclass(frozen=True)
class Axis:
    """What frames are divided by.

    Attributes:
        key: for addresses, such as "motion".
        title: as it goes on after a metric, "by motion".
        quantity: with its unit, for the axis of a chart: "motion, px".
        labels: of the B classes; `short` are those at a chart's axis, `keys` those of addresses.
        places: where the classes stand on a chart's axis.
        counts: [B] frames in each class.
    """

    key: str
    title: str
    quantity: str
    keys: tuple[str, ...]
    labels: tuple[str, ...]
    short: tuple[str, ...]
    places: tuple[float, ...]
    counts: tuple[int, ...]


def divisible(board: Board, every: Sequence[Board]) -> bool:
    """Whether there is anything to divide a board's frames by.

    Raises:
        VfibenchError: a file of facts is damaged; it is named. All are read, as for the page itself.
    """
    facts = [facts_of([entry.result for entry in group.entries]) for group in board.groups]
    return any(
        level_groups(board, every, group) or any(sum(axis.counts) for axis, _ in axes(group, known))
        for group, known in zip(board.groups, facts, strict=True)
    )


def axes(group: Group, facts: Facts | None) -> list[tuple[Axis, Classify]]:
    """Every quantity that divides a group's frames, with how it does."""
    found: list[tuple[Axis, Classify]] = []
    longest = max((entry.result.scores for entry in group.entries), key=len)
    if facts is not None:
        for number, bins in enumerate((MOTION, OCCLUSION)):
            classify = partial(_by_facts, facts, number, bins)
            found.append((_axis(bins, counted(classify(longest), len(bins.labels))), classify))
    times = tuple(group.entries[0].result.cell.settings.times)
    if len(times) > 1:
        by_time = partial(_by_time, times)
        short = tuple(f"{time:g}" for time in times)
        labels, counts = tuple(f"t = {time}" for time in short), counted(by_time(longest), len(times))
        found.append((Axis("time", "by time", "t", short, labels, short, times, counts), by_time))
    return found


def _axis(bins: Bins, counts: tuple[int, ...]) -> Axis:
    """The classes of motion or occlusion."""
    return Axis(
        key=bins.name,
        title=f"by {bins.name}",
        quantity=f"{bins.name}, {bins.unit}",
        keys=tuple(str(place) for place in range(1, len(counts) + 1)),
        labels=tuple(bins.labels),
        short=tuple(label.removesuffix(f" {bins.unit}") for label in bins.labels),
        places=tuple(float(place) for place in range(len(counts))),
        counts=counts,
    )


def _by_facts(facts: Facts, number: int, bins: Bins, scores: Scores) -> IntArray:
    return bins.classes(facts.align(scores.frames)[number])


def _by_time(times: Sequence[float], scores: Scores) -> IntArray:
    found = np.array([time for _, time in scores.frames], np.float64)
    place = np.searchsorted(times, found).clip(0, len(times) - 1)
    return np.where(np.asarray(times)[place] == found, place, -1)


def counted(classes: npt.NDArray[np.int64], count: int) -> tuple[int, ...]:
    """Frames in each of `count` classes."""
    return tuple(np.bincount(classes[classes >= 0], minlength=count).tolist())


def level_groups(board: Board, boards: Sequence[Board], group: Group) -> dict[str, Group]:
    """The groups of all levels that a group of one may stand beside, by level; fewer than two are none.

    They are ranked, of the same protocol, with as many input frames and at the same target times.
    """
    if board.dataset not in LEVELS or not group.ranked:
        return {}
    found: dict[str, Group] = {}
    for level in LEVELS:
        peers = [other for other in boards if (other.dataset, other.protocol) == (level, board.protocol)]
        same = [one for peer in peers for one in peer.groups if one.ranked and _form(one) == _form(group)]
        if same:
            found[level] = same[0]
    return found if len(found) > 1 else {}


def _form(group: Group) -> tuple[int, tuple[float, ...]]:
    settings = group.entries[0].result.cell.settings
    return settings.inputs, tuple(settings.times)
