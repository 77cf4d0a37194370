"""The site's index: all pages, and the cells they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vfibench.contracts import PageOptions
from vfibench.store.result import CellResult
from vfibench_reports.catalog import CARDS
from vfibench_reports.kit.site import render, slug
from vfibench_reports.kit.tables import Column, Field, Table


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
    return render(
        "index.html",
        options=PageOptions(pages=_kinds(sections)),
        sections=list(zip(_places(sections), sections, strict=True)),
        cells=cell_table(results),
        folders=len(folders),
    )


def _kinds(sections: Sequence[Section]) -> frozenset[str]:
    """Names of the built-in kinds of page that are in the site."""
    titles = {section.title for section in sections if section.pages}
    return frozenset(card.name for card in CARDS if card.title in titles)


def _places(sections: Sequence[Section]) -> list[str]:
    """An id of each section, unique in the page; the bar leads to those of the built-in pages."""
    places = ["content", "what-was-read"]  # ids that the templates use
    for section in sections:
        place = slug(section.title) or "pages"
        while place in places:
            place += "-"
        places.append(place)
    return places[2:]


def cell_table(results: Sequence[CellResult]) -> Table:
    """A line per cell."""
    columns = [
        Column("method", "method", style="head"),
        Column("dataset", "dataset"),
        Column("protocol", "protocol"),
        Column("ok", "frames scored", first="descending", style="number"),
        Column("planned", "planned", first="descending", style="number"),
        Column("failed", "failed", first="descending", style="number"),
        Column("run", "run", style="code"),
    ]
    return Table("cells", "Cells", columns, [_cell_row(result) for result in results], tools=True)


def _cell_row(result: CellResult) -> list[Field]:
    words = [result.cell.label, result.cell.dataset, result.cell.protocol]
    counts = (result.counts.ok, result.counts.planned, result.counts.error)
    return [
        *(Field(word) for word in words),
        *(Field(str(number), number) for number in counts),
        Field(result.folder.name),
    ]
