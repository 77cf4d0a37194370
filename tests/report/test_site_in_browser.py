"""Every page of a whole site in a real browser: colours, paper, a phone, no script, and hostile names.

`visit` fails each of these tests too where a page asks for anything beyond itself or complains.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from report.browsing import PATIENCE, contrast, state, unfold, watch
from report.made_pictures import PicturedCell, pictured_run
from report.made_runs import H200, MadeCell, write_run
from report.read_page import read_page
from report.seen_pages import PHONE, SHOWN, background, look

from vfibench.reporting import write_site
from vfibench.store.folders import read_results
from vfibench.strata.files import facts_file, heading, row_text
from vfibench.system.files import write_whole
from vfibench_reports.kit.site import slug

HOSTILE = "<script>alert(1)</script>"
KINDS = {"index", "overview", "leaderboard", "strata", "method", "compare", "samples", "sample"}
DEFINITIONS = ("psnr", "ssim", "ie", "psnr@rife", "psnr@ema-vfi")
LONG = "anamethatislongerthananytelephoneiswideandhasnoblanknorhypheninit"
PICTURED = [
    PicturedCell(name, level=level, named=("a", HOSTILE, LONG), samples=3)
    for name, level in (("rife", 36.0), (HOSTILE, 34.0), ("dvf", 30.0))
]
COMPARED = [
    MadeCell(HOSTILE, "davis", level=35.0, samples=60, columns=DEFINITIONS, ms=4.0, device=H200),
    MadeCell("rife", "davis", level=34.0, samples=60, columns=DEFINITIONS, ms=2.0, device=H200),
    MadeCell(LONG, "davis", level=33.0, samples=60, columns=DEFINITIONS, ms=9.0, device=H200, weights="l.pt"),
    MadeCell("dvf", "davis", level=36.0, samples=60, columns=DEFINITIONS, kind="partial", official=90),
    MadeCell("rife", HOSTILE, HOSTILE, failed=2, times=(0.25, 0.5)),
    MadeCell("rife", LONG, LONG, times=(0.25, 0.5), columns=DEFINITIONS, weights=LONG),
    MadeCell(LONG, LONG, LONG, times=(0.25, 0.5), columns=DEFINITIONS, level=30.0, command=LONG),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with every kind of page."""
    folder = tmp_path_factory.mktemp("site")
    pictured_run(folder / "pictured", PICTURED)
    for result in read_results([write_run(folder / "compared", COMPARED)]):
        facts = {
            frame: ((1.0, 8.0, 30.0)[place % 3], (0.001, 0.2)[place % 2])
            for place, frame in enumerate(result.scores.frames)
        }
        write_whole(facts_file(result), heading(result, "exact") + row_text(facts.items()))
    write_site([folder / "pictured", folder / "compared"], folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def files(site):
    """Every page's file, each kind of page among them."""
    found = sorted(site.glob("*.html"))
    assert {path.name.partition(".")[0] for path in found} == KINDS
    return found


@pytest.fixture(scope="module")
def seen(browser, files):
    """({file name: Seen}, whatever a page asked for or complained of)."""
    context, troubles = browser.new_context(), []
    context.set_default_timeout(PATIENCE)
    watch(context, troubles)
    page, found = context.new_page(), {}
    for path in files:
        page.goto(path.as_uri())
        found[path.name] = look(page)
    context.close()
    return found, troubles


def test_no_page_asks_the_network_or_another_file_or_complains(seen):
    assert seen[1] == []
    assert {name: one.loads for name, one in seen[0].items() if one.loads} == {}


def is_about(name, method):
    """Whether a page shows a method: those of other methods and the boards without it do not."""
    kind = name.partition(".")[0]
    return f"{slug(method)[:20]}" in name if kind == "method" else slug(LONG)[:20] not in name


def test_a_method_named_as_markup_is_text_on_every_page(seen):
    for name, one in seen[0].items():
        assert HOSTILE in one.text or not is_about(name, HOSTILE), name
        assert [kind for kind in one.scripts if kind != "application/json"] == [""], name
        assert one.active == [], name
    assert sum(HOSTILE in one.text for one in seen[0].values()) > 10


def test_every_link_leads_to_a_file_of_the_site_or_to_the_web(seen):
    for name, one in seen[0].items():
        assert len(one.ids) == len(set(one.ids)), name
        for link in one.links:
            parts = urlsplit(link)
            assert parts.scheme in {"file", "https"}, (name, link)
            assert parts.scheme == "https" or Path(unquote(parts.path)).is_file(), (name, link)
            if parts.fragment and "=" not in parts.fragment:  # a place; what has a value is a state
                assert parts.fragment in seen[0][unquote(Path(parts.path).name)].ids, (name, link)


@pytest.mark.parametrize("where", ["light", "dark", "paper"])
def test_all_text_stands_out_from_what_is_behind_it(seen, where):
    for name, one in seen[0].items():
        assert len(getattr(one, where)) > 1, name
        assert {told: ratio for told, ratio in getattr(one, where).items() if ratio < 4.5} == {}, name


def test_paper_gets_the_tables_on_white_and_no_controls(seen):
    for name, one in seen[0].items():
        assert one.background == "rgb(255, 255, 255)", name
        assert one.printed == [], name
        assert one.tables[0] == one.tables[1], name
    assert sum(one.tables[1] for one in seen[0].values()) > 30


def test_a_page_is_never_wider_than_a_phone(seen):
    assert {name: one.width for name, one in seen[0].items() if one.width > PHONE} == {}


def test_the_browsers_scheme_is_followed_unless_the_switch_says_otherwise(visit, files):
    colours = {}
    for scheme in ("light", "dark"):
        page = visit(files[0].as_uri(), color_scheme=scheme)
        colours[scheme] = background(page)
    assert contrast(colours["light"], colours["dark"]) > 10
    for wanted in ("light", "dark"):
        page.get_by_label(wanted).check()
        assert background(page) == colours[wanted]
        assert state(page) == {"theme": wanted}
    page.emulate_media(color_scheme="light")
    assert background(page) == colours["dark"]
    page.get_by_label("auto").check()
    assert background(page) == colours["light"]
    assert state(page) == {}


def test_links_take_the_chosen_colours_along_and_back_finds_them(visit, site):
    page = visit((site / "index.html").as_uri(), color_scheme="light")
    page.get_by_label("dark").check()
    dark = background(page)
    page.locator("main a[href^=leaderboard]").first.click()
    page.wait_for_url("**/leaderboard.*")
    assert state(page)["theme"] == "dark"
    assert background(page) == dark
    page.get_by_label("light").check()
    page.locator("th.head a[href^=method]").first.click()
    page.wait_for_url("**/method.*")
    assert state(page)["theme"] == "light"
    assert background(page) != dark
    page.go_back()
    page.go_back()
    page.wait_for_url("**/index.html*")
    assert background(page) == dark


def test_a_place_on_the_index_is_reached_with_the_theme_in_the_address(visit, site):
    page = visit((site / "overview.html").as_uri() + "#theme=dark")
    page.locator("nav").get_by_text("Methods").click()
    page.wait_for_url("**/index.html*")
    assert page.evaluate("document.activeElement.id") == "methods"
    assert state(page) == {"methods": "", "theme": "dark"}


def test_a_wide_table_scrolls_in_a_box_of_its_own_on_a_phone(visit, site):
    page = visit((site / "leaderboard.davis.vfibench.html").as_uri(), width=PHONE)
    box = page.locator(".scroll", has=page.locator("[data-name=scores-2]"))
    assert box.evaluate("box => box.scrollWidth") > 500
    box.focus()
    page.keyboard.press("End")
    box.evaluate("box => { box.scrollLeft = 10000; }")
    last = page.locator("[data-name=scores-2] thead th").last.bounding_box()
    assert last["x"] + last["width"] <= PHONE + 1


def test_the_columns_to_choose_from_fit_on_a_phone(visit, files):
    for path in files:
        if path.name.startswith(("index", "overview", "leaderboard.davis")):
            page = visit(path.as_uri(), width=PHONE)
            page.locator(".tools summary").click()
            box = page.locator(".picker").bounding_box()
            assert box["x"] >= 0, path.name
            assert box["x"] + box["width"] <= PHONE, path.name
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, path.name


def test_what_is_folded_is_unfolded_for_paper(visit, site):
    page = visit((site / "leaderboard.davis.vfibench.html").as_uri())
    assert page.locator("main details[open]").count() == 0
    assert page.pdf().startswith(b"%PDF")
    folded = page.locator("main details:not([open])")
    assert folded.evaluate_all("all => all.map(one => one.className)") == ["columns"]


ROWS = """tables => Object.fromEntries(tables.map(table => [
  table.dataset.name,
  Array.from(table.tBodies[0].rows).filter(row => row.checkVisibility()).map(row => row.innerText),
]))"""


def test_without_a_script_every_row_is_there_and_nothing_that_needs_one(visit, files):
    page = visit("about:blank", java_script_enabled=False)
    for path in files:
        page.goto(path.as_uri())
        unfold(page)
        found = page.locator("table").evaluate_all(ROWS)
        read = read_page(path)
        assert set(found) == set(read.tables)
        for name, rows in found.items():
            wanted = [" ".join(" ".join(cell.text for cell in row).split()) for row in read.tables[name].rows]
            assert [" ".join(text.split()) for text in rows] == wanted, (path.name, name)
        assert page.evaluate(f"({SHOWN})('button, input, select, canvas, output').length") == 0, path.name


def test_what_a_page_must_not_do_is_noticed(browser, tmp_path):
    """That the other tests can fail."""
    (tmp_path / "bad.html").write_text(
        "<img src='http://127.0.0.1:9/x.png'><img src='beside.png'>"
        "<script>console.error('a complaint'); alert('hello'); setTimeout(() => undefined.oops)</script>"
    )
    context, troubles = browser.new_context(), []
    context.set_default_timeout(PATIENCE)
    watch(context, troubles)
    page = context.new_page()
    page.goto((tmp_path / "bad.html").as_uri())
    page.wait_for_timeout(100)
    context.close()
    told = " ".join(troubles)
    for word in ("127.0.0.1:9", "beside.png", "a complaint", "dialog: hello", "oops"):
        assert word in told, word
