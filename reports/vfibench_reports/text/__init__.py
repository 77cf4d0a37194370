"""Leaderboards as text: Markdown, LaTeX and CSV, from the boards and with the digits of the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vfibench.leaderboards.grouping import Board, boards
from vfibench.store.result import CellResult
from vfibench_reports.kit.site import page_name
from vfibench_reports.text.csv_table import csv_text
from vfibench_reports.text.latex import latex_text
from vfibench_reports.text.markdown import markdown_text
from vfibench_reports.text.papers import PaperTable, paper_tables

Form = Callable[[Sequence[Board], bool], str]


def _printed(draw: Callable[[PaperTable], str]) -> Form:
    """Tables one below the other, each drawn by `draw`."""

    def form(found: Sequence[Board], intervals: bool) -> str:
        return "\n".join(draw(table) for board in found for table in paper_tables(board, intervals))

    return form


FORMS: dict[str, tuple[Form, str]] = {
    "markdown": (_printed(markdown_text), ".md"),
    "latex": (_printed(latex_text), ".tex"),
    "csv": (csv_text, ".csv"),
}
"""What makes each format, and the suffix of its files."""


def texts(results: Sequence[CellResult], form: str, *, intervals: bool, apart: bool) -> list[tuple[str, str]]:
    """Tables as text.

    Args:
        results: the cells.
        form: a name of `FORMS`.
        intervals: whether 95% intervals stand beside the means.
        apart: whether each (dataset, protocol) has a text of its own.

    Returns:
        (file name, text); the name of one text for everything is "tables" and the suffix.
    """
    make, suffix = FORMS[form]
    found = boards(results)
    if not apart:
        return [(f"tables{suffix}", make(found, intervals))]
    return [
        (
            page_name("leaderboard", board.dataset, board.protocol).removesuffix(".html") + suffix,
            make([board], intervals),
        )
        for board in found
    ]
