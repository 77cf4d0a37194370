"""What a method's stored card says, as lines of its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vfibench.leaderboards.grouping import Entry
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


def method_facts(entries: Sequence[Entry]) -> list[Fact]:
    """What the cards stored with the entries say of the method, the first of them first; no empty facts."""
    card: dict[str, Any] = {}
    for entry in entries:
        stored = entry.result.cell.facts.get("method", {})
        card |= {name: value for name, value in stored.items() if not card.get(name)}
    get = card.get
    found = [
        Fact("Paper", _joined(get("paper"), get("year"))),
        Fact("Code", str(get("code_url") or ""), web_link(str(get("code_url") or ""))),
        Fact("Licence", str(get("licence") or "")),
        *_weights(entries),
        Fact("Training data", str(get("training_data") or "")),
        Fact("Parameters", f"{get('parameters'):,}" if get("parameters") else ""),
        Fact("Input frames", " or ".join(map(str, get("inputs", ())))),
        Fact("Times", TIMES.get(get("times", ""), "")),
        Fact("Enlarges", f"{get('scale')} times" if get("scale", 1) != 1 else ""),
        Fact("Padding", _padding(get("padding"))),
        *(Fact("Variants", f"@{name}: {about}") for name, about in get("variants", {}).items()),
        Fact("Notes", str(get("notes") or "")),
    ]
    return [one for one in found if one.text]


def _joined(paper: object, year: object) -> str:
    """The paper, and its year where the paper's own words lack it."""
    text = str(paper or "")
    return text if not year or str(year) in text else ", ".join(filter(None, [text, str(year)]))


def _weights(entries: Sequence[Entry]) -> list[Fact]:
    """Each file that was used, with its full sha256 and its address."""
    found: dict[tuple[str, str], Fact] = {}
    for entry in entries:
        method = entry.result.cell.facts.get("method", {})
        name = method.get("weights") or ""
        digest = entry.result.cell.settings.get("weights_sha256") or "unknown"
        urls = {file["name"]: file["url"] for file in method.get("files", ())}
        link = web_link(urls.get(name, ""))
        if name and (link or (name, digest) not in found):
            found[name, digest] = Fact("Weights", name, link, f"sha256 {digest}")
    return list(found.values())


def _padding(rule: Mapping[str, Any] | None) -> str:
    """How the method's own evaluation enlarges frames, in words."""
    if not rule or (rule["multiple"] == 1 and not rule["extra"] and not rule["extra_when_fitting"]):
        return ""
    where = "right and bottom" if rule["place"] == "end" else "all sides"
    extra = f", {rule['extra']} more on every side" if rule["extra"] else ""
    return f"to multiples of {rule['multiple']}, {rule['mode']}, {where}{extra}"
