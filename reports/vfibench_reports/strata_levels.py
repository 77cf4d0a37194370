"""SNU-FILM's four levels side by side: the same middle frames, ever more distant inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vfibench.leaderboards import Board, Entry, Group
from vfibench.ranking import unfair
from vfibench_reports.strata_grid import LEVEL, Axis, Grid

LEVELS = ("snu-film-easy", "snu-film-medium", "snu-film-hard", "snu-film-extreme")
PREFIX = "snu-film-"

Key = tuple[str, str | None]


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
    return settings["inputs"], tuple(settings["times"])


def level_axis(levels: dict[str, Group]) -> Axis:
    """The levels as classes."""
    words = tuple(level.removeprefix(PREFIX) for level in levels)
    counts = tuple(max(entry.result.counts["ok"] for entry in group.entries) for group in levels.values())
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


def _key(entry: Entry) -> Key:
    """What makes a method the same one on another dataset."""
    return entry.label, entry.result.cell.settings.get("weights_sha256")
