"""Tables as papers print them, as data: what Markdown and LaTeX draw."""

from __future__ import annotations

from dataclasses import dataclass

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.statistics.bootstrap import DRAWS
from vfibench_reports.kit.board_parts import main_columns, tagged
from vfibench_reports.kit.entries import names, shared_facts
from vfibench_reports.kit.numbers import MISSING, interval_text, marks, summary_field
from vfibench_reports.kit.site import page_name
from vfibench_reports.kit.tables import Mark


@dataclass(frozen=True)
class Part:
    """A cell of a table: its text, a mark that belongs to the text alone, and small words after it."""

    text: str
    mark: Mark = ""
    detail: str = ""


@dataclass(frozen=True)
class PaperTable:
    """A table in print.

    Attributes:
        label: of letters, digits, dots and hyphens, the same in every report.
        caption: what is measured, how, on what, and what the marks mean.
        head: headings.
        numbers: whether each column holds figures.
        rows: of as many cells as there are headings.
    """

    label: str
    caption: str
    head: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[Part, ...], ...]


def paper_tables(board: Board, intervals: bool) -> list[PaperTable]:
    """A table per group of comparable entries, in the order of the leaderboard."""
    return [_table(board, group, tag, intervals) for group, tag in tagged(board)]


def _table(board: Board, group: Group, tag: str, intervals: bool) -> PaperTable:
    shown = main_columns(board)
    marked = {column: marks(board, group, column) for column in shown}
    rows = [
        (
            Part(name.text, detail=f"({name.detail})" if name.detail else ""),
            Part(str(entry.result.cell.settings.inputs)),
            Part(_frames(entry)),
            *(_score(entry, column, marked[column][place], intervals) for column in shown),
            *([] if group.ranked else [Part(entry.note or MISSING)]),
        )
        for place, (entry, name) in enumerate(
            zip(group.entries, names(group.entries, titles=False), strict=True)
        )
    ]
    notes = [] if group.ranked else ["Why not ranked"]
    return PaperTable(
        label=page_name("table", board.dataset, board.protocol).removesuffix(".html") + f".{tag}",
        caption=_caption(board, group, shown, intervals),
        head=("Method", "Inputs", "n", *(_heading(board, column) for column in shown), *notes),
        numbers=(False, True, True, *(True for _ in shown), *(False for _ in notes)),
        rows=tuple(rows),
    )


def _frames(entry: BoardEntry) -> str:
    """Frames with a score, of those planned where some have none."""
    counts = entry.result.counts
    return f"{counts.ok}" if counts.ok == counts.planned else f"{counts.ok}/{counts.planned}"


def _heading(board: Board, column: str) -> str:
    """Such as "PSNR@rife (dB) ↑"."""
    name, at, definition = column.partition("@")
    unit = " (dB)" if name == "psnr" else ""
    return f"{name.upper()}{at}{definition}{unit} {'↑' if board.better[column] == 'higher' else '↓'}"


def _score(entry: BoardEntry, column: str, mark: Mark, intervals: bool) -> Part:
    """The mean with its mark, then its interval and what was left out of it."""
    summary = entry.scores.get(column)
    if summary is None:
        return Part(MISSING)
    field = summary_field(column, summary, mark)
    between = entry.intervals.get(column)
    told = [f"[{interval_text(column, between)}]"] if intervals and between else []
    return Part(field.text, field.mark, " ".join([*told, *([f"({field.detail})"] if field.detail else [])]))


def _caption(board: Board, group: Group, shown: list[str], intervals: bool) -> str:
    first = group.entries[0].result
    title = first.cell.facts.dataset.title
    about = f"Scores on {board.dataset}" + (f" ({title})" if title else "")
    told = [f"{about}, protocol {board.protocol}: {group.heading}, {shared_facts(group)}."]
    told += [f"{column}: {board.titles[column]}." for column in shown]
    if group.ranked and len(group.entries) > 1:
        told.append("Best in bold, second underlined.")
    if intervals:
        units = "clips" if first.scores.of_clips else "samples"
        told.append(f"In brackets the 95% bootstrap interval of the mean ({DRAWS} draws of whole {units}).")
    return " ".join(told)
