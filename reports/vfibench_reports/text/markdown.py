"""Tables in GitHub's Markdown."""

from __future__ import annotations

import re

from vfibench.errors import one_line
from vfibench_reports.text.papers import PaperTable, Part

SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown_text(table: PaperTable) -> str:
    """The caption as a paragraph, then the table: best in bold, second as <ins>, which shows underlined."""
    lines = [
        plain(table.caption),
        "",
        _line([plain(heading) for heading in table.head]),
        _line(["--:" if number else ":--" for number in table.numbers]),
        *(_line([_part(part) for part in row]) for row in table.rows),
    ]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text in which nothing is markup, in one line."""
    flat = " ".join(one_line(text).split())
    return SPECIAL.sub(r"\\\1", "".join(ENTITIES.get(letter, letter) for letter in flat))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _part(part: Part) -> str:
    text = plain(part.text)
    text = {"best": f"**{text}**", "second": f"<ins>{text}</ins>"}.get(part.mark, text)
    return f"{text} {plain(part.detail)}" if part.detail else text
