"""SNU-FILM's four levels side by side: the same middle frames, ever more distant inputs."""

from __future__ import annotations

import numpy as np

from vfibench.leaderboards.grouping import BoardEntry, Group
from vfibench.leaderboards.ranking import unfair
from vfibench_reports.contents.divisions import LEVEL, Axis
from vfibench_reports.strata.grid import Grid

PREFIX = "snu-film-"

Key = tuple[str, str | None, str | None]


def level_axis(levels: dict[str, Group]) -> Axis:
    """The levels as classes."""
    words = tuple(level.removeprefix(PREFIX) for level in levels)
    counts = tuple(max(entry.result.counts.ok for entry in group.entries) for group in levels.values())
    places = tuple(float(place) for place in range(len(words)))
    return Axis(LEVEL, "by SNU-FILM level", "level", words, words, words, places, counts)


def level_grid(group: Group, levels: dict[str, Group], column: str) -> Grid:
    """One metric of the methods of `group` on every level, [M, L]."""
    shape = (len(group.entries), len(levels))
    mean, low, high = (np.full(shape, np.nan) for _ in range(3))
    n, exact = (np.zeros(shape, np.int64) for _ in range(2))
    fair = np.ones(len(levels), np.bool_)
    for place, peer in enumerate(levels.values()):
        found = {_key(entry): entry for entry in reversed(peer.entries)}
        shown = [found[key].result for key in map(_key, group.entries) if key in found]
        fair[place] = not unfair(shown, column)
        for line, entry in enumerate(group.entries):
            other = found.get(_key(entry))
            summary = other.scores.get(column) if other else None
            if other is None or summary is None:
                continue
            n[line, place], exact[line, place] = summary.n, summary.exact
            mean[line, place] = np.nan if summary.mean is None else summary.mean
            low[line, place], high[line, place] = other.intervals.get(column) or (np.nan, np.nan)
    return Grid(mean, n, exact, low, high, fair)


def _key(entry: BoardEntry) -> Key:
    """What makes a method the same one on another dataset."""
    settings = entry.result.cell.settings
    return entry.label, settings.weights_sha256, settings.code
