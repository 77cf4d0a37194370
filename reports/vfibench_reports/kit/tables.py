"""Tables as data: what every page hands to the one table template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "best", "second", "aside"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        key: its name in the URL, unique in its table.
        label: the heading.
        detail: a second, small line of the heading, such as a unit.
        tip: what it means, in one line.
        first: the direction the first click sorts in: best first.
        style: "number" (figures), "text", "prose" (sentences), "code" (file names, hashes) or "head" (what
            the row is about).
        upper: show the label in capitals, as papers print "PSNR".
    """

    key: str
    label: str
    detail: str = ""
    tip: str = ""
    first: Literal["ascending", "descending"] = "ascending"
    style: Literal["number", "text", "prose", "code", "head"] = "text"
    upper: bool = False


METHOD = Column("method", "method", style="head")
"""The heading of rows that stand for methods."""


@dataclass(frozen=True)
class Field:
    """One cell of a table.

    Attributes:
        text: what is shown.
        value: what is sorted by, where that is not the text: NaN is not allowed, None sorts last.
        detail: small text beside (figures) or below (names) it.
        mark: "best" or "second" among what may be compared, "aside" for what may not.
        link: address of an ordinary link.
        tip: shown on hovering.
    """

    text: str
    value: float | None = None
    detail: str = ""
    mark: Mark = ""
    link: str = ""
    tip: str = ""

    @property
    def sort_value(self) -> str:
        """As JavaScript reads it: "34.1203", "Infinity", or "" where there is nothing to sort by."""
        if self.value is None:
            return ""
        return "Infinity" if math.isinf(self.value) else repr(float(self.value))


@dataclass(frozen=True)
class Table:
    """A sortable table.

    Attributes:
        id: its name in the URL, unique in its page.
        label: its name for screen readers.
        columns, rows: as shown without JavaScript; each row has a field per column.
        foot: a last row that stays last, or empty.
        tools: whether the page's filter (by the row's head) and its column picker reach this table.
    """

    id: str
    label: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Field]]
    foot: Sequence[Field] = ()
    tools: bool = False
