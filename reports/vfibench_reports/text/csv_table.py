"""All entries as one CSV table at full precision, without marks, for pandas and spreadsheets."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Sequence

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench_reports.kit.entries import hardware

Row = dict[str, object]
FORMULA = ("=", "+", "-", "@")
CONTROLS = {"Cc", "Zl", "Zp"}
"""Categories of Unicode: controls, ends of lines and of paragraphs."""
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
    text = io.StringIO()
    there = dict.fromkeys(name for row in rows for name in row)
    scores = [f"{metric}{mark}" for metric in metrics for mark in MARKS]
    order = [name for name in there if name not in scores] + [name for name in scores if name in there]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless, order))
    writer.writerows([harmless(row.get(name)) for name in order] for row in rows)
    return text.getvalue()


def harmless(value: object) -> object:
    r"""Text in one line that no spreadsheet takes for a formula; a number as it is.

    A blank stands for each control character and end of a line, and an apostrophe before what begins with
    `=`, `+`, `-` or `@`: spreadsheets show it as text, and would run it without.

    >>> harmless("a\rb\n\x07c"), harmless("=1+1"), harmless("\t@SUM(A1)"), harmless(-0.5)
    ('a b  c', "'=1+1", "' @SUM(A1)", -0.5)
    """
    if not isinstance(value, str):
        return value
    plain = "".join(" " if unicodedata.category(letter) in CONTROLS else letter for letter in value)
    return f"'{plain}" if plain.lstrip().startswith(FORMULA) else plain


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
