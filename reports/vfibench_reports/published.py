"""Published scores beside measured ones, as a table of the leaderboard page."""

from __future__ import annotations

from collections.abc import Sequence

from vfibench.leaderboards import Entry, score_text
from vfibench.published import Beside, beside
from vfibench_reports.figures import MISSING
from vfibench_reports.tables import METHOD, Column, Field, Table

COLUMNS = (
    METHOD,
    Column("metric", "metric", tip="under the definition its publication used"),
    Column("published", "published", style="number"),
    Column("measured", "measured", tip="here, under the same rule and on the same samples", style="number"),
    Column("difference", "difference", tip="measured minus published", style="number"),
    Column("source", "source"),
)


def published_table(entries: Sequence[Entry]) -> Table | None:
    """A row a published score of a method here; None where nothing is published."""
    rows = [_row(entry, found) for entry in entries for found in beside(entry.result)]
    return Table("published", "Published scores beside measured ones", COLUMNS, rows) if rows else None


def _row(entry: Entry, found: Beside) -> list[Field]:
    score = found.score
    if found.measured is None:
        measured, gap = Field("not comparable", detail=found.why), Field(MISSING)
    else:
        measured = Field(score_text(found.column, found.measured), found.measured)
        gap = Field(found.difference_text, found.difference)
    return [
        Field(entry.label),
        Field(found.column),
        Field(f"{score.value:g}", score.value),
        measured,
        gap,
        Field(score.source),
    ]
