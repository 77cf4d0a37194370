"""The overview in a real browser: the front, the places and the matrix are those of the stored rows."""

from __future__ import annotations

import json
import re
import statistics
from itertools import combinations

import pytest
from report.browsing import column, heading, methods, state
from report.made_runs import MadeCell, write_run

from vfibench.store.folders import read_results
from vfibench_reports.overview.page import OverviewPage

DEFINITIONS = ("psnr", "psnr@rife", "psnr@ema-vfi")
CELLS = [
    MadeCell(name, level=level, columns=DEFINITIONS, ms=ms)
    for name, level, ms in [
        ("blend", 33.0, 2.0),
        ("superslomo", 36.0, 30.0),
        ("rife", 35.0, 5.0),
        ("cain", 32.0, 50.0),
        ("dain", 34.0, 20.0),
    ]
]
CELLS += [MadeCell("rife", "davis", level=27.0), MadeCell("blend", "davis", level=29.0)]
MOVED = "dain"  # its score under one definition is raised, so that the definitions disagree


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("overview") / "run", CELLS)
    (path,) = folder.glob(f"scores/{MOVED}.ucf101.*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row["scores"]["psnr@ema-vfi"] += 5.0
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def address(run):
    ((_, name),) = OverviewPage().render(read_results([run]), run.parent)
    return (run.parent / name).as_uri()


@pytest.fixture
def show(visit, address):
    return lambda hash="", **options: visit(address + hash, **options)


def lines(run, kind, dataset):
    """{method: lines} as they lie on the disk, read without vfibench."""
    return {
        path.name.partition(".")[0]: [json.loads(line) for line in path.read_text().splitlines()]
        for path in run.glob(f"{kind}/*.{dataset}.*.jsonl")
    }


def means(run, key, dataset="ucf101"):
    found = lines(run, "scores", dataset).items()
    return {method: statistics.fmean(row["scores"][key] for row in rows) for method, rows in found}


def speeds(run):
    """Output frames a second without the warm-up."""
    found = {}
    for method, rows in lines(run, "timings", "ucf101").items():
        timed = [row for row in rows if not row["warmup"]]
        found[method] = sum(row["frames"] for row in timed) / sum(row["predict_s"] for row in timed)
    return found


def front(run):
    """Methods that no other beats in speed and score, pair by pair."""
    speed, score = speeds(run), means(run, "psnr")
    beaten = {b for a in speed for b in speed if speed[a] > speed[b] and score[a] > score[b]}
    return set(speed) - beaten


DOTS = """svg => Object.fromEntries(Array.from(svg.querySelectorAll("circle")).map(dot => {
  const box = dot.getBoundingClientRect();
  const name = dot.textContent.split(":")[0];
  return [name, { x: box.x + box.width / 2, y: box.y + box.height / 2, fill: getComputedStyle(dot).fill }];
}))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_is_beaten_in_speed_and_score_is_greyed_and_nobody_else(show, run, scheme):
    page = show(color_scheme=scheme)
    dots = page.locator(".charts svg").first.evaluate(DOTS)
    ahead = front(run)
    assert ahead == {"blend", "rife", "superslomo"}
    colours = {name: dot["fill"] for name, dot in dots.items()}
    strong, pale = ({colours[name] for name in names} for names in (ahead, set(dots) - ahead))
    assert len(strong) == len(pale) == 1
    assert strong != pale


def test_dots_stand_where_speed_and_score_put_them(show, run):
    dots = show().locator(".charts svg").first.evaluate(DOTS)
    speed, score = speeds(run), means(run, "psnr")
    assert set(dots) == set(speed)
    for a, b in combinations(dots, 2):
        assert (dots[a]["x"] < dots[b]["x"]) == (speed[a] < speed[b])
        assert (dots[a]["y"] > dots[b]["y"]) == (score[a] < score[b])


def test_the_figures_behind_the_front_unfold_and_sort(show, run):
    page = show()
    figure = page.locator(".charts figure").first
    name = figure.locator("table").get_attribute("data-name")
    assert not figure.locator("table").is_visible()
    figure.locator("summary").focus()
    page.keyboard.press("Enter")
    assert figure.locator("table").is_visible()
    score, speed = means(run, "psnr"), speeds(run)
    assert methods(page, name) == sorted(speed, key=speed.get, reverse=True)
    heading(page, name, "score").locator("button").click()
    assert methods(page, name) == sorted(score, key=score.get, reverse=True)
    shown = dict(zip(methods(page, name), column(page, name, "behind"), strict=True))
    assert {method for method, told in shown.items() if told == "on the front"} == front(run)
    for method, better in shown.items():
        assert better == "on the front" or (score[better] > score[method] and speed[better] > speed[method])
    assert state(page) == {name: "-score"}


def test_the_figure_is_saved_as_it_is_offered(show, run):
    for link in show().locator(".charts a[download]").all():
        saved = run.parent / link.get_attribute("href")
        assert saved.read_bytes()[:4] in {b"<?xm", b"\x89PNG"}


def test_paper_gets_dots_intervals_and_names(show):
    page = show()
    page.emulate_media(media="print")
    figure = page.locator(".charts svg").first
    for mark in ("circle", "polyline.bar", "text.word"):
        shown = figure.locator(mark).evaluate_all("all => all.map(one => one.checkVisibility())")
        assert len(shown) >= 3, mark
        assert all(shown), mark


def test_the_matrix_sorts_and_filters_by_dataset_and_method(show, run):
    page = show()
    for key, dataset in (("d1", "ucf101"), ("d2", "davis")):
        score = means(run, "psnr", dataset)
        heading(page, "matrix-1", key).locator("button").click()
        best = sorted(score, key=score.get, reverse=True)
        assert methods(page, "matrix-1")[: len(best)] == best
        for method, shown in zip(best, column(page, "matrix-1", key), strict=False):
            assert shown.split()[0] == f"{score[method]:.3f}"
    assert column(page, "matrix-1", "d2")[2:] == ["–"] * 3
    page.get_by_role("searchbox").fill("ain")
    assert sorted(methods(page, "matrix-1")) == ["cain", "dain"]
    assert page.locator(".tools output").inner_text() == "2 of 5"


def test_lines_end_at_the_places_that_each_definition_gives(show, run):
    page = show()
    section = page.locator("section", has=page.get_by_text("The order under other definitions"))
    assert "3 definitions give 2 orders; 3 of 5 methods change their place." in section.inner_text()
    script = """svg => Array.from(svg.querySelectorAll("text.word")).map(word => {
      const box = word.getBoundingClientRect();
      return [word.textContent.replace(/\\s+/g, " "), box.x, box.y];
    })"""
    words = section.locator("svg").evaluate(script)
    for definition, pattern in (("psnr", r"(\w+) (\d)"), ("psnr@ema-vfi", r"(\d) (\w+)")):
        score = means(run, definition)
        ranked = sorted(score, key=score.get, reverse=True)
        ends = sorted((y, text) for text, _, y in words if re.fullmatch(pattern, text))
        wanted = [
            f"{name} {place}" if definition == "psnr" else f"{place} {name}"
            for place, name in enumerate(ranked, 1)
        ]
        assert [text for _, text in ends] == wanted


def test_the_definitions_of_each_order_unfold(show, run):
    page = show()
    folded = page.locator("details", has_text="given by").first
    folded.locator("summary").click()
    places, orders = folded.locator("table").evaluate_all("all => all.map(one => one.dataset.name)")
    assert column(page, orders, "definitions") == ["psnr, psnr@rife", "psnr@ema-vfi"]
    first, other = means(run, "psnr"), means(run, "psnr@ema-vfi")
    swapped = sum((first[a] - first[b]) * (other[a] - other[b]) < 0 for a, b in combinations(first, 2))
    assert column(page, orders, "swapped") == ["–", str(swapped)]
    heading(page, places, "oB").locator("button").click()
    assert methods(page, places) == sorted(other, key=other.get, reverse=True)
