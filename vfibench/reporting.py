"""From run folders to a static site: every registered page, then an index of what they wrote.

A page is a plugin (see `vfibench.contracts.Page`); one that fails is reported and harms no other. Only
stored results are read: no dataset, no network, no GPU.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfibench.contracts import PageCard
from vfibench.errors import VfibenchError
from vfibench.folders import read_results
from vfibench.lines import unwritable
from vfibench.registry import PAGES, import_sibling, load_target
from vfibench.store import CellResult


@dataclass(frozen=True)
class Section:
    """What one page plugin wrote.

    Attributes:
        title: the plugin's title, a heading of the index.
        pages: (title, file name relative to the site) of each page, in order.
    """

    title: str
    pages: tuple[tuple[str, str], ...]


def write_site(runs: Sequence[Path], out: Path) -> Path:
    """Render all pages of some runs.

    Args:
        runs: run folders, or folders of them.
        out: folder of the site, made where missing; files of the same name are replaced.

    Returns:
        The path of the site's index.html.

    Raises:
        VfibenchError: a run cannot be read, `out` is a file or cannot be written, or every page failed.
    """
    results = tuple(read_results(runs))
    index = out / "index.html"
    try:
        out.mkdir(parents=True, exist_ok=True)
        index.touch()  # a folder that cannot be written is found before the work
    except OSError as error:
        raise unwritable(index, error) from error
    for problem in PAGES.problems():
        _warn(f"the page plugin {problem.origin} failed to load: {problem.reason}")
    cards = sorted(PAGES.cards(), key=lambda card: card.order)
    sections = [section for card in cards if (section := _section(card, results, out)) is not None]
    if not sections:
        raise VfibenchError(f"expected pages in {out}, every page plugin failed", "see the warnings above")
    try:
        index.write_text(_index(sections, results), encoding="utf-8")
    except OSError as error:
        raise unwritable(index, error) from error
    return index


def _section(card: PageCard, results: Sequence[CellResult], out: Path) -> Section | None:
    """One plugin's pages, or None and a warning where it failed."""
    try:
        pages = load_target(card.target)().render(results, out)
        return Section(card.title or card.name, tuple(_checked(title, name, out) for title, name in pages))
    except (Exception, SystemExit) as error:  # a plugin may raise anything
        reason = str(error) if isinstance(error, VfibenchError) else f"{type(error).__name__}: {error}"
        _warn(f"the page {card.name} was left out: {reason}")
        return None


def _checked(title: str, name: str, out: Path) -> tuple[str, str]:
    """A page's entry, once its file is known to lie in the site."""
    path = out / name
    if not (path.is_file() and path.resolve().is_relative_to(out.resolve())):
        raise VfibenchError(f"expected a file {name!r} in {out}, found none")
    return str(title), str(name)


def _index(sections: Sequence[Section], results: Sequence[CellResult]) -> str:
    """The index as HTML; the catalogue of the built-in pages says who draws it."""
    text: str = load_target(import_sibling(PAGES.catalog, PAGES.folder).INDEX)(sections, results)
    return text


def _warn(message: str) -> None:
    print(f"warning: {' '.join(message.split())}", file=sys.stderr)
