"""Numbers as papers print them: digits, exact frames, best and second."""

from __future__ import annotations

import math

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.leaderboards.ranking import unfair
from vfibench.statistics.digits import score_text
from vfibench.statistics.summaries import Summary
from vfibench_reports.kit.tables import Column, Field, Mark

MISSING = "–"


def metric_column(board: Board, column: str) -> Column:
    """The heading of a metric: "PSNR", below it "dB ↑"."""
    name, _, definition = column.partition("@")
    higher = board.better[column] == "higher"
    arrow = "↑" if higher else "↓"
    unit = "dB " if name == "psnr" else ""
    return Column(
        key=column,
        label=name,
        detail=f"{'@' + definition + ' ' if definition else ''}{unit}{arrow}",
        tip=f"{board.titles[column]}; {board.better[column]} is better",
        first="descending" if higher else "ascending",
        style="number",
        upper=True,
    )


def score_field(entry: BoardEntry, column: str, mark: Mark = "") -> Field:
    """The mean of one column, its 95% interval, and what was left out of it."""
    summary = entry.scores.get(column)
    if summary is None:
        return Field(MISSING, tip=entry.result.entry.unavailable.get(column, "not measured"))
    return summary_field(column, summary, mark, entry.intervals.get(column))


def summary_field(
    column: str, summary: Summary, mark: Mark = "", interval: tuple[float, float] | None = None
) -> Field:
    """A mean, its interval where there is one, and what was left out of it."""
    left_out = [interval_text(column, interval)] if interval else []
    left_out += [f"+{summary.exact} exact"] * (summary.exact > 0)
    left_out += [f"{summary.undefined} undefined"] * (summary.undefined > 0)
    tip = f"mean of {summary.n} frames"
    if summary.mean is None:
        if summary.exact:
            return Field(f"exact ×{summary.exact}", math.inf, mark=mark, tip="every frame equals its target")
        return Field(MISSING, detail=" ".join(left_out), tip="no frame has a score")
    return Field(score_text(column, summary.mean), summary.mean, ", ".join(left_out), mark, tip=tip)


def interval_text(column: str, interval: tuple[float, float]) -> str:
    """Both ends with the digits of the mean: "34.102–34.518"."""
    return "–".join(score_text(column, end) for end in interval)


def marks(board: Board, group: Group, column: str) -> list[Mark]:
    """Best and second of a ranked group of two or more; equal as printed is equal.

    None where the means leave out different frames: an undefined or exact frame is no merit.
    """
    values = [_comparable(column, entry.scores.get(column)) for entry in group.entries]
    found = sorted({value for value in values if value is not None}, reverse=board.better[column] == "higher")
    if not group.ranked or len(found) < 2 or unfair([entry.result for entry in group.entries], column):
        return [""] * len(values)
    return ["best" if value == found[0] else "second" if value == found[1] else "" for value in values]


def _comparable(column: str, summary: Summary | None) -> float | None:
    if summary is None:
        return None
    if summary.mean is None:
        return math.inf if summary.exact else None
    return float(score_text(column, summary.mean))


def quantity(value: float | None) -> Field:
    """A measured quantity with about three digits: speeds, times, memory."""
    if value is None:
        return Field(MISSING)
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    text = f"{value:,.{digits}f}" if value >= 0.1 else f"{value:.2g}"
    return Field(text.replace(",", " "), value)  # a narrow no-break space
