"""What all pages share: templates with autoescape, one inlined stylesheet and script, file names.

Each page is one file that loads nothing. Its content security policy says so to the browser: no request
of any kind, and no script but ours, known by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import vfibench
from vfibench.cells import short_key

HERE = Path(__file__).resolve().parent


def render(template: str, **values: Any) -> str:
    """A page as HTML.

    Args:
        template: file name in templates/.
        values: what the template uses; a missing one is an error.
    """
    return environment().get_template(template).render(values) + "\n"


@cache
def environment() -> Environment:
    """The jinja2 environment of all templates; every value is escaped unless it is our own asset."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _asset("report.js")
    made.globals |= {
        "style": Markup(_asset("report.css")),  # noqa: S704 our own file
        "script": Markup(script),  # noqa: S704 our own file
        "policy": _policy(script),
        "version": vfibench.__version__,
    }
    made.filters["file_url"] = file_url
    return made


def _asset(name: str) -> str:
    return (HERE / "static" / name).read_text(encoding="utf-8")


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
    (out / name).write_text(html, encoding="utf-8")
