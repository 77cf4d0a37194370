"""Leaderboards: one self-contained page a (dataset, protocol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfibench.leaderboards import Board, Entry, Group, boards, kind, score_text
from vfibench.store import CellResult
from vfibench_reports.entries import fact, frames, names, shared_facts, text_field, weights
from vfibench_reports.figures import MISSING, marks, metric_column, quantity, score_field
from vfibench_reports.levels import level_table
from vfibench_reports.methods import method_table, speed_table
from vfibench_reports.origins import origins
from vfibench_reports.published import published_table
from vfibench_reports.site import page_name, render, write_page
from vfibench_reports.tables import METHOD, Column, Field, Table

WIDE = 12  # metric columns side by side up to here; beyond, other definitions get tables of their own


class LeaderboardPage:
    """The page plugin; see `vfibench.contracts.Page`."""

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write a page a (dataset, protocol) into `out`; (title, file name) of each."""
        pages = []
        for board in boards(results):
            name = page_name("leaderboard", board.dataset, board.protocol)
            write_page(out, name, render_board(board))
            pages.append((f"{board.dataset}, protocol {board.protocol}", name))
        return pages


@dataclass(frozen=True)
class GroupView:
    """A group as the template shows it: heading, a line of shared facts, its tables.

    Attributes:
        levels: means over clips and at each time, where they tell more than `scores`.
    """

    heading: str
    ranked: bool
    shared: str
    scores: Table
    levels: Table | None
    definitions: tuple[Table, ...]


def render_board(board: Board) -> str:
    """The page of one board as HTML."""
    entries = [entry for group in board.groups for entry in group.entries]
    return render(
        "leaderboard.html",
        board=board,
        facts=lambda room, name: fact(entries[0].result, room, name),
        columns=main_columns(board),
        groups=[group_view(board, group, tag) for group, tag in zip(board.groups, _tags(board), strict=True)],
        speed=speed_table(entries),
        methods=method_table(entries),
        published=published_table(entries),
        origins=origins(board),
    )


def group_view(board: Board, group: Group, tag: str) -> GroupView:
    """A group's own tables."""
    return GroupView(
        heading=group.heading,
        ranked=group.ranked,
        shared=shared_facts(group),
        scores=score_table(board, group, f"scores-{tag}"),
        levels=level_table(board, group, main_columns(board), f"levels-{tag}"),
        definitions=definition_tables(board, group, tag),
    )


def main_columns(board: Board) -> list[str]:
    """Columns of the score table: all, or the plain ones and those of the definition that ranks."""
    if len(board.columns) <= WIDE:
        return list(board.columns)
    ranking = board.columns[0].partition("@")[2]
    return [column for column in board.columns if column.partition("@")[2] in {"", ranking}]


def _tags(board: Board) -> list[str]:
    """A short unique word a group, for the URL: "2", "4", "2-apart", "2-apart-b"."""
    tags: list[str] = []
    for group in board.groups:
        inputs = group.entries[0].result.cell.settings["inputs"]
        tag = f"{inputs}" if group.ranked else f"{inputs}-apart"
        same = sum(other == tag or other.startswith(f"{tag}.") for other in tags)
        tags.append(f"{tag}.{same + 1}" if same else tag)
    return tags


def score_table(board: Board, group: Group, name: str) -> Table:
    """The leaderboard itself: rank, method, n, scores, frames/s, input frames, weights."""
    shown = main_columns(board)
    marked = {column: marks(board, group, column) for column in shown}
    columns = [METHOD, Column("n", "n", tip="frames with a score", first="descending", style="number")]
    columns += [metric_column(board, column) for column in shown]
    columns += [
        Column(
            "fps",
            "frames/s",
            tip="output frames a second, the network alone",
            first="descending",
            style="number",
        ),
        Column("inputs", "inputs", tip="input frames of a sample, all the method may use", style="number"),
        Column("weights", "weights", style="code"),
    ]
    rows = [
        [
            title,
            frames(entry),
            *(score_field(entry, column, marked[column][place]) for column in shown),
            quantity(entry.speed.frames_per_s if entry.speed else None),
            Field(str(entry.result.cell.settings["inputs"]), entry.result.cell.settings["inputs"]),
            weights(entry),
        ]
        for place, (entry, title) in enumerate(zip(group.entries, names(group.entries), strict=True))
    ]
    if group.ranked:
        columns.insert(0, Column("rank", "#", tip=f"by {board.columns[0]}", style="number"))
        rows = [[Field(str(e.rank), e.rank), *row] for e, row in zip(group.entries, rows, strict=True)]
    else:
        columns.append(Column("note", "why not ranked"))
        rows = [[*row, text_field(e.note)] for e, row in zip(group.entries, rows, strict=True)]
    return Table(name, f"Scores, {group.heading}", columns, rows)


def definition_tables(board: Board, group: Group, tag: str) -> tuple[Table, ...]:
    """Where there are too many columns: a table a metric, a definition a line, a method a column."""
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


def _spread(entry: Entry, columns: Sequence[str]) -> Field:
    """Highest minus lowest mean of one prediction over the definitions."""
    summaries = (entry.scores.get(column) for column in columns)
    means = [summary.mean for summary in summaries if summary is not None and summary.mean is not None]
    return Field(score_text(columns[0], max(means) - min(means)) if len(means) > 1 else MISSING)
