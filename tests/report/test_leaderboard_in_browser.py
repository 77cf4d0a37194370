"""The leaderboard in a real browser: sorting, filter, columns and keys, held to the stored rows."""

from __future__ import annotations

import json
import statistics

import pytest
from report.browsing import column, fragment, heading, methods, state, tab_to, unfold
from report.made_runs import MadeCell, write_run

from vfibench.store.folders import read_results
from vfibench_reports.kit.site import slug
from vfibench_reports.leaderboard.page import LeaderboardPage

HOSTILE = "<script>alert(1)</script>"
LENGTHS = (2, 3, 4, 5, 6, 4, 7, 9)  # frames of each clip: uneven, so that means over clips get a table too
MADE = {"samples": sum(LENGTHS), "clips": [f"clip-{k}" for k, n in enumerate(LENGTHS) for _ in range(n)]}
RANKED = [
    MadeCell("blend", level=33.0, ms=9.0, weights="b.pt", **MADE),
    MadeCell("nearest", level=30.0, ms=110.0, **MADE),
    MadeCell(HOSTILE, level=36.0, ms=None, **MADE),
    MadeCell("superslomo", level=35.0, ms=0.9, weights="a.pt", **MADE),
]
APART = [
    MadeCell("cain", level=37.0, ms=3.0, kind="partial", official=99, **MADE),
    MadeCell("dain", level=29.0, ms=30.0, kind="partial", official=99, **MADE),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("leaderboard") / "run", [*RANKED, *APART])


@pytest.fixture(scope="module")
def address(run):
    ((_, name),) = LeaderboardPage().render(read_results([run]), run.parent)
    return (run.parent / name).as_uri()


@pytest.fixture
def show(visit, address):
    return lambda hash="", **options: visit(address + hash, **options)


def lines(run, kind, method):
    """Lines of a cell as they lie on the disk, read without vfibench."""
    (path,) = run.glob(f"{kind}/{slug(method)}.*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def figure(run, method, key):
    """What the page should sort a method by, worked out from what is stored; None where nothing is."""
    if key == "method":
        return method
    if key == "fps":
        timed = [line for line in lines(run, "timings", method) if not line["warmup"]]
        seconds = sum(line["predict_s"] for line in timed)
        return sum(line["frames"] for line in timed) / seconds if timed else None
    return statistics.fmean(line["scores"][key] for line in lines(run, "scores", method))


def ordered(run, made, key, *, down):
    """Names in the order of a column; those without a figure last, either way."""
    found = [(figure(run, cell.method, key), cell.method) for cell in made]
    known = sorted((pair for pair in found if pair[0] is not None), reverse=down)
    return [name for _, name in known] + [name for value, name in found if value is None]


AS_WRITTEN = [HOSTILE, "superslomo", "blend", "nearest"]  # best PSNR first


def press(page, name, key, how):
    button = heading(page, name, key).locator("button")
    if how == "click":
        button.click()
    else:
        button.focus()
        page.keyboard.press(how)


@pytest.mark.parametrize(
    ("key", "best_down", "how"),
    [("psnr", True, "click"), ("ie", False, "Enter"), ("fps", True, "Space"), ("method", False, "click")],
)
def test_a_heading_sorts_best_first_then_worst_first_then_as_written(show, run, key, best_down, how):
    page = show()
    assert methods(page, "scores-2") == AS_WRITTEN
    for down in (best_down, not best_down):
        press(page, "scores-2", key, how)
        assert methods(page, "scores-2") == ordered(run, RANKED, key, down=down)
        assert heading(page, "scores-2", key).get_attribute("aria-sort") == (
            "descending" if down else "ascending"
        )
        assert state(page) == {"scores-2": f"-{key}" if down else key}
    assert page.locator("table[data-name=scores-2] [aria-sort]:not([aria-sort=none])").count() == 1
    press(page, "scores-2", key, how)
    assert methods(page, "scores-2") == AS_WRITTEN
    assert state(page) == {}
    assert "#" not in page.url


def test_a_text_that_is_missing_stays_last_in_either_direction(show):
    page = show()
    for shown in (["a.pt", "b.pt", "–", "–"], ["b.pt", "a.pt", "–", "–"]):
        heading(page, "scores-2", "weights").locator("button").click()
        assert [text.split()[0] for text in column(page, "scores-2", "weights")] == shown


def test_a_row_keeps_its_figures_wherever_it_is_sorted_to(show, run):
    page = show("#scores-2=fps")
    for name, shown in zip(methods(page, "scores-2"), column(page, "scores-2", "psnr"), strict=True):
        assert shown.split()[0] == f"{figure(run, name, 'psnr'):.3f}"
    assert column(page, "scores-2", "fps")[-1] == "–"
    assert column(page, "scores-2", "rank") == ["4", "3", "2", "1"]


def test_groups_that_may_not_be_compared_are_sorted_apart(show, run):
    page = show()
    before = methods(page, "scores-2-apart")
    assert sorted(before) == ["cain", "dain"]
    heading(page, "scores-2", "psnr").locator("button").click()
    heading(page, "scores-2", "psnr").locator("button").click()
    assert methods(page, "scores-2") == AS_WRITTEN[::-1]
    assert methods(page, "scores-2-apart") == before
    heading(page, "scores-2-apart", "ie").locator("button").click()
    assert methods(page, "scores-2-apart") == ordered(run, APART, "ie", down=False)
    assert state(page) == {"scores-2": "psnr", "scores-2-apart": "ie"}
    assert heading(page, "scores-2-apart", "rank").count() == 0


def test_the_filter_keeps_the_rows_whose_method_is_named(show):
    page = show()
    unfold(page)
    told = page.locator(".tools output")
    assert told.inner_text() == ""
    page.get_by_role("searchbox").fill("SLOMO, da")
    assert methods(page, "scores-2") == ["superslomo"]
    assert methods(page, "scores-2-apart") == ["dain"]
    assert {text.split()[0] for text in column(page, "levels-2", "method")} == {"superslomo"}
    assert told.inner_text() == "2 of 6"
    assert state(page) == {"find": "SLOMO, da"}
    heading(page, "scores-2", "psnr").locator("button").click()
    assert methods(page, "scores-2") == ["superslomo"]
    page.get_by_role("searchbox").fill("")
    assert methods(page, "scores-2") == AS_WRITTEN
    assert told.inner_text() == ""


def test_a_filter_that_fits_nothing_says_so_and_leaves_the_headings(show):
    page = show("#find=no-such-method")
    assert page.locator(".tools output").inner_text() == "0 of 6"
    assert methods(page, "scores-2") == []
    assert heading(page, "scores-2", "psnr").is_visible()
    assert page.get_by_role("searchbox").input_value() == "no-such-method"


def visible_keys(page, name):
    return page.locator(f"table[data-name={name}] thead th:visible").evaluate_all(
        "cells => cells.map(cell => cell.dataset.key)"
    )


def body_widths(page, name):
    """How many cells are seen in each row."""
    rows = page.locator(f"table[data-name={name}] tbody tr")
    return set(
        rows.evaluate_all(
            "rows => rows.map(r => Array.from(r.cells).filter(c => c.checkVisibility()).length)"
        )
    )


def test_a_column_that_is_unticked_goes_from_head_and_body_of_every_table(show):
    page = show()
    unfold(page)
    before = visible_keys(page, "scores-2")
    page.locator(".tools summary").click()
    page.locator(".picker").locator("[value=ssim]").uncheck()
    page.locator(".picker").locator("[value=weights]").uncheck()
    assert visible_keys(page, "scores-2") == [key for key in before if key not in {"ssim", "weights"}]
    for name in ("scores-2", "scores-2-apart", "levels-2"):
        assert "ssim" not in visible_keys(page, name)
        assert body_widths(page, name) == {len(visible_keys(page, name))} != {0}
    assert column(page, "scores-2", "ssim") == []
    assert state(page) == {"hide": "ssim,weights"}
    assert page.locator(".tools summary").inner_text() == "Columns (2 hidden)"
    page.locator(".picker").get_by_label("all columns").check()
    assert visible_keys(page, "scores-2") == before
    assert state(page) == {}


def test_the_method_is_the_one_column_that_cannot_be_hidden(show):
    page = show("#hide=method,psnr")
    assert "method" in visible_keys(page, "scores-2")
    assert "psnr" not in visible_keys(page, "scores-2")
    page.locator(".tools summary").click()
    assert page.locator(".picker input[value=method]").count() == 0
    page.locator(".picker").get_by_label("all columns").check()
    page.locator(".picker").get_by_label("all columns").uncheck()
    assert visible_keys(page, "scores-2") == ["method"]
    assert methods(page, "scores-2") == AS_WRITTEN
    assert body_widths(page, "scores-2") == {1}


def tables(page):
    """All that is seen of all tables, in order."""
    return page.locator("table:visible").all_inner_texts()


def test_the_address_is_the_view_and_opens_it_again_elsewhere(show):
    page = show()
    page.get_by_role("searchbox").fill("blend,slomo,cain")
    heading(page, "scores-2", "ie").locator("button").click()
    heading(page, "scores-2", "ie").locator("button").click()
    page.locator(".tools summary").click()
    page.locator(".picker").locator("[value=memory]").uncheck()
    page.get_by_label("dark").check()
    assert methods(page, "scores-2") == ["blend", "superslomo"]
    again = show(fragment(page))
    assert tables(again) == tables(page)
    assert again.get_by_role("searchbox").input_value() == "blend,slomo,cain"
    assert again.locator(".picker input[value=memory]").is_checked() is False
    assert again.get_by_label("dark").is_checked()
    assert again.evaluate("history.length") == page.evaluate("history.length")  # Back leaves the page at once


def test_back_from_another_page_finds_the_view_as_it_was_left(show, address):
    page = show("#scores-2=fps&find=e")
    before, url = tables(page), page.url
    page.goto(f"{address}?elsewhere")
    assert tables(page) != before
    page.go_back()
    assert page.url == url
    assert tables(page) == before


def test_a_changed_address_changes_the_page_and_nonsense_in_it_does_no_harm(show, run):
    page = show("#scores-2=nonsense&find=%00&hide=,,&__proto__=1&theme=pink&constructor")
    assert methods(page, "scores-2") == []
    page.evaluate("location.hash = '#scores-2=-ie'")
    sorted_down = page.locator("[data-name=scores-2] [aria-sort=descending]")
    sorted_down.wait_for()
    assert methods(page, "scores-2") == ordered(run, RANKED, "ie", down=True)
    page.evaluate("location.hash = '#scores-2=%E0%A4%A'")
    sorted_down.wait_for(state="detached")
    assert methods(page, "scores-2") == AS_WRITTEN


def test_all_of_it_can_be_done_with_the_keyboard_alone(show, run):
    page = show()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    tab_to(page, "input[type=search]")
    page.keyboard.type("blend,slomo")
    assert methods(page, "scores-2") == ["superslomo", "blend"]
    tab_to(page, ".tools summary")
    page.keyboard.press("Enter")
    tab_to(page, ".picker input[value=psnr]")
    page.keyboard.press("Space")
    assert state(page)["hide"] == "psnr"
    page.keyboard.press("Escape")
    assert not page.locator(".picker").is_visible()
    assert page.evaluate("document.activeElement.matches('.tools summary')")
    tab_to(page, "[data-name=scores-2] [data-key=fps] button")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for down in (True, False):
        page.keyboard.press("Enter")
        wanted = [name for name in ordered(run, RANKED, "fps", down=down) if name in {"blend", "superslomo"}]
        assert methods(page, "scores-2") == wanted
    assert state(page) == {"find": "blend,slomo", "hide": "psnr", "scores-2": "fps"}
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('th').dataset.key") != "fps"


def test_the_colours_are_chosen_with_the_arrow_keys(show):
    page = show(color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    tab_to(page, ".theme input")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert state(page) == {"theme": "dark"}
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light
