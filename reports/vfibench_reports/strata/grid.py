"""Methods by class of frame: the figures behind the tables and charts of the strata page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.statistics.arrays import FloatArray, IntArray
from vfibench.statistics.digits import score_text
from vfibench.strata.bins import FEW
from vfibench.strata.means import bin_means
from vfibench_reports.contents.divisions import LEVEL, Axis, Classify
from vfibench_reports.kit.entries import names
from vfibench_reports.kit.numbers import MISSING, interval_text, metric_column
from vfibench_reports.kit.tables import METHOD, Column, Field, Mark, Table

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """One metric of M methods in B classes, each [M, B]; see `vfibench.strata.means.BinMeans`.

    Attributes:
        fair: [B] whether the means of a class are over the same frames.
    """

    mean: FloatArray
    n: IntArray
    exact: IntArray
    low: FloatArray
    high: FloatArray
    fair: BoolArray


def grids(
    entries: Sequence[BoardEntry], columns: Sequence[str], classify: Classify, count: int
) -> dict[str, Grid]:
    """The figures of each column; methods on the same frames are computed together."""
    shape = (len(columns), len(entries), count)
    made = {name: np.full(shape, np.nan) for name in ("mean", "low", "high")}
    made |= {name: np.zeros(shape, np.int64) for name in ("n", "exact")}
    for places in _alike(entries):
        scores = [entries[place].result.scores for place in places]
        missing = np.full(len(scores[0]), np.nan)
        table = [one.values.get(column, missing) for column in columns for one in scores]
        found = bin_means(np.stack(table, axis=1), scores[0].units, classify(scores[0]), count)
        for name, array in made.items():
            array[:, places] = getattr(found, name).T.reshape(len(columns), len(places), count)
    fair = _fair(entries, columns, classify, count)
    return {
        column: Grid(**{name: array[place] for name, array in made.items()}, fair=fair[place])
        for place, column in enumerate(columns)
    }


def _fair(entries: Sequence[BoardEntry], columns: Sequence[str], classify: Classify, count: int) -> BoolArray:
    """[K, B] whether in a class all that have a column have it of the same frames."""
    every = [entry.result.scores for entry in entries]
    if any(scores.frames != every[0].frames for scores in every):
        return np.zeros((len(columns), count), np.bool_)
    classes, found = classify(every[0]), np.ones((len(columns), count), np.bool_)
    for place, column in enumerate(columns):
        values = np.array([scores.values[column] for scores in every if column in scores.values])
        odd = np.zeros(len(every[0]), np.bool_)
        for state in (np.isfinite(values), np.isposinf(values)):
            odd |= (state != state[:1]).any(axis=0)
        found[place] = ~np.isin(np.arange(count), classes[odd])
    return found


def _alike(entries: Sequence[BoardEntry]) -> list[list[int]]:
    """Places of entries that have scored the same frames, which as a rule are all."""
    found: list[list[int]] = []
    for place, entry in enumerate(entries):
        frames = entry.result.scores.frames
        same = (group for group in found if entries[group[0]].result.scores.frames == frames)
        group = next(same, None)
        if group is None:
            found.append([place])
        else:
            group.append(place)
    return found


def grid_table(board: Board, group: Group, axis: Axis, column: str, grid: Grid, name: str) -> Table:
    """A line per method, a column per class; last the mean over all frames where the classes divide those."""
    metric, divided = metric_column(board, column), axis.key != LEVEL
    head = [METHOD, *(_class_column(axis, place, metric.first) for place in range(len(axis.labels)))]
    if divided:
        head.append(Column("all", "all", tip="mean of all frames", first=metric.first, style="number"))
    marked = class_marks(board, group, axis, column, grid)
    rows = [
        [
            title,
            *(
                _field(column, grid, (line, place), axis, marked[line][place])
                for place in range(len(axis.labels))
            ),
            *([_overall(entry, column)] if divided else []),
        ]
        for line, (entry, title) in enumerate(
            zip(group.entries, names(group.entries, titles=False), strict=True)
        )
    ]
    return Table(name, f"{column} {axis.title}, {group.heading}", head, rows)


def _class_column(axis: Axis, place: int, first: str) -> Column:
    count = axis.counts[place]
    few = ", few" if count < FEW else ""
    return Column(
        axis.keys[place],
        axis.labels[place],
        f"n = {count}{few}",
        f"{count} frames",
        first=first,  # type: ignore[arg-type]
        style="number",
    )


def _field(column: str, grid: Grid, at: tuple[int, int], axis: Axis, mark: Mark) -> Field:
    """A mean with its interval, and what it leaves out."""
    n, exact, mean = int(grid.n[at]), int(grid.exact[at]), float(grid.mean[at])
    if n == 0:
        return Field(f"exact ×{exact}", np.inf, mark=mark) if exact else Field(MISSING, tip="no frame")
    low, high = float(grid.low[at]), float(grid.high[at])
    told = [] if np.isnan(low) else [interval_text(column, (low, high))]
    told += [f"+{exact} exact"] * (exact > 0)
    told += [f"n = {n}"] * (n + exact != axis.counts[at[1]])
    return Field(score_text(column, mean), mean, ", ".join(told), mark, tip=f"mean of {n} frames")


def _overall(entry: BoardEntry, column: str) -> Field:
    summary = entry.scores.get(column)
    if summary is None or summary.mean is None:
        return Field(MISSING)
    return Field(score_text(column, summary.mean), summary.mean, tip=f"mean of {summary.n} frames")


def class_marks(board: Board, group: Group, axis: Axis, column: str, grid: Grid) -> list[list[Mark]]:
    """Best and second of each class, as [M][B].

    Only in ranked groups of two or more, in classes of at least `FEW` frames, and where all means are over
    the same frames; equal as printed is equal.
    """
    marks: list[list[Mark]] = [[""] * len(axis.labels) for _ in group.entries]
    if not group.ranked or len(group.entries) < 2:
        return marks
    for place, count in enumerate(axis.counts):
        known = grid.n[:, place] > 0
        if count < FEW or not grid.fair[place]:
            continue
        values = [
            float(score_text(column, mean)) if there else None
            for mean, there in zip(grid.mean[:, place], known, strict=True)
        ]
        ranked = sorted(
            {value for value in values if value is not None}, reverse=board.better[column] == "higher"
        )
        for line, value in enumerate(values):
            if len(ranked) > 1 and value in ranked[:2]:
                marks[line][place] = "best" if value == ranked[0] else "second"
    return marks


def without_empty(axis: Axis, found: Mapping[str, Grid]) -> tuple[Axis, dict[str, Grid]]:
    """The axis and its figures without classes that no frame is in."""
    kept = [place for place, count in enumerate(axis.counts) if count]

    def chosen(words: Sequence[str]) -> tuple[str, ...]:
        return tuple(words[place] for place in kept)

    fewer = Axis(
        axis.key,
        axis.title,
        axis.quantity,
        chosen(axis.keys),
        chosen(axis.labels),
        chosen(axis.short),
        tuple(axis.places[place] for place in kept),
        tuple(axis.counts[place] for place in kept),
    )
    cut = {
        column: Grid(
            grid.mean[:, kept],
            grid.n[:, kept],
            grid.exact[:, kept],
            grid.low[:, kept],
            grid.high[:, kept],
            grid.fair[kept],
        )
        for column, grid in found.items()
    }
    return fewer, cut
