"""Reads a page back: its tables, links and every tag, with the standard library's parser alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path


@dataclass
class ReadCell:
    text: str = ""
    value: str = ""
    classes: tuple[str, ...] = ()


@dataclass
class ReadTable:
    keys: list[str] = field(default_factory=list)
    sorts: list[str] = field(default_factory=list)
    rows: list[list[ReadCell]] = field(default_factory=list)
    foot: list[list[ReadCell]] = field(default_factory=list)

    def column(self, key: str) -> list[ReadCell]:
        return [row[self.keys.index(key)] for row in self.rows]

    def texts(self, key: str) -> list[str]:
        return [cell.text for cell in self.column(key)]


class ReadPage(HTMLParser):
    """title; tables by name; tags as (name, attributes); links; text without scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, ReadTable] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = self.title = ""
        self._table, self._part, self._cell, self._raw = ReadTable(), "", None, False
        self.feed(html)

    @property
    def links(self) -> list[str]:
        return [attributes["href"] for name, attributes in self.tags if name == "a"]

    def handle_starttag(self, tag, attributes):
        found = {name: value or "" for name, value in attributes}
        self.tags.append((tag, found))
        self._raw = tag in {"script", "style"}
        if tag == "table":
            self._table = self.tables[found["data-name"]] = ReadTable()
        elif tag in {"thead", "tbody", "tfoot"}:
            self._part = tag
        elif tag == "tr" and self._part != "thead":
            (self._table.rows if self._part == "tbody" else self._table.foot).append([])
        elif tag in {"td", "th"}:
            self._open(found)

    def _open(self, found):
        if self._part == "thead":
            self._table.keys.append(found["data-key"])
            self._table.sorts.append(found.get("aria-sort", ""))
            return
        self._cell = ReadCell("", found.get("data-value", ""), tuple(found["class"].split()))
        (self._table.rows if self._part == "tbody" else self._table.foot)[-1].append(self._cell)

    def handle_endtag(self, tag):
        self._raw = False
        if tag in {"td", "th"}:
            self._cell = None

    def handle_data(self, data):
        if self.tags[-1:] == [("title", {})] and not self.title:
            self.title = data
        if not self._raw:
            self.text += data
        if self._cell is not None:
            self._cell.text += data


def read_page(path: Path) -> ReadPage:
    return ReadPage(path.read_text(encoding="utf-8"))
