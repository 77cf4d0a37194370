"""Published scores beside measured ones and the verdict on each, as tables of pages."""

from __future__ import annotations

from collections.abc import Sequence

from vfibench.contracts import PublishedScore
from vfibench.leaderboards.grouping import BoardEntry
from vfibench.published.beside import Beside, beside, published_text, tolerance_text
from vfibench.statistics.digits import score_text
from vfibench_reports.kit.numbers import MISSING
from vfibench_reports.kit.tables import METHOD, Column, Field, Table

COLUMNS = (
    Column("metric", "metric", tip="under the definition its publication used"),
    Column("published", "published", style="number"),
    Column("measured", "measured", tip="here, under the same rule and on the same samples", style="number"),
    Column("difference", "difference", tip="measured minus published", style="number"),
    Column(
        "tolerance",
        "tolerance",
        tip="half of the last printed digit, plus what the metric may differ by between machines",
        style="number",
    ),
    Column("verdict", "verdict", tip="reproduced where the difference is within the tolerance"),
    Column("source", "source"),
)
DATASET = Column("dataset", "dataset", style="head")
UNDER = Column("under", "measured under", tip="protocol of the result that was taken")


def published_table(entries: Sequence[BoardEntry]) -> Table | None:
    """A row a published score of a method here; None where nothing is published."""
    rows = [[Field(entry.label), *_fields(found)] for entry in entries for found in beside(entry.result)]
    columns = [METHOD, *COLUMNS]
    return Table("published", "Published scores beside measured ones", columns, rows) if rows else None


def verdict_table(entries: Sequence[BoardEntry]) -> Table | None:
    """A row a published score of one method, from the result that may be compared with it.

    Where several may, it is the one of the protocol that the score was made with, else the first.
    """
    rows = [
        [Field(entry.result.cell.dataset), *_fields(found), _under(entry, found)]
        for entry, found in nearest(entries)
    ]
    columns = [DATASET, *COLUMNS, UNDER]
    return Table("published", "Published against measured", columns, rows) if rows else None


def nearest(entries: Sequence[BoardEntry]) -> list[tuple[BoardEntry, Beside]]:
    """Each published score once, with the entry that comes nearest to how it was made."""
    found: dict[tuple[str, PublishedScore], list[tuple[BoardEntry, Beside]]] = {}
    for entry in entries:
        for each in beside(entry.result):
            found.setdefault((entry.result.cell.dataset, each.score), []).append((entry, each))
    return [min(pairs, key=_distance) for pairs in found.values()]


def _distance(pair: tuple[BoardEntry, Beside]) -> tuple[bool, bool]:
    entry, found = pair
    return found.measured is None, entry.result.cell.protocol != found.score.protocol


def _under(entry: BoardEntry, found: Beside) -> Field:
    return Field(MISSING if found.measured is None else f"protocol {entry.result.cell.protocol}")


def _fields(found: Beside) -> list[Field]:
    """The fields of `COLUMNS`."""
    score = found.score
    measured, gap = Field(MISSING), Field(MISSING)
    if found.measured is not None:
        measured = Field(score_text(found.column, found.measured), found.measured)
        gap = Field(found.difference_text, found.difference)
    return [
        Field(found.column),
        Field(published_text(score), score.value),
        measured,
        gap,
        Field(f"±{tolerance_text(score)}", found.tolerance),
        Field(found.verdict, detail=found.why, mark="" if found.measured is not None else "aside"),
        Field(score.source),
    ]
