"""The same scores averaged otherwise: over clips, and at each target time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.statistics.arrays import FloatArray
from vfibench.statistics.digits import score_text
from vfibench.statistics.summaries import Summary
from vfibench_reports.kit.entries import names
from vfibench_reports.kit.numbers import MISSING, metric_column, summary_field
from vfibench_reports.kit.tables import METHOD, Column, Field, Table


def level_table(board: Board, group: Group, columns: Sequence[str], name: str) -> Table | None:
    """A line per method and level; None where the mean over frames says all.

    That is so where there is one target time, and clips are not known or all of one length: the mean over
    clips is then the mean over frames.
    """
    titles = names(group.entries, titles=False)
    rows = [
        [title, *line]
        for entry, title in zip(group.entries, titles, strict=True)
        for line in _lines(entry, columns)
    ]
    if not rows:
        return None
    head = [METHOD, Column("over", "mean over"), Column("n", "n", first="descending", style="number")]
    head += [metric_column(board, column) for column in columns]
    return Table(name, f"Means over clips and at each time, {group.heading}", head, rows, tools=True)


def _lines(entry: BoardEntry, columns: Sequence[str]) -> list[list[Field]]:
    clips, times = [], []
    if entry.uneven:
        n = max(clip.clips for clip in entry.clips.values())
        clips = [[Field("clips"), _count(n), *(_clip_field(entry, column) for column in columns)]]
    if len(entry.result.cell.settings.times) > 1:
        times = [_time_line(entry, columns, time) for time in entry.result.cell.settings.times]
    return clips + times


def _time_line(entry: BoardEntry, columns: Sequence[str], time: float) -> list[Field]:
    """The means over the frames at one time."""
    scores = entry.result.scores
    there = np.array([found == time for _, found in scores.frames], bool)
    missing = np.full(len(scores), np.nan)
    found = [(column, _summary(scores.values.get(column, missing)[there])) for column in columns]
    count = _count(max(summary.n for _, summary in found))
    return [Field(f"frames at t = {time:g}"), count, *(summary_field(*one) for one in found)]


def _summary(values: FloatArray) -> Summary:
    """The summary of [F] scores as `vfibench.statistics.arrays.Scores` has them."""
    finite = values[np.isfinite(values)]
    exact = int(np.isposinf(values).sum())
    mean = float(finite.mean()) if finite.size else None
    return Summary(mean, int(finite.size), exact, int(values.size) - int(finite.size) - exact)


def _count(n: int) -> Field:
    return Field(str(n), n)


def _clip_field(entry: BoardEntry, column: str) -> Field:
    clip = entry.clips.get(column)
    if clip is None or clip.mean is None:
        return Field(MISSING)
    return Field(score_text(column, clip.mean), clip.mean, tip=f"mean of {clip.clips} clips' means")
