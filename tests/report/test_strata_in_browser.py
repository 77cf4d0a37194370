"""The strata page in a real browser: classes sort by themselves, lines stand where the rows put them."""

from __future__ import annotations

import json
import statistics

import pytest
from report.browsing import column, fragment, heading, methods, state
from report.made_runs import MadeCell, write_run

from vfibench.store.folders import read_results
from vfibench.strata.files import facts_file, row_text
from vfibench.strata.files import heading as first_line
from vfibench.system.files import write_whole
from vfibench_reports.strata.page import StrataPage

MOTIONS = (0.5, 3.0, 8.0)  # a class each
LABELS = ("under 2 px", "2–5 px", "5–10 px")
CELLS = [MadeCell(name, level=level, samples=60) for name, level in [("blend", 33.0), ("nearest", 30.0)]]
CELLS.append(MadeCell("rife", level=31.0, samples=60))
QUICK = "rife"  # made best where motion is large, so that the classes disagree


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("strata") / "run", CELLS)
    (path,) = folder.glob(f"scores/{QUICK}.*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row["scores"]["psnr"] += 6.0 if row["index"] % 3 == 2 else 0.0
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    for result in read_results([folder]):
        facts = {f: (MOTIONS[place % 3], 0.001) for place, f in enumerate(result.scores.frames)}
        write_whole(facts_file(result), first_line(result, "exact") + row_text(facts.items()))
    return folder


@pytest.fixture(scope="module")
def address(run):
    ((_, name),) = StrataPage().render(read_results([run]), run.parent)
    return (run.parent / name).as_uri()


@pytest.fixture
def show(visit, address):
    return lambda hash="", **options: visit(address + hash, **options)


def means(run, key, which):
    """{method: mean of a class of motion}, from the rows on the disk."""
    found = {}
    for path in run.glob("scores/*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        inside = [row["scores"][key] for row in rows if row["index"] % 3 == which]
        found[path.name.partition(".")[0]] = statistics.fmean(inside)
    return found


def test_each_class_sorts_by_its_own_mean(show, run):
    page = show()
    for which, label in enumerate(LABELS):
        key = str(which + 1)
        assert heading(page, "motion-psnr-2", key).inner_text().startswith(label)
        heading(page, "motion-psnr-2", key).locator("button").click()
        score = means(run, "psnr", which)
        assert methods(page, "motion-psnr-2") == sorted(score, key=score.get, reverse=True)
        for method, shown in zip(
            methods(page, "motion-psnr-2"), column(page, "motion-psnr-2", key), strict=True
        ):
            assert shown.split()[0] == f"{score[method]:.3f}"
        assert state(page) == {"motion-psnr-2": f"-{key}"}
    assert methods(page, "motion-psnr-2")[0] == QUICK  # of all frames it is not the best
    again = show(fragment(page))
    assert methods(again, "motion-psnr-2") == methods(page, "motion-psnr-2")


def test_a_metric_of_errors_sorts_its_least_first(show, run):
    page = show()
    table = page.locator("table[data-name=motion-ie-2]")
    assert not table.is_visible()
    page.locator("details", has=table).locator("summary").click()
    assert table.is_visible()
    heading(page, "motion-ie-2", "1").locator("button").click()
    score = means(run, "ie", 0)
    assert methods(page, "motion-ie-2") == sorted(score, key=score.get)
    assert state(page) == {"motion-ie-2": "1"}


DOTS = """svg => Array.from(svg.querySelectorAll("circle")).map(dot => {
  const box = dot.getBoundingClientRect();
  return [dot.textContent.split(":")[0], [box.x, box.y]];
})"""


def test_lines_are_drawn_at_the_height_of_their_means(show, run):
    dots = dict(show().locator("svg.lines").first.evaluate(DOTS))
    mean = {
        f"{method}, {label.removesuffix(' px')}": found
        for which, label in enumerate(LABELS)
        for method, found in means(run, "psnr", which).items()
    }
    assert set(dots) == set(mean)
    across = [
        {dots[name][0] for name in dots if name.endswith(label.removesuffix(" px"))} for label in LABELS
    ]
    assert [len(found) for found in across] == [1, 1, 1]  # a class, a place
    assert sorted(across, key=min) == across
    low, high = min(mean, key=mean.get), max(mean, key=mean.get)
    rate = (dots[high][1] - dots[low][1]) / (mean[high] - mean[low])  # pixels a dB, y grows downwards
    assert rate < -5
    for name, (_, y) in dots.items():
        assert y == pytest.approx(dots[low][1] + rate * (mean[name] - mean[low]), abs=0.2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_line_has_a_colour_of_its_own(show, scheme):
    chart = show(color_scheme=scheme).locator("svg.lines").first
    strokes = chart.locator("polyline").evaluate_all("all => all.map(one => getComputedStyle(one).stroke)")
    assert len(strokes) == len(set(strokes)) == 3


def test_paper_gets_every_class(show):
    page = show(color_scheme="dark")
    page.pdf()  # as printing does, it unfolds what is folded
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("table:visible").count() == page.locator("table").count() > 4
