"""From run folders to a static site: every registered page, then an index of what they wrote; or to text.

A page is a plugin (see `vfibench.contracts.Page`); one that fails is reported and harms no other. Only
stored results are read: no dataset, no network, no GPU.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vfibench.contracts import Page, PageCard, PageOptions
from vfibench.errors import VfibenchError, one_line
from vfibench.registry import PAGES, import_sibling, load_target
from vfibench.store.folders import read_results
from vfibench.store.frame_names import check_named
from vfibench.store.result import CellResult
from vfibench.system.files import unwritable, write_whole

FORMATS = ("html", "markdown", "latex", "csv")
INDEX_FILE = "index.html"


@dataclass(frozen=True)
class Section:
    """What one page plugin wrote.

    Attributes:
        title: the plugin's title, a heading of the index.
        pages: (title, file name relative to the site) of each page, in order.
    """

    title: str
    pages: tuple[tuple[str, str], ...]


def write_site(runs: Sequence[Path], out: Path, options: PageOptions | None = None) -> Path:
    """Render all pages of some runs.

    Args:
        runs: run folders, or folders of them.
        out: folder of the site, made where missing; files of the same name are replaced.
        options: what pages that take options are told; `pages` is filled in.

    Returns:
        The path of the site's index.html.

    Raises:
        VfibenchError: a run cannot be read, a frame is named that is not in any, `out` is a file or cannot be
            written, or a page failed and there is no other.
    """
    asked = checked_options(options or PageOptions())
    results = tuple(read_results(runs))
    check_named(results, asked.named)
    if not any(result.counts.ok for result in results):
        _warn(f"no frame has a score in {', '.join(map(str, runs))}: there is next to nothing to show")
    index = out / INDEX_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        index.touch()  # a folder that cannot be written is found before the work
    except OSError as error:
        raise unwritable(index, error) from error
    for problem in PAGES.problems():
        _warn(f"the page plugin {problem.origin} failed to load: {problem.reason}")
    cards = _in_order(PAGES.cards())
    sections = _sections(cards, results, out, asked)
    if len(sections) < len(cards) and not any(section.pages for section in sections):
        if not index.stat().st_size:
            index.unlink()
        raise VfibenchError(
            f"expected pages in {out}, found none that could be written", "see the warnings above"
        )
    write_whole(index, _index(sections, results))
    return index


def _in_order(cards: Sequence[PageCard]) -> list[PageCard]:
    """The pages in the order of their cards; one whose card has no such number is left out with a warning."""
    for card in cards:
        if type(card.order) is not int:
            _warn(
                f"the page {card.name} was left out: expected order as a whole number, found {card.order!r}"
            )
    return sorted((card for card in cards if type(card.order) is int), key=lambda card: card.order)


def write_tables(runs: Sequence[Path], form: str, out: Path | None, *, intervals: bool = False) -> list[Path]:
    """Leaderboards as text.

    Args:
        runs: run folders, or folders of them.
        form: "markdown", "latex" or "csv".
        out: a file for all tables; a folder (one that is there, or a name without a suffix) for a file a
            (dataset, protocol); None for standard output.
        intervals: whether 95% intervals stand beside the means.

    Returns:
        The files that were written.

    Raises:
        VfibenchError: another format, a run that cannot be read, or a file that cannot be written.
    """
    if form not in FORMATS[1:]:
        raise VfibenchError(f"expected --format {' | '.join(FORMATS)}, found {form!r}")
    results = tuple(read_results(runs))
    apart = out is not None and (out.is_dir() or not out.suffix)
    make = load_target(import_sibling(PAGES.catalog, PAGES.folder).TEXTS)
    texts: list[tuple[str, str]] = make(results, form, intervals=intervals, apart=apart)
    if out is None:
        sys.stdout.write(texts[0][1])
        return []
    written = [(out / name if apart else out, text) for name, text in texts]
    for path, text in written:
        write_whole(path, text)
    return [path for path, _ in written]


def write_pages(name: str, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
    """One plugin's pages of some results, without an index.

    Args:
        name: of the plugin, such as "compare".
        results: what the pages are about.
        out: a folder, made where missing.

    Returns:
        (title, file name relative to `out`) of each page.

    Raises:
        VfibenchError: there is no such plugin, it does not return its pages, or `out` cannot be written.
    """
    plugin = page_of(PAGES.card(name), PageOptions(pages=frozenset({name}), index=False))
    try:
        out.mkdir(parents=True, exist_ok=True)
        return rendered(plugin, results, out, f"the page {PAGES.named(name)} breaks its contract: ")
    except OSError as error:
        raise unwritable(out, error) from error


def checked_options(options: PageOptions) -> PageOptions:
    """Options as they came.

    Raises:
        VfibenchError: the number of sample pages is none.
    """
    if options.samples < 0:
        raise VfibenchError(
            f"expected --samples of 0 or more, found {options.samples}", "0 leaves sample pages out"
        )
    return options


def page_of(card: PageCard, options: PageOptions) -> Page:
    """The page plugin of a card, told the options if it takes them."""
    made: Page = load_target(card.target)(*([options] if card.options else []))
    return made


def _sections(
    cards: Sequence[PageCard], results: Sequence[CellResult], out: Path, asked: PageOptions
) -> list[Section]:
    """What every plugin wrote that did not fail.

    Where one fails, the others are made again and told that it is not there: they may have linked to it.
    """
    told = replace(asked, pages=frozenset(card.name for card in cards))
    found = [(card, _section(card, results, out, told)) for card in cards]
    good = [card for card, section in found if section is not None]
    if good and len(good) < len(cards):
        return _sections(good, results, out, asked)
    return [section for _, section in found if section is not None]


def _section(
    card: PageCard, results: Sequence[CellResult], out: Path, options: PageOptions
) -> Section | None:
    """One plugin's pages, or None and a warning where it failed."""
    try:
        pages = rendered(page_of(card, options), results, out)
        return Section(card.title or card.name, tuple(pages))
    except (Exception, SystemExit) as error:  # a plugin may raise anything
        reason = str(error) if isinstance(error, VfibenchError) else f"{type(error).__name__}: {error}"
        _warn(f"the page {card.name} was left out: {reason}")
        return None


def rendered(
    page: Page, results: Sequence[CellResult], out: Path, failure: str = ""
) -> list[tuple[str, str]]:
    """What a page writes into `out`: (title, file name) of each of its pages, known to be there.

    Raises:
        VfibenchError: it returns anything else; the message begins with `failure`.
    """
    pages = page.render(results, out)
    if problem := pages_problem(pages, out):
        raise VfibenchError(failure + problem)
    return [(str(title), str(name)) for title, name in pages]


def pages_problem(pages: object, out: Path) -> str:
    """What is wrong with what `render` returned, in one sentence; "" for nothing."""
    if not isinstance(pages, list | tuple):
        return f"expected a list of (title, file name) from render, found {type(pages).__name__}"
    for entry in pages:
        pair = isinstance(entry, list | tuple) and len(entry) == 2
        if not (pair and all(isinstance(word, str) for word in entry)):
            return f"expected (title, file name) as texts for each page, found {entry!r}"
        if problem := _file_problem(entry[1], out):
            return problem
    names = [name for _, name in pages]
    twice = next((name for name in names if names.count(name) > 1), None)
    return "" if twice is None else f"expected each page once, found {twice!r} twice"


def _file_problem(name: str, out: Path) -> str:
    """Whether a page's file lies in the site, under a name that links to it, and is not the site's own."""
    if name == INDEX_FILE:
        return f"expected pages beside {INDEX_FILE}, which is the site's own, found that"
    path = out / name
    inside = not Path(name).is_absolute() and path.resolve().is_relative_to(out.resolve())
    return "" if inside and path.is_file() else f"expected a file {name!r} in {out}, found none"


def _index(sections: Sequence[Section], results: Sequence[CellResult]) -> str:
    """The index as HTML; the catalogue of the built-in pages says who draws it."""
    text: str = load_target(import_sibling(PAGES.catalog, PAGES.folder).INDEX)(sections, results)
    return text


def _warn(message: str) -> None:
    print(f"warning: {one_line(message)}", file=sys.stderr)
