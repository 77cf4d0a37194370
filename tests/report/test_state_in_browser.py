"""The state of a page: kept by the page, followed by its address as fast as browsers let it."""

from __future__ import annotations

import pytest
from report.browsing import PATIENCE, fragment, state

from vfibench_reports.kit.index import render_index
from vfibench_reports.kit.site import write_page

BURST = """() => {
  for (let k = 1; k <= 400; k += 1) {
    vfibench.set({ place: String(k) });
    if (vfibench.get("place") !== String(k)) { return k; }
  }
  return 0;
}"""


@pytest.fixture
def address(tmp_path):
    """The least of pages."""
    write_page(tmp_path, "a.html", render_index([], []))
    return (tmp_path / "a.html").as_uri()


def test_of_many_changes_none_is_lost_and_the_address_has_the_last(limited, address):
    limited.goto(address)
    assert limited.evaluate(BURST) == 0
    limited.wait_for_url(lambda url: url.endswith("#place=400"), timeout=PATIENCE)


def test_an_address_that_is_copied_is_up_to_date(visit, address):
    page = visit(address)
    page.evaluate(BURST)
    page.evaluate("vfibench.set({ place: '', name: 'a b&c' })")
    assert fragment(page) == "#name=a+b%26c"
    assert state(page) == {"name": "a b&c"}


def test_a_browser_that_refuses_is_asked_again(visit, address):
    page = visit(address)
    page.evaluate(
        """() => {
          const real = history.replaceState;
          let left = 2;
          history.replaceState = function (...words) {
            if (left > 0) { left -= 1; throw new DOMException("too often", "SecurityError"); }
            real.apply(history, words);
          };
          window.told = [];
          vfibench.told(function () { window.told.push(vfibench.get("a")); });
          vfibench.set({ a: "1" });
        }"""
    )
    assert page.evaluate("window.told") == ["", "1"]
    page.wait_for_url(lambda url: url.endswith("#a=1"), timeout=PATIENCE)


def test_an_address_that_is_typed_counts_more_than_what_waits_to_be_written(visit, address):
    page = visit(address)
    page.evaluate("vfibench.set({ a: '1' }); vfibench.set({ a: '2' }); location.hash = '#b=3'")
    page.wait_for_function("vfibench.get('b') === '3' && vfibench.get('a') === ''")
    page.wait_for_timeout(600)
    assert state(page) == {"b": "3"}
