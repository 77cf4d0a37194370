"""All entries as one CSV table at full precision, without marks, for pandas and spreadsheets."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Sequence
from typing import Any

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench_reports.kit.entries import hardware

Row = dict[str, object]
MARKS = ("", " low", " high", " exact", " undefined")
"""What may follow the name of a metric in a heading."""


def csv_text(found: Sequence[Board], intervals: bool) -> str:
    """A line per entry, best first in each group; a column per metric, empty where it was not measured.

    A mean is written with every digit it has; "inf" is the mean of a cell whose every frame is exact. Frames
    that a mean leaves out are counted in "METRIC exact" and "METRIC undefined", where there are any;
    `intervals` adds "METRIC low" and "METRIC high".
    """
    entries = [(board, group, entry) for board in found for group in board.groups for entry in group.entries]
    metrics = list(dict.fromkeys(column for board in found for column in board.columns))
    rows = [_facts(*one) | _scores(one[2], metrics, intervals) for one in entries]
    rows = [{name: in_one_line(value) for name, value in row.items()} for row in rows]
    text = io.StringIO()
    there = dict.fromkeys(name for row in rows for name in row)
    scores = [f"{metric}{mark}" for metric in metrics for mark in MARKS]
    order = [name for name in there if name not in scores] + [name for name in scores if name in there]
    writer = csv.DictWriter(text, order, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def in_one_line(value: Any) -> Any:
    r"""Text with a blank for each control character and end of a line; anything else as it is.

    >>> in_one_line("a\rb\n\x07c"), in_one_line("=1"), in_one_line(0.5)
    ('a b  c', '=1', 0.5)
    """
    if not isinstance(value, str):
        return value
    return "".join(" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in value)


def _facts(board: Board, group: Group, entry: BoardEntry) -> Row:
    """What stands before the scores."""
    cell, counts, speed = entry.result.cell, entry.result.counts, entry.speed
    return {
        "dataset": board.dataset,
        "protocol": board.protocol,
        "group": group.heading,
        "rank": entry.rank,
        "method": entry.label,
        "inputs": cell.settings.inputs,
        "n": counts.ok,
        "planned": counts.planned,
        "note": entry.note,
        "weights": entry.result.cell.facts.method.weights or "",
        "weights_sha256": cell.settings.weights_sha256,
        "list_sha256": cell.settings.list_sha256,
        "frames_per_s": speed.frames_per_s if speed else None,
        "peak_mib": speed.peak_mb if speed else None,
        "hardware": hardware(entry).text,
    }


def _scores(entry: BoardEntry, metrics: Sequence[str], intervals: bool) -> Row:
    """Means by metric, their intervals, and what they leave out."""
    row: Row = {}
    for metric in metrics:
        summary = entry.scores.get(metric)
        row[metric] = None
        if summary is None:
            continue
        row[metric] = math.inf if summary.mean is None and summary.exact else summary.mean
        if intervals:
            row[f"{metric} low"], row[f"{metric} high"] = entry.intervals.get(metric) or (None, None)
        if summary.exact:
            row[f"{metric} exact"] = summary.exact
        if summary.undefined:
            row[f"{metric} undefined"] = summary.undefined
    return row
