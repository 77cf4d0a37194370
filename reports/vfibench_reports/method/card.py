"""What a method's stored card says, as lines of its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vfibench.contracts import Padding
from vfibench.leaderboards.grouping import BoardEntry
from vfibench.store.facts import MethodFacts
from vfibench_reports.kit.site import web_link


@dataclass(frozen=True)
class Fact:
    """A line of the card: what it is about, its text, an address or "", and small words after it."""

    what: str
    text: str
    link: str = ""
    detail: str = ""


TIMES = {
    "any": "any between the two middle frames",
    "midpoint": "the middle; others by recursion",
    "halves": "every half of an interval",
}


def method_facts(entries: Sequence[BoardEntry]) -> list[Fact]:
    """What the cards stored with the entries say of the method, the first of them first; no empty facts."""
    stored = [entry.result.cell.facts.method for entry in entries]
    card = MethodFacts(**{name: _first(stored, name) for name in MethodFacts.__struct_fields__})
    found = [
        Fact("Paper", _joined(card.paper, card.year)),
        Fact("Code", card.code_url, web_link(card.code_url)),
        Fact("Licence", card.licence),
        *_weights(entries),
        Fact("Training data", card.training_data),
        Fact("Parameters", f"{card.parameters:,}" if card.parameters else ""),
        Fact("Input frames", " or ".join(map(str, card.inputs))),
        Fact("Times", TIMES.get(card.times, "")),
        Fact("Enlarges", f"{card.scale} times" if card.scale != 1 else ""),
        Fact("Padding", _padding(card.padding)),
        *(Fact("Variants", f"@{name}: {about}") for name, about in card.variants.items()),
        Fact("Notes", card.notes),
    ]
    return [one for one in found if one.text]


def _first(stored: Sequence[MethodFacts], name: str) -> Any:
    """The first of some facts of a name that says anything."""
    values = [getattr(one, name) for one in stored]
    return next(filter(None, values), values[0])


def _joined(paper: str, year: int | None) -> str:
    """The paper, and its year where the paper's own words lack it."""
    return paper if not year or str(year) in paper else ", ".join(filter(None, [paper, str(year)]))


def _weights(entries: Sequence[BoardEntry]) -> list[Fact]:
    """Each file that was used, with its full sha256 and its address."""
    found: dict[tuple[str, str], Fact] = {}
    for entry in entries:
        method = entry.result.cell.facts.method
        name = method.weights or ""
        digest = entry.result.cell.settings.weights_sha256 or "unknown"
        urls = {file.name: file.url for file in method.files}
        link = web_link(urls.get(name, ""))
        if name and (link or (name, digest) not in found):
            found[name, digest] = Fact("Weights", name, link, f"sha256 {digest}")
    return list(found.values())


def _padding(rule: Padding | None) -> str:
    """How the method's own evaluation enlarges frames, in words."""
    if not rule or (rule.multiple == 1 and not rule.extra and not rule.extra_when_fitting):
        return ""
    where = "right and bottom" if rule.place == "end" else "all sides"
    extra = f", {rule.extra} more on every side" if rule.extra else ""
    return f"to multiples of {rule.multiple}, {rule.mode}, {where}{extra}"
