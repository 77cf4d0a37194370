"""A real browser for the tests of pages, where there is one: `browser`, and `visit` to open pages in it."""

from __future__ import annotations

import shutil

import pytest
from report.browsing import PATIENCE, watch

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--disable-gpu", "--disable-quic", "--disable-dev-shm-usage")


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once for all tests of this process; they skip where it is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs the Python package playwright (pip install playwright)"
    )
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium), found none on the PATH")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=found, args=list(FLAGS), timeout=PATIENCE)
        yield launched
        launched.close()


@pytest.fixture
def limited(browser):
    """A page of a browser that limits how often a page may change its address, which Playwright's do not."""
    with browser.browser_type.launch(
        executable_path=next(filter(None, map(shutil.which, NAMES))),
        args=list(FLAGS),
        ignore_default_args=["--disable-ipc-flooding-protection"],
        timeout=PATIENCE,
    ) as launched:
        troubles: list[str] = []
        context = launched.new_context()
        watch(context, troubles)
        yield context.new_page()
    assert troubles == []


@pytest.fixture
def visit(browser):
    """`visit(address, color_scheme="dark")` opens a page as in a browser just installed.

    Options are those of Playwright's `new_context`. A request that leaves the page, an error or a dialog
    fails the test, whenever it comes.
    """
    contexts, troubles = [], []

    def opened(address, *, width=1280, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        contexts[-1].set_default_timeout(PATIENCE)
        watch(contexts[-1], troubles)
        page = contexts[-1].new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []
