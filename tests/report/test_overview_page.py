"""The overview: its figures are those of the rows, its front is one, its orders are those of the means."""

from __future__ import annotations

import itertools
import json
import random
import re
import statistics
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from report.made_runs import H200, MadeCell, sha, write_run
from report.read_page import read_page

from vfibench.leaderboards.grouping import boards
from vfibench.store.folders import read_results
from vfibench_reports.kit.drawing import text_width
from vfibench_reports.kit.labels import LabelBox, Named, place_names
from vfibench_reports.kit.saving import save
from vfibench_reports.kit.site import page_name
from vfibench_reports.overview import bump, pareto
from vfibench_reports.overview.orders import Order, group_orders, places_of, swapped_pairs
from vfibench_reports.overview.page import OverviewPage
from vfibench_reports.overview.pareto import Point, races, with_front

HOSTILE = "<script>alert(1)</script>"
DEFINITIONS = ("psnr", "ssim", "ssim3d", "psnr@rife", "psnr@ema-vfi")


def site_of(folder, cells):
    results = tuple(read_results([write_run(folder / "run", cells)]))
    (folder / "site").mkdir()
    pages = OverviewPage().render(results, folder / "site")
    assert [name for _, name in pages] == ["overview.html"]
    return folder / "site"


def page_of(folder, cells):
    return read_page(site_of(folder, cells) / "overview.html")


def means(folder, column, dataset):
    """Mean of the stored rows of each method on a dataset, read without vfibench."""
    found = {}
    for path in folder.glob(f"run/scores/*.{dataset}.vfibench.*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        scores = [row["scores"][column] for row in rows if row["status"] == "ok"]
        found[path.name.partition(".")[0]] = statistics.fmean(scores)
    return found


CELLS = [
    MadeCell("blend", level=33.0, columns=DEFINITIONS, ms=2.0),
    MadeCell("superslomo", level=36.0, columns=DEFINITIONS, weights="s.pt", ms=30.0),
    MadeCell("rife", level=35.0, columns=DEFINITIONS, weights="r.pt", ms=5.0),
    MadeCell("cain", level=32.0, columns=DEFINITIONS, weights="c.pt", ms=50.0),
    MadeCell("blend", "davis", level=27.0),
    MadeCell("superslomo", "davis", level=26.0, weights="s.pt"),
    MadeCell("rife", "davis", level=28.0, weights="r.pt", unreached=2),
    MadeCell("blend", "ucf101", "rife", columns=("psnr@rife",)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("overview")
    site_of(made, CELLS)
    return made


@pytest.fixture(scope="module")
def page(folder):
    return read_page(folder / "site" / "overview.html")


def rows_of(table):
    return {row[0].text.split()[0]: row for row in table.rows}


def test_the_matrix_holds_the_mean_of_every_method_on_every_dataset(folder, page):
    rows = rows_of(page.tables["matrix-1"])
    assert set(rows) == {"blend", "superslomo", "rife", "cain"}
    for place, dataset in [(1, "ucf101"), (2, "davis")]:
        expected = means(folder, "psnr", dataset)
        for method, mean in expected.items():
            assert float(rows[method][place].value) == pytest.approx(mean, rel=1e-12)
            assert rows[method][place].text.split()[0] == f"{mean:.3f}"
        assert {method for method, row in rows.items() if row[place].text != "–"} == set(expected)


def test_the_matrix_tells_the_rank_among_how_many_and_marks_the_best(page):
    rows = rows_of(page.tables["matrix-1"])
    told = {method: row[1].text.split(" ", 1)[1] for method, row in rows.items()}
    assert told == {"superslomo": "1 of 4", "rife": "2 of 4", "blend": "3 of 4", "cain": "4 of 4"}
    assert "best" in rows["superslomo"][1].classes
    assert "second" in rows["rife"][1].classes
    assert "best" in rows["blend"][2].classes


def test_what_may_not_be_compared_is_marked_in_the_matrix(page):
    cell = rows_of(page.tables["matrix-1"])["rife"][2]
    assert cell.text.endswith(" not ranked")
    assert "aside" in cell.classes
    assert [found for _, found in page.tags if found.get("title") == "incomplete: 6 of 8 frames"]


def test_each_protocol_has_a_matrix_of_its_own_that_leads_to_its_leaderboards(page):
    assert page.tables["matrix-2"].keys == ["method", "d1"]
    assert len(page.tables["matrix-2"].rows) == 1
    wanted = [("ucf101", "vfibench"), ("davis", "vfibench"), ("ucf101", "rife")]
    assert {page_name("leaderboard", *board) for board in wanted} < set(page.links)


def test_one_method_with_two_weights_has_two_rows(tmp_path):
    cells = [MadeCell("convlstm", weights="a.pt"), MadeCell("convlstm", weights="b.pt", level=36.0)]
    table = page_of(tmp_path, [*cells, MadeCell("convlstm", "davis", weights="a.pt")]).tables["matrix-1"]
    assert [len([cell for cell in row[1:] if cell.text != "–"]) for row in table.rows] == [1, 2]
    assert all("weights" in row[0].text for row in table.rows)


def test_two_versions_on_one_dataset_have_a_row_each_and_versions_of_two_datasets_share_one(tmp_path):
    cells = [
        MadeCell("mine", code="old"),
        MadeCell("mine", code="new", level=36.0),
        MadeCell("blend", code="b1"),
    ]
    other = [MadeCell("mine", "davis", code="new"), MadeCell("blend", "davis", code="b2")]
    table = page_of(tmp_path, [*cells, *other]).tables["matrix-1"]
    rows = {row[0].text: len([cell for cell in row[1:] if cell.text != "–"]) for row in table.rows}
    assert rows == {f"mine code {sha('new')[:8]}": 2, f"mine code {sha('old')[:8]}": 1, "blend": 2}


def test_the_matrix_shows_the_ranked_one_of_two_results(tmp_path):
    cells = [MadeCell("rife"), MadeCell("rife", kind="own list", samples=20), MadeCell("blend", level=30.0)]
    rows = rows_of(page_of(tmp_path, cells).tables["matrix-1"])
    assert rows["rife"][1].text.endswith(" 1 of 2")


def test_groups_that_are_ranked_apart_are_told_apart_in_the_matrix(tmp_path):
    page = page_of(tmp_path, [MadeCell("blend"), MadeCell("rife", level=36.0), MadeCell("flavr", inputs=4)])
    rows = rows_of(page.tables["matrix-1"])
    assert rows["flavr"][1].text.endswith(" 1 of 1, 4 frames in")
    assert rows["rife"][1].text.endswith(" 1 of 2")


def points(count, seed):
    """Points with many equal speeds and scores."""
    source = random.Random(seed)
    entries = [SimpleNamespace(label=f"m{place}") for place in range(count)]
    return [Point(entry, source.randint(1, 9), float(source.randint(1, 9)), None) for entry in entries]


@pytest.mark.parametrize("higher", [True, False])
def test_the_front_is_what_no_other_point_beats_in_both(higher):
    sign = 1 if higher else -1

    def beats(a, b):
        no_worse = a.speed >= b.speed and sign * a.score >= sign * b.score
        return no_worse and (a.speed > b.speed or sign * a.score > sign * b.score)

    for seed in range(60):
        given = points(12, seed)
        by_label = {point.entry.label: point for point in given}
        found = with_front(given, higher=higher)
        assert {point.entry.label for point in found} == set(by_label)
        for point in found:
            beaten = any(beats(other, point) for other in given)
            assert bool(point.beaten_by) == beaten
            assert not point.beaten_by or beats(by_label[point.beaten_by], point)


def only_board(folder, cells):
    (board,) = boards(tuple(read_results([write_run(folder / "run", cells)])))
    return board


def test_only_methods_of_one_hardware_precision_and_batch_race(tmp_path):
    cells = [
        MadeCell("a"),
        MadeCell("b"),
        MadeCell("c", device=H200),
        MadeCell("d", device=H200),
        MadeCell("e", device=H200, precision="fp16"),
        MadeCell("f", ms=None),
        MadeCell("g", inputs=4),
        MadeCell("h", unreached=1),
    ]
    board = only_board(tmp_path, cells)
    found = [race for group in board.groups for race in races(board, group)]
    assert {frozenset(point.entry.label for point in race.points) for race in found} == {
        frozenset("ab"),
        frozenset("cd"),
    }
    assert {race.hardware for race in found} == {"Example CPU at 2.50GHz, 2 threads", "NVIDIA H200"}


def test_a_figure_has_the_speed_and_the_score_of_each_method_where_they_belong(tmp_path):
    cells = [MadeCell(name, ms=ms, samples=40, level=level) for name, ms, level in
             [("a", 1.0, 30.0), ("b", 4.0, 33.0), ("c", 16.0, 35.0)]]  # fmt: skip
    board = only_board(tmp_path, cells)
    (race,) = races(board, board.groups[0])
    drawing = pareto.draw(race, "title")
    dots = {dot.tip.partition(":")[0]: dot for dot in drawing.dots}
    entries = {entry.label: entry for entry in board.groups[0].entries}
    speed = {name: np.log(entry.speed.frames_per_s) for name, entry in entries.items()}
    score = {name: entry.scores["psnr"].mean for name, entry in entries.items()}
    for given, place, sign in [(speed, "x", 1), (score, "y", -1)]:
        rates = [
            (getattr(dots[q], place) - getattr(dots[p], place)) / (given[q] - given[p])
            for p, q in itertools.combinations("abc", 2)
        ]
        assert rates == pytest.approx([rates[0]] * 3)
        assert sign * rates[0] > 0


def test_a_lower_error_stands_higher(tmp_path):
    board = only_board(tmp_path, [MadeCell("a", columns=("ie",)), MadeCell("b", level=30.0, columns=("ie",))])
    (race,) = races(board, board.groups[0])
    dots = {dot.tip.partition(":")[0]: dot for dot in pareto.draw(race, "title").dots}
    assert race.higher is False
    assert dots["a"].y < dots["b"].y


def overlap(a, b):
    """Area in common of two boxes."""
    wide, high = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(wide, 0) * max(high, 0)


def test_twenty_names_hardly_cover_one_another_and_stay_inside():
    within = LabelBox(50, 10, 590, 350)
    for seed in range(4):
        source = random.Random(seed)
        dots = []
        for place in range(20):
            x, y = source.uniform(60, 580), source.uniform(40, 330)
            dots.append(
                Named(x, y, f"method-{place}", LabelBox(x - 2, y - 25, x + 2, y + 25), place % 4 == 0)
            )
        words, _ = place_names(dots, within)
        assert {word.text for word in words} == {dot.name for dot in dots}
        boxes = []
        for word in words:
            wide = text_width(word.text)
            left = word.x - {"start": 0, "middle": 0.5, "end": 1}[word.anchor] * wide
            boxes.append(LabelBox(left, word.y - 10, left + wide, word.y + 3))
        assert all(overlap(box, within) > 0.97 * overlap(box, box) for box in boxes)
        covered = sum(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
        assert covered < 0.02 * sum(overlap(box, box) for box in boxes)


def test_the_figures_are_saved_as_svg_and_png_with_every_name_as_text(tmp_path):
    names = [HOSTILE, "cost $x^2$ & co", "nul\x07bell", "日本"]
    site = site_of(tmp_path, [MadeCell(name, ms=5.0 + k, level=30.0 + k) for k, name in enumerate(names)])
    (svg,) = (site / "figures").glob("pareto.ucf101.*.svg")
    words = {"".join(found.itertext()) for found in ElementTree.parse(svg).iter() if "text" in found.tag}
    assert {"cost $x^2$ & co", "nul\ufffdbell", "日本", "<script>alert(1)</scrip…"} <= words
    with Image.open(svg.with_suffix(".png")) as picture:
        assert picture.size == (1200, 800)
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 20
    links = read_page(site / "overview.html").links
    assert {f"figures/{svg.stem}.{kind}" for kind in ("svg", "png")} < set(links)


def test_a_saved_figure_is_the_same_byte_by_byte(tmp_path):
    board = only_board(tmp_path, CELLS[:4])
    (race,) = races(board, board.groups[0])
    for name in ("a", "b"):
        save(pareto.draw(race, "title"), tmp_path / name)
    for kind in ("svg", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_the_page_draws_the_front_and_tells_who_is_behind_whom(page):
    (table,) = (table for name, table in page.tables.items() if name.startswith("pareto.ucf101"))
    behind = {row[0].text: row[3].text for row in table.rows}
    assert behind == {
        "blend": "on the front",
        "rife": "on the front",
        "superslomo": "on the front",
        "cain": "superslomo",
    }
    dots = [found["class"] for name, found in page.tags if name == "circle"]
    assert dots.count("behind") >= 1
    assert [name for name, _ in page.tags].count("svg") >= 2


def test_without_timings_there_is_no_figure_of_speed(tmp_path):
    site = site_of(tmp_path, [MadeCell(ms=None), MadeCell("nearest", ms=None)])
    assert not (site / "figures").exists()
    assert "Quality against speed" not in (site / "overview.html").read_text()


def with_means(table):
    """A board of one ranked group whose methods have these means, a column per definition."""
    columns = tuple(table)
    count = len(table[columns[0]])
    entries = tuple(
        SimpleNamespace(
            label=f"m{row}",
            scores={
                c: SimpleNamespace(mean=table[c][row], n=5) for c in columns if table[c][row] is not None
            },
        )
        for row in range(count)
    )
    board = SimpleNamespace(columns=columns, better=dict.fromkeys(columns, "higher"))
    return board, SimpleNamespace(ranked=True, entries=entries)


def test_definitions_that_order_the_methods_alike_are_one_order():
    table = {
        "psnr": [3.0, 2.0, 1.0],
        "psnr@a": [30.0, 20.0, 10.0],
        "psnr@b": [2.0, 3.0, 1.0],
        "psnr@c": [9.0, 5.0, 4.0],
        "psnr@d": [1.0, 1.0, 0.0],
        "psnr@e": [7.0, 7.0, 1.0],
        "ssim": [0.9, 0.8, 0.7],
        "ssim3d": [0.9, 0.8, 0.95],
        "ie": [1.0, 2.0, 3.0],
    }
    found = {one.family: one for one in group_orders(*with_means(table))}
    assert set(found) == {"psnr", "ssim"}
    assert [order.columns for order in found["psnr"].orders] == [
        ("psnr", "psnr@a", "psnr@c"),
        ("psnr@d", "psnr@e"),
        ("psnr@b",),
    ]
    assert [order.places for order in found["psnr"].orders] == [(1, 2, 3), (1, 1, 3), (2, 1, 3)]
    assert found["psnr"].moved == [True, True, False]
    assert found["ssim"].orders[1].places == (2, 3, 1)


def test_a_definition_that_a_method_lacks_orders_nothing():
    found = group_orders(*with_means({"psnr": [1.0, 2.0], "psnr@a": [2.0, 1.0], "psnr@b": [None, 1.0]}))
    assert [one.columns for one in found] == [("psnr", "psnr@a")]


def test_places_and_swapped_pairs_are_those_counted_by_hand():
    source = random.Random(5)
    for _ in range(30):
        one, other = ([source.randint(0, 6) for _ in range(8)] for _ in range(2))
        places = [places_of(np.array(values, float)) for values in (one, other)]
        assert places[0] == tuple(1 + sum(v > own for v in one) for own in one)
        expected = sum(
            (one[i] - one[j]) * (other[i] - other[j]) < 0 for i, j in itertools.combinations(range(8), 2)
        )
        assert swapped_pairs(Order((), places[0]), Order((), places[1])) == expected


def test_the_page_says_how_the_order_depends_on_the_definition(folder, page):
    """The made-up scores of a definition are shifted alike for all methods: the order stays."""
    assert "All 3 definitions put the 4 methods in the same order." in page.text
    table = page.tables["psnr-1.2-places"]
    assert table.keys == ["method", "oA", "lowest", "highest", "spread"]
    expected = [means(folder, column, "ucf101")["rife"] for column in ("psnr", "psnr@rife", "psnr@ema-vfi")]
    row = rows_of(table)["rife"]
    assert row[1].text == "2"
    assert [float(cell.value) for cell in row[2:4]] == pytest.approx([min(expected), max(expected)])
    assert page.tables["psnr-1.2-orders"].texts("definitions") == ["psnr, psnr@rife, psnr@ema-vfi"]


def test_lines_cross_where_the_definition_decides():
    (found,) = group_orders(*with_means({"psnr": [3.0, 2.0, 1.0], "psnr@b": [2.0, 3.0, 1.0]}))
    drawing = bump.draw(found, "title")
    ends = {stroke.role: [] for stroke in drawing.strokes}
    for stroke in drawing.strokes:
        ends[stroke.role].append(stroke.points[-1][1] - stroke.points[0][1])
    assert sorted(ends["front"]) == [-bump.ROW, bump.ROW]
    assert ends["behind"] == [0.0]
    assert [word.text for word in drawing.words[:4]] == ["A", "1 definition", "B", "1 definition"]


def test_more_orders_than_fit_are_told_and_not_drawn():
    columns = [f"psnr@{k}" for k in range(20)]
    source = random.Random(1)
    (found,) = group_orders(*with_means({c: source.sample(range(9), 9) for c in columns}))
    assert len(found.orders) > bump.MOST
    drawn = bump.draw(replace(found), "title")
    assert len(drawn.strokes[0].points) == bump.MOST


def test_hostile_names_are_text_on_the_overview(tmp_path):
    cells = [MadeCell(HOSTILE, level=36.0, columns=DEFINITIONS), MadeCell("blend", columns=DEFINITIONS)]
    page = page_of(tmp_path, [*cells, MadeCell(HOSTILE, dataset=HOSTILE, protocol=HOSTILE)])
    assert HOSTILE in page.text
    assert [name for name, _ in page.tags].count("script") == 1
    assert not [key for _, found in page.tags for key in found if key.startswith("on")]
    for link in page.links:
        assert re.fullmatch(r"#content|(figures/)?[a-z0-9.-]+\.(html|svg|png)(#[a-z-]+)?", link)


def test_tables_have_unique_names_and_a_field_a_column(page):
    names = [found["data-name"] for name, found in page.tags if name == "table"]
    assert len(names) == len(set(names))
    for table in page.tables.values():
        assert len(table.keys) == len(set(table.keys))
        assert all(len(row) == len(table.keys) for row in [*table.rows, *table.foot])
