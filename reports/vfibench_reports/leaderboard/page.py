"""Leaderboards: one self-contained page a (dataset, protocol)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from vfibench.contracts import PageOptions
from vfibench.leaderboards.grouping import Board, BoardEntry, Group, boards
from vfibench.statistics.bootstrap import DRAWS
from vfibench.statistics.digits import kind, score_text
from vfibench.store.result import CellResult
from vfibench_reports.contents.comparisons import held_names
from vfibench_reports.contents.relatives import Relative, relatives
from vfibench_reports.kit.board_parts import main_columns, tagged
from vfibench_reports.kit.entries import (
    frames,
    hardware,
    names,
    parameters,
    shared_facts,
    text_field,
    weights,
)
from vfibench_reports.kit.method_tables import PARAMETERS, Figure, method_table, speed_table
from vfibench_reports.kit.numbers import MISSING, marks, metric_column, quantity, score_field
from vfibench_reports.kit.origins import origins
from vfibench_reports.kit.published import published_table
from vfibench_reports.kit.site import file_url, page_name, render, write_page
from vfibench_reports.kit.tables import METHOD, Column, Field, Table
from vfibench_reports.leaderboard.levels import level_table


class LeaderboardPage:
    """The page plugin; see `vfibench.contracts.Page`."""

    def __init__(self, options: PageOptions | None = None) -> None:
        self.options = options or PageOptions()

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write a page per (dataset, protocol) into `out`; (title, file name) of each."""
        pages, compared = [], held_names(results)
        for board in boards(results):
            name = page_name("leaderboard", board.dataset, board.protocol)
            related = relatives(results, board.dataset, board.protocol, self.options, but="leaderboard")
            write_page(out, name, render_board(board, related, compared, self.options))
            pages.append((f"{board.dataset}, protocol {board.protocol}", name))
        return pages


@dataclass(frozen=True)
class GroupView:
    """A group as the template shows it: heading, a line of shared facts, its tables.

    Attributes:
        levels: means over clips and at each time, where they tell more than `scores`.
        pair: names of the first two, and the address that compares them; None where there are none.
        units: what the intervals draw again, "clips" or "samples".
        no_interval: why there is no interval, "" where there is one.
    """

    heading: str
    ranked: bool
    shared: str
    scores: Table
    levels: Table | None
    definitions: tuple[Table, ...]
    pair: tuple[str, str, str] | None
    units: str
    no_interval: str


def render_board(
    board: Board, related: Sequence[Relative], compared: Mapping[int, str], options: PageOptions
) -> str:
    """The page of one board as HTML.

    Args:
        board: what it is about.
        related: the other pages of the same scores.
        compared: names on the comparison page, as `held_names` gives them.
        options: what else is in the site.
    """
    entries = [entry for group in board.groups for entry in group.entries]
    return render(
        "leaderboard.html",
        options=options,
        board=board,
        facts=entries[0].result.cell.facts,
        columns=main_columns(board),
        groups=[
            group_view(board, group, tag, _pair(group, related, compared)) for group, tag in tagged(board)
        ],
        related=related,
        draws=DRAWS,
        speed=speed_table(entries),
        methods=method_table(entries),
        published=published_table(entries),
        origins=origins(board),
    )


def group_view(board: Board, group: Group, tag: str, pair: tuple[str, str, str] | None) -> GroupView:
    """A group's own tables; `pair` as `GroupView` has it."""
    return GroupView(
        heading=group.heading,
        ranked=group.ranked,
        shared=shared_facts(group),
        scores=score_table(board, group, f"scores-{tag}"),
        levels=level_table(board, group, main_columns(board), f"levels-{tag}"),
        definitions=definition_tables(board, group, tag),
        pair=pair,
        units="clips" if group.entries[0].result.scores.of_clips else "samples",
        no_interval=group.no_interval,
    )


def _pair(
    group: Group, related: Sequence[Relative], compared: Mapping[int, str]
) -> tuple[str, str, str] | None:
    """The first two of a group, as the comparison page calls them, and the address of their comparison."""
    page = next((one.name for one in related if one.kind == "compare"), None)
    names = [compared[id(entry.result)] for entry in group.entries[:2] if id(entry.result) in compared]
    if len(names) < 2 or page is None:
        return None
    first, second = names
    state = urlencode({"a": first, "b": second}, quote_via=quote)
    return first, second, f"{file_url(page)}#{state}"


def score_table(board: Board, group: Group, name: str) -> Table:
    """The leaderboard itself: rank, method, n, scores, speed, and what the method is and has seen."""
    shown = main_columns(board)
    marked = {column: marks(board, group, column) for column in shown}
    columns = [METHOD, Column("n", "n", tip="frames with a score", first="descending", style="number")]
    columns += [metric_column(board, column) for column in shown]
    columns += [column for column, _ in FACTS]
    rows = [
        [
            title,
            frames(entry),
            *(score_field(entry, column, marked[column][place]) for column in shown),
            *(get(entry) for _, get in FACTS),
        ]
        for place, (entry, title) in enumerate(zip(group.entries, names(group.entries), strict=True))
    ]
    if group.ranked:
        tip = f"1 + the number of methods whose {board.columns[0]} is significantly better"
        columns.insert(0, Column("rank", "#", tip=tip, style="number"))
        rows = [[Field(str(e.rank), e.rank), *row] for e, row in zip(group.entries, rows, strict=True)]
    else:
        columns.append(Column("note", "why not ranked"))
        rows = [[*row, text_field(e.note)] for e, row in zip(group.entries, rows, strict=True)]
    return Table(name, f"Scores, {group.heading}", columns, rows, tools=True)


def _speed(entry: BoardEntry) -> Field:
    return quantity(entry.speed.frames_per_s if entry.speed else None)


def _hardware(entry: BoardEntry) -> Field:
    """What was timed on; nothing where nothing was."""
    return hardware(entry) if entry.speed else Field(MISSING)


def _memory(entry: BoardEntry) -> Field:
    return quantity(entry.speed.peak_mb if entry.speed else None)


def _inputs(entry: BoardEntry) -> Field:
    count = entry.result.cell.settings.inputs
    return Field(str(count), count)


def _training(entry: BoardEntry) -> Field:
    """The gist; the whole text is in the table of methods."""
    told = entry.result.cell.facts.method.training_data
    gist = re.split(r"[:;(]", told)[0].strip()
    return Field(gist or MISSING, tip=told if told != gist else "")


FACTS: tuple[Figure, ...] = (
    (
        Column(
            "fps",
            "frames/s",
            tip="output frames a second, the network alone",
            first="descending",
            style="number",
        ),
        _speed,
    ),
    (Column("memory", "memory", "peak MiB", style="number"), _memory),
    (
        Column("inputs", "inputs", tip="input frames of a sample, all the method may use", style="number"),
        _inputs,
    ),
    (PARAMETERS, parameters),
    (Column("training", "training data"), _training),
    (Column("weights", "weights", style="code"), weights),
    (Column("hardware", "hardware", tip="of frames/s and memory"), _hardware),
)
"""What the score table tells of a method beside its scores."""


def definition_tables(board: Board, group: Group, tag: str) -> tuple[Table, ...]:
    """Where there are too many columns: a table per metric, a definition per line, a method per column."""
    rest = set(board.columns) - set(main_columns(board))
    kinds = list(dict.fromkeys(kind(column) for column in board.columns if column in rest))
    return tuple(_definition_table(board, group, name, f"{name}-{tag}") for name in kinds)


def _definition_table(board: Board, group: Group, metric: str, name: str) -> Table:
    columns = [column for column in board.columns if kind(column) == metric]
    first = metric_column(board, columns[0]).first
    methods = [
        Column(f"m{place}", title.text, title.detail, first=first, style="number")
        for place, title in enumerate(names(group.entries, titles=False), 1)
    ]
    head = [Column("definition", f"{metric} under", style="head"), *methods]
    rows = [_definition_row(board, group, column) for column in columns]
    foot = [Field("spread, one prediction"), *(_spread(entry, columns) for entry in group.entries)]
    return Table(name, f"{metric} under every definition, {group.heading}", head, rows, foot)


def _definition_row(board: Board, group: Group, column: str) -> list[Field]:
    found = zip(group.entries, marks(board, group, column), strict=True)
    return [
        Field(column, detail=board.titles[column]),
        *(score_field(entry, column, mark) for entry, mark in found),
    ]


def _spread(entry: BoardEntry, columns: Sequence[str]) -> Field:
    """Highest minus lowest mean of one prediction over the definitions."""
    summaries = (entry.scores.get(column) for column in columns)
    means = [summary.mean for summary in summaries if summary is not None and summary.mean is not None]
    return Field(score_text(columns[0], max(means) - min(means)) if len(means) > 1 else MISSING)
