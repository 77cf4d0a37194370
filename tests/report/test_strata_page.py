"""The strata page: its figures are those of the stored rows, class by class."""

from __future__ import annotations

import json
import random
import re
import statistics
from itertools import pairwise

import pytest
from report.made_runs import MadeCell, sha, write_run
from report.read_page import read_page

from vfibench.reporting import write_site
from vfibench.store.folder import ResultStore
from vfibench.store.folders import read_results
from vfibench.strata.files import facts_file, heading, row_text
from vfibench.system.files import write_whole
from vfibench_reports.strata.chart import LINES, Plot, chart, spread

NAME = "strata.ucf101.vfibench.html"
METHODS = [MadeCell("blend", level=33.0, samples=60), MadeCell("nearest", level=30.0, samples=60)]


def with_facts(folder, seed=5):
    """Made-up facts of every frame of a run: (motion, occlusion) by frame, as written."""
    generator = random.Random(seed)
    made = {}
    for result in read_results([folder]):
        for frame in result.scores.frames:
            made.setdefault(frame, (generator.choice([1, 3, 7, 15]) + 0.5, generator.choice([0.005, 0.03])))
        write_whole(facts_file(result), heading(result, "exact") + row_text(made.items()))
    return made


def site(tmp_path, cells, *runs, facts=True):
    folders = [write_run(tmp_path / f"run{place}", part) for place, part in enumerate([cells, *runs])]
    known = [with_facts(folder) for folder in folders] if facts else []
    write_site(folders, tmp_path / "site")
    return tmp_path / "site", known


def stored(tmp_path, method):
    """Lines of a cell as they lie on the disk, read without vfibench."""
    (path,) = tmp_path.glob(f"run*/scores/{method}.*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def first_word(table):
    return [text.split()[0] for text in table.texts("method")]


def test_every_figure_is_the_mean_of_the_rows_of_its_class(tmp_path):
    out, (facts,) = site(tmp_path, METHODS)
    page = read_page(out / NAME)
    limits = {"motion": ([0, 2, 5, 10, 20], 0), "occlusion": ([0, 0.01, 0.05], 1)}
    for axis, (edges, which) in limits.items():
        for column, digits in [("psnr", 3), ("ssim", 4), ("ie", 3)]:
            table = page.tables[f"{axis}-{column}-2"]
            assert len(table.keys) == len(edges) - 1 + 2
            for row, method in zip(table.rows, first_word(table), strict=True):
                for place, (low, high) in enumerate(pairwise(edges)):
                    inside = [
                        line["scores"][column]
                        for line in stored(tmp_path, method)
                        if low <= facts[line["sample"], line["t"]][which] < high
                    ]
                    assert len(inside) >= 5
                    mean = statistics.fmean(inside)
                    assert float(row[place + 1].value) == pytest.approx(mean, rel=1e-12)
                    assert row[place + 1].text.startswith(f"{mean:.{digits}f}")


def test_classes_say_how_many_frames_they_hold_and_empty_ones_are_dropped(tmp_path):
    out, (facts,) = site(tmp_path, METHODS)
    text = " ".join(read_page(out / NAME).text.split())
    count = sum(motion == 7.5 for motion, _ in facts.values())
    assert f"5–10 px n = {count}" in text
    assert "20–40 px" not in text
    assert "over 15 %" not in text


def test_the_interval_is_that_of_the_samples_of_the_class(tmp_path):
    out, _ = site(tmp_path, METHODS)
    for cell in read_page(out / NAME).tables["motion-psnr-2"].rows[0][1:-1]:
        mean, low, high = map(float, re.match(r"([\d.]+) ([\d.]+)–([\d.]+)$", cell.text).groups())
        assert low < mean < high


def test_best_and_second_are_marked_class_by_class_in_the_metrics_direction(tmp_path):
    out, _ = site(tmp_path, METHODS)
    page = read_page(out / NAME)
    for column, sign in [("psnr", 1), ("ie", -1)]:
        table = page.tables[f"motion-{column}-2"]
        for key in table.keys[1:-1]:
            cells = sorted(table.column(key), key=lambda cell: -sign * float(cell.value))
            assert [set(cell.classes) & {"best", "second"} for cell in cells] == [{"best"}, {"second"}]


def test_a_class_of_few_frames_says_so_and_has_no_best(tmp_path):
    folder = write_run(tmp_path / "run", METHODS)
    result = read_results([folder])[0]
    values = {frame: (50.0 if place < 4 else 1.0, 0.0) for place, frame in enumerate(result.scores.frames)}
    write_whole(facts_file(result), heading(result, "exact") + row_text(values.items()))
    write_site([folder], tmp_path / "site")
    page = read_page(tmp_path / "site" / NAME)
    assert "n = 4, few" in page.text
    few = page.tables["motion-psnr-2"].column("6")
    assert not [cell for cell in few if {"best", "second"} & set(cell.classes)]
    assert "–" not in few[0].text  # no interval of four samples


def test_frames_without_facts_are_told_and_left_out(tmp_path):
    folder = write_run(tmp_path / "run", METHODS)
    result = read_results([folder])[0]
    values = dict.fromkeys(result.scores.frames[:50], (1.0, 0.0))
    write_whole(facts_file(result), heading(result, "estimated somehow") + row_text(values.items()))
    write_site([folder], tmp_path / "site")
    page = read_page(tmp_path / "site" / NAME)
    assert "Without 10 frames of which this is not known." in page.text
    assert "estimated somehow" in page.text


def test_a_method_that_lacks_frames_is_compared_by_what_it_has(tmp_path):
    out, (facts,) = site(tmp_path, [*METHODS, MadeCell("superslomo", level=40.0, samples=60, failed=8)])
    table = read_page(out / NAME).tables["motion-psnr-2-apart"]
    lines = [line for line in stored(tmp_path, "superslomo") if line["status"] == "ok"]
    inside = [line["scores"]["psnr"] for line in lines if facts[line["sample"], line["t"]][0] < 2]
    assert float(table.rows[0][1].value) == pytest.approx(statistics.fmean(inside), rel=1e-12)
    assert not [cell for row in table.rows for cell in row if {"best", "second"} & set(cell.classes)]


@pytest.mark.parametrize("failed", [(30, 3, 12), (3, 30, 12), (12, 30, 3)], ids=str)
def test_classes_count_the_frames_of_the_method_that_has_most_whatever_its_place(tmp_path, failed):
    methods = ("superslomo", "blend", "nearest")
    cells = [
        MadeCell(method, level=40.0 - 4 * place, samples=60, times=(0.25, 0.75), failed=failed[place])
        for place, method in enumerate(methods)
    ]
    out, (facts,) = site(tmp_path, cells)
    page = read_page(out / NAME)
    assert first_word(page.tables["motion-psnr-2-apart"]) == [*methods]  # the best mean first
    lines = stored(tmp_path, methods[failed.index(3)])
    scored = [(line["sample"], line["t"]) for line in lines if line["status"] == "ok"]
    assert len(scored) == 117
    text = " ".join(page.text.split())
    for low, high, label in ((0, 2, "under 2 px"), (2, 5, "2–5 px"), (5, 10, "5–10 px")):
        assert f"{label} n = {sum(low <= facts[frame][0] < high for frame in scored)}" in text
    for time in (0.25, 0.75):
        assert f"t = {time} n = {sum(t == time for _, t in scored)}" in text


def test_frames_that_only_the_fullest_method_has_are_told_where_nothing_is_known_of_them(tmp_path):
    cells = [
        MadeCell("superslomo", level=40.0, samples=60, failed=25),
        MadeCell("blend", samples=60, failed=5),
    ]
    folder = write_run(tmp_path / "run", cells)
    fewer, more = sorted(read_results([folder]), key=lambda result: len(result.scores))
    assert (len(fewer.scores), len(more.scores)) == (35, 55)
    values = dict.fromkeys(fewer.scores.frames, (1.0, 0.0))
    write_whole(facts_file(fewer), heading(fewer, "exact") + row_text(values.items()))
    write_site([folder], tmp_path / "site")
    assert "Without 20 frames of which this is not known." in read_page(tmp_path / "site" / NAME).text


def test_exact_frames_are_left_out_and_counted(tmp_path):
    out, _ = site(tmp_path, [MadeCell("blend", samples=60, exact=60)])
    cells = read_page(out / NAME).tables["motion-psnr-2"].rows[0][1:-1]
    assert all(cell.text.startswith("exact ×") and cell.value == "Infinity" for cell in cells)


def test_a_class_whose_means_leave_out_different_frames_has_no_best(tmp_path):
    folder = write_run(tmp_path / "run", METHODS)
    results = {result.cell.method: result for result in read_results([folder])}
    frames = results["blend"].scores.frames
    values = {frame: (50.0 if place < 30 else 1.0, 0.0) for place, frame in enumerate(frames)}
    write_whole(facts_file(results["blend"]), heading(results["blend"], "exact") + row_text(values.items()))
    for place, method in enumerate(results):  # in the class of large motion, each lacks another frame
        (path,) = (folder / "scores").glob(f"{method}.*")
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        rows[place]["scores"]["ssim"] = None
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_site([folder], tmp_path / "site")
    tables = read_page(tmp_path / "site" / NAME).tables

    def marked(column, key):
        cells = tables[f"motion-{column}-2"].column(key)
        return sorted(mark for cell in cells for mark in cell.classes if mark in {"best", "second"})

    assert marked("ssim", "6") == []
    assert marked("ssim", "1") == marked("psnr", "6") == ["best", "second"]


def test_a_level_whose_means_leave_out_different_frames_has_no_best(tmp_path):
    cells = [
        MadeCell(method, f"snu-film-{level}", level=start, samples=20)
        for method, start in (("blend", 33.0), ("nearest", 30.0))
        for level in ("easy", "hard")
    ]
    folder = write_run(tmp_path / "run", cells)
    (path,) = (folder / "scores").glob("nearest.snu-film-hard.*")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[3]["scores"]["ssim"] = None
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_site([folder], tmp_path / "site")
    table = read_page(tmp_path / "site" / "strata.snu-film-easy.vfibench.html").tables["level-ssim-2"]
    assert [bool({"best", "second"} & set(cell.classes)) for cell in table.column("easy")] == [True, True]
    assert [bool({"best", "second"} & set(cell.classes)) for cell in table.column("hard")] == [False, False]


def test_several_times_are_shown_without_facts(tmp_path):
    times = (0.25, 0.5, 0.75)
    cells = [MadeCell("blend", times=times), MadeCell("nearest", level=31.0, times=times)]
    out, _ = site(tmp_path, cells, facts=False)
    page = read_page(out / NAME)
    assert "vfibench strata RUN" in page.text
    table = page.tables["time-psnr-2"]
    for row, method in zip(table.rows, first_word(table), strict=True):
        for place, time in enumerate(times):
            scores = [line["scores"]["psnr"] for line in stored(tmp_path, method) if line["t"] == time]
            assert float(row[place + 1].value) == pytest.approx(statistics.fmean(scores), rel=1e-12)
    assert not [name for name in page.tables if name.startswith("motion")]


def test_there_is_no_page_where_nothing_divides_the_frames(tmp_path):
    out, _ = site(tmp_path, METHODS, facts=False)
    assert not (out / NAME).exists()
    assert (out / "leaderboard.ucf101.vfibench.html").exists()


def test_the_levels_of_snu_film_stand_side_by_side(tmp_path):
    cells = [
        MadeCell(method, dataset=f"snu-film-{level}", level=start - drop, samples=20, clips=["a", "b"] * 10)
        for method, start in (("blend", 33.0), ("nearest", 30.0))
        for level, drop in (("easy", 0.0), ("hard", 6.0), ("extreme", 9.0))
    ]
    out, _ = site(tmp_path, cells[:-1], facts=False)
    for level in ("easy", "hard", "extreme"):
        table = read_page(out / f"strata.snu-film-{level}.vfibench.html").tables["level-psnr-2"]
        assert table.keys == ["method", "easy", "hard", "extreme"]
        rows = dict(zip(first_word(table), table.rows, strict=True))
        for place, name in enumerate(("easy", "hard", "extreme")):
            (path,) = tmp_path.glob(f"run0/scores/blend.snu-film-{name}.*.jsonl")
            scores = [json.loads(line)["scores"]["psnr"] for line in path.read_text().splitlines()]
            assert float(rows["blend"][place + 1].value) == pytest.approx(statistics.fmean(scores))
        if level != "extreme":
            assert rows["nearest"][3].text == "–"


def levels(tmp_path, *cells):
    """Which levels stand side by side on the page of each level, by level."""
    out, _ = site(tmp_path, cells, facts=False)
    found = {}
    for page in out.glob("strata.snu-film-*.html"):
        for name, table in read_page(page).tables.items():
            if name.startswith("level-psnr"):
                found[page.name.split(".")[1].removeprefix("snu-film-")] = table.keys[1:]
    return found


def film(name, samples=20, **facts):
    return MadeCell(dataset=f"snu-film-{name}", samples=samples, **facts)


@pytest.mark.parametrize(
    "odd",
    [
        {"official": 310, "kind": "partial"},
        {"kind": "own list"},
        {"failed": 1},
        {"unreached": 1},
        {"inputs": 4},
        {"times": (0.25, 0.5, 0.75)},
        {"protocol": "rife"},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_a_level_that_is_not_ranked_or_another_task_stands_beside_no_other(tmp_path, odd):
    both = ["easy", "hard"]
    three = [film("easy"), film("hard"), film("extreme", **odd)]
    assert levels(tmp_path / "three", *three) == {"easy": both, "hard": both}
    assert levels(tmp_path / "two", film("easy"), film("extreme", **odd)) == {}


def test_a_methods_figure_of_a_level_is_that_of_the_ranked_group(tmp_path):
    cells = [film("easy"), film("hard"), film("hard", level=50.0, samples=12, official=20, kind="partial")]
    out, _ = site(tmp_path, cells[:2], cells[2:], facts=False)
    (row,) = read_page(out / "strata.snu-film-easy.vfibench.html").tables["level-psnr-2"].rows
    (path,) = tmp_path.glob("run0/scores/blend.snu-film-hard.*.jsonl")
    scores = [json.loads(line)["scores"]["psnr"] for line in path.read_text().splitlines()]
    assert float(row[2].value) == pytest.approx(statistics.fmean(scores), rel=1e-12)


def test_each_level_counts_its_own_frames(tmp_path):
    out, _ = site(tmp_path, [film("easy", samples=24), film("hard", samples=20)], facts=False)
    text = " ".join(read_page(out / "strata.snu-film-hard.vfibench.html").text.split())
    assert "easy n = 24" in text
    assert "hard n = 20" in text


def test_figures_of_whole_sequences_say_what_they_are_of(tmp_path):
    tags = [{"motion_p90": 3.0, "seen_by_1": 0.1, "seen_by_0": 0.0}] * 60
    cells = [MadeCell(method, samples=60, tags=tags) for method in ("blend", "nearest")]
    out, _ = site(tmp_path, cells, facts=False)
    text = read_page(out / NAME).text
    assert "Motion and occlusion: exact, one figure for all times of a sequence" in text
    assert "how far frame 0’s pixels move to frame 1" in text


def test_levels_of_runs_that_name_no_weights_stand_side_by_side(tmp_path, monkeypatch):
    plain = ResultStore.tell

    def without(self, *told):
        plain(self, *told)
        path = self.folder / "run.json"
        content = json.loads(path.read_text())
        for cell in content["cells"]:
            del cell["settings"]["weights_sha256"]
        path.write_text(json.dumps(content))

    monkeypatch.setattr(ResultStore, "tell", without)
    out, _ = site(tmp_path, [MadeCell(dataset=f"snu-film-{one}") for one in ("easy", "hard")], facts=False)
    table = read_page(out / "strata.snu-film-easy.vfibench.html").tables["level-psnr-2"]
    assert [len(cell.text) > 5 for cell in table.rows[0][1:]] == [True, True]


def test_one_level_alone_has_no_page(tmp_path):
    out, _ = site(tmp_path, [MadeCell(dataset="snu-film-easy")], facts=False)
    assert not list(out.glob("strata.*"))


def test_a_method_named_as_markup_is_text_everywhere(tmp_path):
    evil = "<script>alert(1)</script>\"'&"
    out, _ = site(tmp_path, [MadeCell(evil, samples=60), MadeCell("blend", samples=60)])
    html = (out / NAME).read_text()
    assert "<script>alert" not in html
    assert html.count("<script") == (out / "index.html").read_text().count("<script")
    assert "&lt;script&gt;alert(1)" in html
    names = {name for name, _ in read_page(out / NAME).tags}
    assert {"svg", "polyline", "circle"} <= names


def test_a_chart_draws_the_first_methods_and_the_text_says_so(tmp_path):
    cells = [MadeCell(f"method{k}", level=30.0 + k, samples=60) for k in range(11)]
    out, _ = site(tmp_path, cells)
    page = read_page(out / NAME)
    styles = {found["class"] for name, found in page.tags if name == "g"}
    assert styles == {f"s{k}" for k in range(1, LINES + 1)}
    assert "The charts show the first 8 of 11 methods by psnr." in page.text
    assert len(page.tables["motion-psnr-2"].rows) == 11


def plot(mean, places=(0.0, 1.0, 2.0)):
    import numpy as np

    names = [f"method {k}" for k in range(len(mean))]
    return Plot("psnr", "psnr", "dB", "motion, px", ["a", "b", "c"], places, names, np.array(mean, float))


def test_a_chart_puts_higher_figures_higher_and_gaps_where_there_are_none():
    nan = float("nan")
    drawn = chart(plot([[30, 20, 10], [12, nan, 11], [nan, nan, nan]]))
    first, second = drawn.lines
    (piece,) = first.pieces
    assert [x for x, _ in piece] == sorted(x for x, _ in piece)
    heights = [y for _, y in piece]
    assert heights == sorted(heights)  # y grows downwards
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    assert second.pieces == ()
    assert len(second.dots) == 2
    assert "method 0, b: 20.000" in first.dots[1][2]
    at = {tick.text: tick.place for tick in drawn.y}
    assert at["20"] == pytest.approx(heights[1])


def test_a_chart_needs_two_classes_and_a_figure():
    assert chart(plot([[1.0]], (0.0,))) is None
    assert chart(plot([[float("nan")] * 3])) is None
    assert chart(plot([[5.0, 5.0, 5.0]])) is not None


def test_names_at_the_ends_of_lines_never_touch():
    generator = random.Random(2)
    for _ in range(200):
        wanted = [generator.uniform(0, 200) for _ in range(8)]
        found = spread(wanted, 14, 0, 200)
        order = sorted(range(8), key=lambda place: wanted[place])
        heights = [found[place] for place in order]
        assert all(b - a >= 14 - 1e-9 for a, b in pairwise(heights))
        assert heights[0] >= 0
        assert heights[-1] <= 200 + 1e-9
    assert spread([10.0, 100.0], 14, 0, 200) == [10.0, 100.0]


def test_twins_of_one_name_are_told_apart_in_the_charts(tmp_path):
    cells = [MadeCell("rife", weights=word, samples=60) for word in ("a.pt", "b.pt")]
    out, _ = site(tmp_path, cells)
    assert f"rife (weights {sha('a.pt')[:8]})" in (out / NAME).read_text()
