"""The site's index: all pages, and the cells they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vfibench.store import CellResult
from vfibench_reports.site import render
from vfibench_reports.tables import Column, Field, Table


class Section(Protocol):
    """What one page plugin wrote: `vfibench.reporting.Section`."""

    @property
    def title(self) -> str:
        """A heading."""

    @property
    def pages(self) -> Sequence[tuple[str, str]]:
        """(title, file name relative to the site) of each page."""


def render_index(sections: Sequence[Section], results: Sequence[CellResult]) -> str:
    """index.html.

    Args:
        sections: pages by plugin, in order.
        results: every cell that was read.
    """
    folders = {result.folder for result in results}
    return render("index.html", sections=sections, cells=cell_table(results), folders=len(folders))


def cell_table(results: Sequence[CellResult]) -> Table:
    """A line a cell."""
    columns = [
        Column("method", "method", style="head"),
        Column("dataset", "dataset"),
        Column("protocol", "protocol"),
        Column("ok", "frames scored", first="descending", style="number"),
        Column("planned", "planned", first="descending", style="number"),
        Column("failed", "failed", first="descending", style="number"),
        Column("run", "run", style="code"),
    ]
    return Table("cells", "Cells", columns, [_cell_row(result) for result in results])


def _cell_row(result: CellResult) -> list[Field]:
    words = [result.cell.label, result.cell.dataset, result.cell.protocol]
    counts = [result.counts[key] for key in ("ok", "planned", "error")]
    return [
        *(Field(word) for word in words),
        *(Field(str(number), number) for number in counts),
        Field(result.folder.name),
    ]
