"""What all pages share: templates with autoescape, one inlined stylesheet and script, file names.

Each page is one file that loads nothing. Its content security policy says so to the browser: no request
of any kind, and no script but ours, known by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import vfibench
from vfibench.contracts import PageCard, PageOptions
from vfibench.store.cells import short_key
from vfibench.system.files import write_whole
from vfibench.system.json_text import encoded
from vfibench.video.player import asset
from vfibench_reports.catalog import CARDS

HERE = Path(__file__).resolve().parent.parent

SCRIPTS = ("state", "frame", "tables", "tools")
PLAYER = ("chart", "player", "player_start")
"""What the script of a page with a player has besides; the first two are `vfibench.video.player`'s."""
"""What every page's script begins with: the state in the address, light and dark, tables and their tools."""
INDEX = "index.html"
ONE_PAGE = frozenset({"overview"})
"""Built-in kinds of page of which a site has one; the bar leads to others through the index."""


def render(
    template: str, *, scripts: Sequence[str] = (), options: PageOptions = PageOptions(), **values: Any
) -> str:
    """A page as HTML.

    Args:
        template: file name in templates/.
        scripts: names of files in static/ that the page needs beside `SCRIPTS`, in order; all together are
            one inlined script.
        options: what else is in the site: the bar and the tables of the page link to nothing else.
        values: what the template uses; a missing one is an error.
    """
    script = "".join(_asset(f"{name}.js") for name in (*SCRIPTS, *scripts))
    values |= {"script": Markup(script), "policy": _policy(script)}  # noqa: S704 our own files
    values["bar"] = bar(template.removesuffix(".html"), options)
    return environment(options.pages).get_template(template).render(values) + "\n"


@dataclass(frozen=True)
class BarLink:
    """A link of the bar that every page begins with: its text, its address, and whether it leads here."""

    text: str
    href: str
    here: bool


def bar(kind: str, options: PageOptions) -> list[BarLink]:
    """The bar of a page: the index, then the built-in kinds of page of the site in their order.

    Args:
        kind: of the page that shows it, such as "leaderboard".
        options: what else is in the site; without an index there is no bar.
    """
    if not options.index:
        return []
    cards = sorted((card for card in CARDS if options.writes(card.name)), key=lambda card: card.order)
    links = [(card.name, card.title, _address_of_kind(card)) for card in cards]
    return [BarLink(text, href, name == kind) for name, text, href in [("index", "All pages", INDEX), *links]]


def _address_of_kind(card: PageCard) -> str:
    return page_name(card.name) if card.name in ONE_PAGE else f"{INDEX}#{slug(card.title)}"


def as_json(value: Any) -> Markup:
    """Data for a `<script type="application/json">` element, which nothing in it can end."""
    text = encoded(value, compact=True, ascii_only=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


@cache
def environment(pages: frozenset[str] | None = None) -> Environment:
    """The jinja2 environment of all templates; every value is escaped unless it is our own asset.

    Args:
        pages: kinds of page in the site, None for all: tables link to no page of another kind.
    """
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "style": Markup(_asset("report.css")),  # noqa: S704 our own file
        "player_style": Markup(_asset("player.css")),  # noqa: S704
        "motion": None,
        "version": vfibench.__version__,
        "leads": lambda link: pages is None or not _is_page(link) or link.partition(".")[0] in pages,
    }
    made.filters |= {"file_url": file_url, "json_data": as_json}
    return made


def _is_page(link: str) -> bool:
    """Whether a link is the address of a page of this package, such as "method.rife.html"."""
    kind, _, rest = link.partition(".")
    return any(card.name == kind for card in CARDS) and rest.partition("#")[0].endswith("html")


@cache
def _asset(name: str) -> str:
    own = HERE / "static" / name
    return own.read_text(encoding="utf-8") if own.is_file() else asset(name)


@cache
def _policy(script: str) -> str:
    """Content security policy: nothing is fetched, styles are inline, one script runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"


def slug(text: str) -> str:
    """Lower-case letters, digits and single hyphens, at most 60: "clip:My Film" is "clip-my-film"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-")


def page_name(kind: str, *words: str) -> str:
    """File name of a page, the same in every report and different for different words.

    Args:
        kind: such as "leaderboard".
        words: what the page is about; a word that is no slug already adds a hash of them all.
    """
    parts = [kind, *(slug(word) for word in words)]
    if any(slug(word) != word for word in words):
        parts.append(short_key(words, 6))
    return ".".join(part for part in parts if part) + ".html"


def file_url(name: str) -> str:
    """The relative address of a file of the site."""
    return quote(name)


def web_link(address: str) -> str:
    """The address where it is plain http(s), else "": a stored "javascript:" never becomes a link."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""


def write_page(out: Path, name: str, html: str) -> None:
    """Write one file of the site."""
    write_whole(out / name, html)
