"""`check_page`: which page is meant, and the run of all checks on it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from vfibench.contracts import Carded, Page, PageCard
from vfibench.errors import VfibenchError
from vfibench.registry import PAGES, load_target
from vfibench.testing.report import Report

# isort: off
from vfibench.testing.pages.subject import BATTERY, Subject
from vfibench.testing.pages import checks  # they register
# isort: on

__all__ = ["check_page", "checks"]


def check_page(
    page: Callable[..., Page] | PageCard | str,
    *,
    card: PageCard | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Run all conformance checks on a page, on results that are scored for it.

    Args:
        page: the name of a registered page, "pkg.mod:CARD", a card, or the class itself.
        card: of a class that carries none.
        expected_failures: reasons by name of checks that are known to fail.

    Returns:
        The report; the global state of the process is left as it was.

    Raises:
        VfibenchError: the page cannot be found or has no card, or an expected failure names no check.

    Example:
        >>> check_page("leaderboard").ok
        True
    """
    expected = expected_failures or {}
    BATTERY.refuse_unknown(expected)
    card, make = _resolve(page, card)
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(card, make, Path(folder).resolve())
        results = tuple(BATTERY.run(subject, expected))
        facts = f"{len(subject.results)} and {len(subject.hostile)} made-up results"
    return Report(card.name, facts, results)


def _resolve(
    page: Callable[..., Page] | PageCard | str, card: PageCard | None
) -> tuple[PageCard, Callable[..., Page]]:
    """The card, and what makes the page."""
    if isinstance(page, str):
        return _resolve(load_target(page) if ":" in page else PAGES.card(page), card)
    if isinstance(page, PageCard):
        return page, load_target(page.target)
    if card is not None:
        return card, page
    if isinstance(page, Carded) and isinstance(page.card, PageCard):
        return page.card, page
    for listed in PAGES.cards():
        if isinstance(page, type) and listed.target == f"{page.__module__}:{page.__qualname__}":
            return listed, page
    raise VfibenchError(
        f"expected a page with a card, found {page!r}", 'name its card, such as "package.module:CARD"'
    )
