"""What the frames of a group can be divided by: motion and occlusion where they are known, and time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from vfibench.arrays import IntArray, Scores
from vfibench.leaderboards import Board, Group
from vfibench.strata import MOTION, OCCLUSION, Bins, Facts, facts_of
from vfibench_reports.strata_grid import Axis, Classify, counted
from vfibench_reports.strata_levels import level_groups


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
    times = tuple(group.entries[0].result.cell.settings["times"])
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
