"""The scores of one frame in words and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vfibench.statistics.arrays import Frame
from vfibench.statistics.digits import kind, score_text
from vfibench.store.entry import StoredColumn
from vfibench_reports.contents.picking import Contender, Contest, Pick
from vfibench_reports.kit.entries import method_link
from vfibench_reports.kit.numbers import MISSING
from vfibench_reports.kit.tables import METHOD, Column, Field, Table

INPUTS = Column("inputs", "inputs", tip="input frames of a sample, all the method may use", style="number")
WIDE = 12  # columns of the table; beyond, only plain ones and those of the definition that ranks


def heading(column: str) -> str:
    """A column's name as papers print it: "PSNR", "SSIM@rife".

    Example:
        >>> heading("ssim@rife")
        'SSIM@rife'
    """
    name, at, definition = column.partition("@")
    return name.upper() + at + definition


def caption(column: str, value: float) -> str:
    """A score with its unit: "31.275 dB", "0.9056", "exact" for an infinite PSNR, a dash for none."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "exact"
    return score_text(column, value) + (" dB" if kind(column) == "psnr" else "")


def caption_columns(contest: Contest) -> list[str]:
    """PSNR and SSIM under the definition that puts methods into an order; else that column alone."""
    definition = contest.column.partition("@")[2]
    columns = [
        name
        for name in all_columns(contest)
        if kind(name) in {"psnr", "ssim"} and name.partition("@")[2] == definition
    ]
    return columns[:2] or [contest.column]


def all_columns(contest: Contest) -> list[str]:
    """Every stored column, the deciding one first."""
    stored = [name for contender in contest.contenders for name in contender.result.columns]
    return list(dict.fromkeys([contest.column, *stored]))


def frame_score(contender: Contender, frame: Frame, column: str) -> float:
    """A stored score: infinite where a PSNR is exact, NaN where there is none."""
    values, place = contender.result.scores.values, contender.places.get(frame)
    return math.nan if column not in values or place is None else float(values[column][place])


def figures(contender: Contender, frame: Frame, columns: Sequence[str]) -> tuple[str, ...]:
    """A frame's scores for its caption."""
    return tuple(caption(column, frame_score(contender, frame, column)) for column in columns)


def score_table(contest: Contest, pick: Pick) -> Table:
    """All methods' scores of this frame, whether or not their pictures are shown.

    The best is marked among methods that were given equally many input frames.
    """
    columns = all_columns(contest)
    if len(columns) > WIDE:
        definition = contest.column.partition("@")[2]
        columns = [name for name in columns if name.partition("@")[2] in {"", definition}]
    facts = {
        name: fact for contender in contest.contenders for name, fact in contender.result.columns.items()
    }
    table = [
        [frame_score(contender, pick.frame, column) for column in columns] for contender in contest.contenders
    ]
    lines = list(zip(contest.contenders, table, strict=True))
    best = {
        inputs: [
            _best([row[place] for one, row in lines if one.inputs == inputs], facts[column].better)
            for place, column in enumerate(columns)
        ]
        for inputs in contest.inputs
    }
    rows = [
        [
            Field(contender.name, link=method_link(contender.result.cell.label)),
            Field(str(contender.inputs), contender.inputs),
            *(_field(*triple) for triple in zip(columns, scores, best[contender.inputs], strict=True)),
        ]
        for contender, scores in lines
    ]
    heads = [_column(column, facts[column]) for column in columns]
    return Table("scores", "Scores of this frame", [METHOD, INPUTS, *heads], rows)


def _column(column: str, fact: StoredColumn) -> Column:
    higher = fact.better == "higher"
    name, at, definition = column.partition("@")
    return Column(
        key=column,
        label=name,
        detail=f"{at}{definition} {'dB ' if name == 'psnr' else ''}{'↑' if higher else '↓'}".strip(),
        tip=f"{fact.title}; {fact.better} is better",
        first="descending" if higher else "ascending",
        style="number",
        upper=True,
    )


def _best(values: Sequence[float], better: str) -> float:
    """The best of several, NaN where there are fewer than two."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return math.nan
    return max(known) if better == "higher" else min(known)


def _field(column: str, value: float, best: float) -> Field:
    if math.isnan(value):
        return Field(MISSING)
    text = "exact" if math.isinf(value) else score_text(column, value)
    return Field(text, value, mark="best" if value == best else "")
