"""Strata: scores by motion, by occlusion, by SNU-FILM level and by time; one page per (dataset, protocol)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfibench.contracts import PageOptions
from vfibench.errors import VfibenchError, one_line
from vfibench.leaderboards.grouping import Board, Group, boards
from vfibench.statistics.bootstrap import DRAWS, LEAST_UNITS
from vfibench.store.result import CellResult
from vfibench.strata import facts_of
from vfibench.strata.bins import FEW
from vfibench_reports.contents.divisions import Axis, Classify, axes, level_groups
from vfibench_reports.contents.relatives import Relative, relatives
from vfibench_reports.kit.board_parts import main_columns, tagged
from vfibench_reports.kit.entries import names, shared_facts
from vfibench_reports.kit.numbers import metric_column
from vfibench_reports.kit.site import page_name, render, write_page
from vfibench_reports.kit.tables import Table
from vfibench_reports.strata.chart import LINES, Chart, Plot, chart
from vfibench_reports.strata.grid import Grid, grid_table, grids, without_empty
from vfibench_reports.strata.levels import level_axis, level_grid

CHARTS = 6
"""Metrics that are drawn; all have tables."""


class StrataPage:
    """The page plugin; see `vfibench.contracts.Page`."""

    def __init__(self, options: PageOptions | None = None) -> None:
        self.options = options or PageOptions()

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write a page per (dataset, protocol) whose frames can be divided; (title, file name) of each."""
        pages = []
        every = boards(results)
        for board in every:
            related = relatives(results, board.dataset, board.protocol, self.options, but="strata")
            try:
                html = render_strata(board, every, related, self.options)
            except VfibenchError as error:  # a damaged file of facts: no other board is to suffer
                told = f"warning: the strata page of {board.dataset}, {board.protocol} was left out: {error}"
                print(one_line(told), file=sys.stderr)
                continue
            if html:
                name = page_name("strata", board.dataset, board.protocol)
                write_page(out, name, html)
                pages.append((f"{board.dataset}, protocol {board.protocol}", name))
        return pages


@dataclass(frozen=True)
class Stratum:
    """Scores by one quantity.

    Attributes:
        axis: the classes.
        charts: of the first metrics.
        table: of the ranking metric; `others` are of the rest.
        left_out: frames of which the quantity is not known.
    """

    axis: Axis
    charts: tuple[Chart, ...]
    table: Table
    others: tuple[Table, ...]
    left_out: int


@dataclass(frozen=True)
class GroupStrata:
    """A group of a board with its strata.

    Attributes:
        how: where motion and occlusion come from, "" where they are not known.
        drawn: methods in the charts, of `methods`.
    """

    heading: str
    ranked: bool
    shared: str
    how: str
    strata: tuple[Stratum, ...]
    drawn: int
    methods: int
    units: str


def render_strata(
    board: Board, every: Sequence[Board], related: Sequence[Relative], options: PageOptions
) -> str:
    """The page of one board as HTML, "" where its frames cannot be divided.

    Raises:
        VfibenchError: a file of facts is damaged; it is named.
    """
    groups = [group_strata(board, group, tag, every) for group, tag in tagged(board)]
    if not any(group.strata for group in groups):
        return ""
    first = board.groups[0].entries[0].result
    return render(
        "strata.html",
        options=options,
        board=board,
        facts=first.cell.facts,
        groups=[group for group in groups if group.strata],
        known=any(group.how for group in groups),
        draws=DRAWS,
        few=FEW,
        least=LEAST_UNITS,
        related=related,
    )


def group_strata(board: Board, group: Group, tag: str, every: Sequence[Board]) -> GroupStrata:
    """What a group's frames can be divided by."""
    facts = facts_of([entry.result for entry in group.entries])
    found = [divided(board, group, axis, classify, tag) for axis, classify in axes(group, facts)]
    if levels := level_groups(board, every, group):
        columns = main_columns(board)
        figures = {column: level_grid(group, levels, column) for column in columns}
        found.insert(0, stratum(board, group, level_axis(levels), figures, tag, 0))
    return GroupStrata(
        heading=group.heading,
        ranked=group.ranked,
        shared=shared_facts(group),
        how=facts.how if facts else "",
        strata=tuple(one for one in found if one is not None),
        drawn=min(LINES, len(group.entries)),
        methods=len(group.entries),
        units="clips" if group.entries[0].result.scores.of_clips else "samples",
    )


def divided(board: Board, group: Group, axis: Axis, classify: Classify, tag: str) -> Stratum | None:
    """A group's scores by one quantity; None where it is known of no frame."""
    if not sum(axis.counts):
        return None
    frames = max(len(entry.result.scores) for entry in group.entries)
    figures = grids(group.entries, main_columns(board), classify, len(axis.labels))
    kept, figures = without_empty(axis, figures)
    return stratum(board, group, kept, figures, tag, frames - sum(axis.counts))


def stratum(
    board: Board, group: Group, axis: Axis, figures: dict[str, Grid], tag: str, left_out: int
) -> Stratum:
    """Charts and tables of figures by class."""
    tables = [
        grid_table(board, group, axis, column, grid, f"{axis.key}-{column}-{tag}")
        for column, grid in figures.items()
    ]
    return Stratum(axis, _charts(board, group, axis, figures), tables[0], tuple(tables[1:]), left_out)


def _charts(board: Board, group: Group, axis: Axis, figures: dict[str, Grid]) -> tuple[Chart, ...]:
    fields = names(group.entries, titles=False)
    shown = [f"{field.text} ({field.detail})" if field.detail else field.text for field in fields]
    made = []
    for column, grid in list(figures.items())[:CHARTS]:
        metric = metric_column(board, column)
        plot = Plot(
            column, metric.label, metric.detail, axis.quantity, axis.short, axis.places, shown, grid.mean
        )
        made.append(chart(plot))
    return tuple(one for one in made if one is not None)
