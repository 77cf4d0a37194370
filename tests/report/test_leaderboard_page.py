"""The leaderboard page: its figures are those of the rows, and nothing is ranked that should not be."""

from __future__ import annotations

import json
import re
import statistics
from urllib.parse import parse_qs

import pytest
from report.made_runs import H200, MadeCell, sha, write_run
from report.read_page import ReadPage, read_page

from vfibench.cli.tables import number
from vfibench.leaderboards.grouping import boards
from vfibench.registry import METRICS
from vfibench.reporting import Section, write_site
from vfibench.statistics.digits import score_text
from vfibench.statistics.summaries import Summary
from vfibench.store.folders import read_results
from vfibench_reports.kit.index import render_index
from vfibench_reports.kit.site import HERE, page_name, web_link
from vfibench_reports.leaderboard.page import LeaderboardPage
from vfibench_reports.text import texts as texts_of


def page_of(tmp_path, cells, name="leaderboard.ucf101.vfibench.html", *runs):
    """A leaderboard, with the index; other pages have tests of their own."""
    folders = [write_run(tmp_path / f"run{place}", part) for place, part in enumerate([cells, *runs])]
    results, site = tuple(read_results(folders)), tmp_path / "site"
    site.mkdir()
    section = Section("Leaderboards", tuple(LeaderboardPage().render(results, site)))
    (site / "index.html").write_text(render_index([section], results))
    return read_page(site / name)


def first_word(table, key="method"):
    return [text.split()[0] for text in table.texts(key)]


def stored(tmp_path, kind, method):
    """Lines of a cell as they lie on the disk, read without vfibench."""
    (path,) = tmp_path.glob(f"run*/{kind}/{method}.*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


METHODS = [
    MadeCell("blend", level=33.0, unavailable={"lpips": "no AlexNet backbone on this machine"}),
    MadeCell("nearest", level=30.0),
    MadeCell("superslomo", level=35.0, weights="superslomo.pt", device=H200, ms=4.2, samples=8),
]


def test_every_score_is_the_mean_of_the_stored_rows(tmp_path):
    table = page_of(tmp_path, METHODS).tables["scores-2"]
    for row, method in zip(table.rows, first_word(table), strict=True):
        lines = stored(tmp_path, "scores", method)
        for column, digits in [("psnr", 3), ("ssim", 4), ("ssim3d", 4), ("ie", 3)]:
            mean = statistics.fmean(line["scores"][column] for line in lines)
            cell = row[table.keys.index(column)]
            assert float(cell.value) == pytest.approx(mean, rel=1e-12)
            assert cell.text.split()[0] == f"{mean:.{digits}f}"
        assert row[table.keys.index("n")].text == str(len(lines))


def test_every_speed_is_that_of_the_stored_timings_without_warm_up(tmp_path):
    page = page_of(tmp_path, [MadeCell(samples=40), MadeCell("nearest", samples=40, ms=3.0)])
    table = page.tables["speed"]
    for row, method in zip(table.rows, first_word(table), strict=True):
        lines = [line for line in stored(tmp_path, "timings", method) if not line["warmup"]]
        each = [1e3 * line["predict_s"] / line["frames"] for line in lines]
        speed = sum(line["frames"] for line in lines) / sum(line["predict_s"] for line in lines)
        expected = {
            "fps": speed,
            "ms": statistics.median(each),
            "p95": statistics.quantiles(each, n=20, method="inclusive")[-1],
            "memory": 812.25,
            "calls": len(lines),
        }
        for key, value in expected.items():
            assert float(row[table.keys.index(key)].value) == pytest.approx(value)
    assert page.tables["scores-2"].column("fps")[0].value in {cell.value for cell in table.column("fps")}


def test_every_figure_shown_belongs_to_its_sort_value(tmp_path):
    page = page_of(tmp_path, METHODS)
    cells = [cell for table in page.tables.values() for row in table.rows for cell in row]
    numbers = [cell for cell in cells if cell.value]
    assert len(numbers) > 40
    for cell in numbers:
        shown = float(re.match(r"[\d.\u202f]+", cell.text)[0].replace("\u202f", ""))
        assert shown == pytest.approx(float(cell.value), rel=0.06, abs=6e-4)


def test_methods_are_ranked_by_the_first_column_best_first(tmp_path):
    table = page_of(tmp_path, METHODS).tables["scores-2"]
    assert table.keys[:4] == ["rank", "method", "n", "psnr"]
    assert table.texts("rank") == ["1", "2", "3"]
    assert first_word(table) == ["superslomo", "blend", "nearest"]


def test_best_and_second_follow_each_metrics_own_direction(tmp_path):
    table = page_of(tmp_path, METHODS).tables["scores-2"]
    for column, sign in [("psnr", 1), ("ssim", 1), ("ie", -1)]:
        cells = sorted(table.column(column), key=lambda cell: -sign * float(cell.value))
        assert [set(cell.classes) & {"best", "second"} for cell in cells] == [{"best"}, {"second"}, set()]


def test_a_lone_method_and_unranked_methods_are_never_marked(tmp_path):
    alone = [MadeCell(), MadeCell("nearest", kind="own list"), MadeCell("superslomo", kind="own list")]
    page = page_of(tmp_path, alone)
    cells = [cell for table in page.tables.values() for row in table.rows for cell in row]
    assert not [cell for cell in cells if {"best", "second"} & set(cell.classes)]


UNRANKED = {
    "8 of 379 (partial)": {"kind": "partial", "official": 379},
    "8 samples (own list)": {"kind": "own list"},
    "2 frames failed": {"failed": 2},
    "incomplete: 5 of 8 frames": {"unreached": 3},
}


@pytest.mark.parametrize("reason", UNRANKED)
def test_a_result_that_is_not_whole_stands_apart_without_a_rank_and_says_why(tmp_path, reason):
    cells = [MadeCell("blend"), MadeCell("superslomo", level=40.0, **UNRANKED[reason])]
    page = page_of(tmp_path, cells)
    assert first_word(page.tables["scores-2"]) == ["blend"]
    apart = page.tables["scores-2-apart"]
    assert "rank" not in apart.keys
    assert first_word(apart) == ["superslomo"]
    assert apart.texts("note") == [reason]
    assert "2 input frames, not ranked" in page.text


def test_frames_without_a_score_are_counted(tmp_path):
    page = page_of(tmp_path, [MadeCell(failed=2, unreached=1)])
    assert page.tables["scores-2-apart"].texts("n") == ["5/8"]
    partial = page_of(tmp_path / "b", [MadeCell(kind="partial", official=379)])
    assert partial.tables["scores-2-apart"].texts("n") == ["8 8 of 379 (partial)"]


def test_methods_with_other_input_frames_stand_in_another_table(tmp_path):
    page = page_of(tmp_path, [MadeCell("blend"), MadeCell("convlstm", inputs=4), MadeCell("nearest")])
    assert set(first_word(page.tables["scores-2"])) == {"blend", "nearest"}
    assert first_word(page.tables["scores-4"]) == ["convlstm"]
    assert page.tables["scores-4"].texts("rank") == ["1"]
    assert page.tables["scores-4"].texts("inputs") == ["4"]


def test_other_lists_stand_in_another_table_even_under_the_same_heading(tmp_path):
    page = page_of(tmp_path, [MadeCell("blend"), MadeCell("nearest", samples=6)])
    assert first_word(page.tables["scores-2"]) == ["blend"] or first_word(page.tables["scores-2.2"]) == [
        "blend"
    ]
    assert len(page.tables["scores-2"].rows) == len(page.tables["scores-2.2"].rows) == 1
    assert "8 samples, t = 0.5" in page.text
    assert "6 samples, t = 0.5" in page.text


def test_exact_frames_are_left_out_of_the_mean_and_told(tmp_path):
    cells = [MadeCell("blend", exact=3, samples=12), MadeCell("superslomo", level=36.0, exact=3, samples=12)]
    table = page_of(tmp_path, cells).tables["scores-2"]
    shown = dict(zip(first_word(table), table.column("psnr"), strict=True))
    finite = [line["scores"]["psnr"] for line in stored(tmp_path, "scores", "blend")]
    mean = statistics.fmean(value for value in finite if value is not None)
    assert re.fullmatch(rf"{mean:.3f} [\d.]+–[\d.]+, \+3 exact", shown["blend"].text)
    assert "best" in shown["superslomo"].classes


def test_means_that_leave_out_different_exact_frames_are_not_ranked(tmp_path):
    cells = [MadeCell("blend", exact=3), MadeCell("nearest", exact=8), MadeCell("superslomo", level=36.0)]
    page = page_of(tmp_path, cells)
    (table,) = (table for name, table in page.tables.items() if name.startswith("scores"))
    shown = dict(zip(first_word(table), table.column("psnr"), strict=True))
    assert (shown["nearest"].text, shown["nearest"].value) == ("exact ×8", "Infinity")
    assert first_word(table)[0] == "nearest"
    assert not any("best" in cell.classes for cell in shown.values())
    assert "not ranked: their means leave out different exact frames" in page.text


def test_the_page_prints_the_digits_of_the_terminal():
    for column in METRICS.names():
        assert score_text(column, 12.345678) == number(Summary(12.345678, 5), column)


def test_a_missing_column_is_a_dash_with_the_reason_and_sorts_last(tmp_path):
    cells = [
        MadeCell("blend", columns=("psnr", "ssim", "lpips")),
        MadeCell("nearest", columns=("psnr", "ssim"), unavailable={"lpips": "no backbone here"}),
    ]
    page = page_of(tmp_path, cells)
    cell = page.tables["scores-2"].column("lpips")[first_word(page.tables["scores-2"]).index("nearest")]
    assert (cell.text, cell.value) == ("–", "")
    assert [found for _, found in page.tags if found.get("title") == "no backbone here"]


def test_a_column_nobody_has_is_listed_with_the_reason(tmp_path):
    assert "empty: no AlexNet backbone on this machine" in page_of(tmp_path, METHODS).text


def test_every_column_says_what_it_means(tmp_path):
    page = page_of(tmp_path, METHODS)
    for column in ("psnr", "ssim", "ssim3d", "ie"):
        assert f"{METRICS.card(column).title}; {METRICS.card(column).better} is better" in page.text


def test_all_definitions_get_tables_of_their_own_with_every_mean_and_the_spread(tmp_path):
    columns = [name for name in METRICS.names() if not name.startswith("lpips")]
    page = page_of(
        tmp_path, [MadeCell("blend", columns=columns), MadeCell("nearest", columns=columns, level=30)]
    )
    scores = page.tables["scores-2"]
    assert not [key for key in scores.keys if "@" in key]
    lines = stored(tmp_path, "scores", first_word(scores)[0])
    seen = set()
    for kind in ("psnr", "ssim"):
        table = page.tables[f"{kind}-2"]
        for row in table.rows:
            column = row[0].text.split()[0]
            mean = statistics.fmean(line["scores"][column] for line in lines)
            assert float(row[1].value) == pytest.approx(mean)
            assert METRICS.card(column).title in row[0].text
            seen.add(column)
        means = [float(row[1].value) for row in table.rows]
        assert float(table.foot[0][1].text) == pytest.approx(max(means) - min(means), abs=6e-4)
    assert seen == {name for name in columns if name.partition("@")[0] in {"psnr", "ssim"}}


def test_the_definition_that_ranks_leads_the_score_table(tmp_path):
    columns = ["psnr@ema-vfi", "ssim@ema-vfi", *(name for name in METRICS.names() if "lpips" not in name)]
    cells = [MadeCell(protocol="ema-vfi", columns=list(dict.fromkeys(columns)))]
    table = page_of(tmp_path, cells, "leaderboard.ucf101.ema-vfi.html").tables["scores-2"]
    assert table.keys[3:5] == ["psnr@ema-vfi", "ssim@ema-vfi"]
    assert {"psnr", "ssim"} < set(table.keys)


def test_weights_hardware_and_training_data_are_told(tmp_path):
    page = page_of(tmp_path, METHODS)
    assert page.tables["scores-2"].texts("weights")[0] == f"superslomo.pt {sha('superslomo.pt')[:8]}"
    assert page.tables["scores-2"].texts("weights")[1] == "–"
    assert page.tables["speed"].texts("hardware")[:2] == ["NVIDIA H200", "Example CPU at 2.50GHz 2 threads"]
    assert page.tables["methods"].texts("training")[0] == "Vimeo-90K"


def test_speed_stands_beside_its_hardware_and_the_size_of_the_network(tmp_path):
    cells = [MadeCell("blend", facts={"parameters": 0}), MadeCell("superslomo", level=36.0, device=H200)]
    cells += [MadeCell("rife", level=35.0, facts={"parameters": 10_712_837}), MadeCell("cain", ms=None)]
    table = page_of(tmp_path, cells).tables["scores-2"]
    found = dict(zip(first_word(table), table.rows, strict=True))
    told = {
        name: [row[table.keys.index(key)].text for key in ("hardware", "memory", "parameters")]
        for name, row in found.items()
    }
    assert told["superslomo"][0] == "NVIDIA H200"
    assert told["blend"][0] == "Example CPU at 2.50GHz 2 threads"
    assert told["cain"][0] == "–"
    assert [told[name][1] for name in ("rife", "cain")] == ["812", "–"]
    assert [told[name][2] for name in ("blend", "rife", "cain")] == ["0", "10.7", "–"]


def test_a_mean_stands_above_its_95_percent_interval(tmp_path):
    page = page_of(tmp_path, [MadeCell(samples=100), MadeCell("nearest", samples=100, level=30.0)])
    table = page.tables["scores-2"]
    for method, cell in zip(first_word(table), table.column("psnr"), strict=True):
        values = [line["scores"]["psnr"] for line in stored(tmp_path, "scores", method)]
        half = 1.96 * statistics.stdev(values) / len(values) ** 0.5  # the normal curve's
        low, high = map(float, cell.text.split()[1].split("–"))
        assert low == pytest.approx(float(cell.value) - half, abs=0.15 * half)
        assert high == pytest.approx(float(cell.value) + half, abs=0.15 * half)


def test_methods_that_the_frames_cannot_tell_apart_share_a_rank(tmp_path):
    cells = [MadeCell(name, samples=60, level=34.0) for name in ("one", "two")]
    page = page_of(tmp_path, [*cells, MadeCell("far", samples=60, level=33.5)])
    scores = {
        name: [line["scores"]["psnr"] for line in stored(tmp_path, "scores", name)]
        for name in ("one", "two", "far")
    }

    def student(a, b):
        gaps = [x - y for x, y in zip(scores[a], scores[b], strict=True)]
        return abs(statistics.fmean(gaps)) / (statistics.stdev(gaps) / len(gaps) ** 0.5)

    assert student("one", "two") < 1.7  # else choose other names: the noise comes from them
    assert min(student("one", "far"), student("two", "far")) > 4
    assert page.tables["scores-2"].texts("rank") == ["1", "1", "3"]
    assert first_word(page.tables["scores-2"])[2] == "far"


def test_a_method_leads_to_its_page_and_its_code(tmp_path):
    page = page_of(tmp_path, METHODS)
    assert {page_name("method", name) for name in ("blend", "nearest", "superslomo")} < set(page.links)
    assert page.links.count("https://example.org/code") == 3


def test_the_first_two_lead_to_their_comparison(tmp_path):
    cells = [MadeCell("a & b", level=36.0), MadeCell("rife", precision="fp16"), MadeCell("far", level=30.0)]
    page = page_of(tmp_path, cells)
    link = f"{page_name('compare', 'ucf101', 'vfibench')}#a=a%20%26%20b&b=rife%20%28fp16%29"
    assert link in page.links
    assert "Compare a & b and rife (fp16)" in page.text


def test_means_that_leave_out_different_frames_have_no_best(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell("blend", level=34.05), MadeCell("rife", level=34.0)])
    (path,) = (run / "scores").glob("rife.*")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    min(rows, key=lambda row: row["scores"]["ssim"])["scores"]["ssim"] = None  # its worst frame is undefined
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    results = read_results([run])
    LeaderboardPage().render(results, tmp_path)
    table = read_page(tmp_path / "leaderboard.ucf101.vfibench.html").tables["scores-2"]
    assert first_word(table) == ["blend", "rife"]
    blend, rife = (float(cell.value) for cell in table.column("ssim"))
    assert rife > blend
    marked = {
        key: [set(cell.classes) & {"best", "second"} for cell in table.column(key)] for key in table.keys
    }
    assert marked["ssim"] == [set(), set()]
    assert marked["psnr"] == marked["ssim3d"] == marked["ie"] == [{"best"}, {"second"}]
    texts = {
        form: texts_of(results, form, intervals=False, apart=False)[0][1] for form in ("markdown", "latex")
    }
    assert texts["markdown"].count("**") == texts["latex"].count("\\textbf{") * 2 == 6


def shown_pair(site, link):
    """The methods of the comparison page that an address names, as the page's data has them."""
    page, _, state = link.partition("#")
    found = re.search(r'id="compare-data">(.*?)</script>', (site / page).read_text(), re.DOTALL)
    wanted = parse_qs(state)
    held = [name for group in json.loads(found[1])["groups"] for name in group["methods"]]
    assert held.count(wanted["a"][0]) == held.count(wanted["b"][0]) == 1
    return wanted["a"][0], wanted["b"][0]


def test_namesakes_with_other_inputs_are_compared_with_their_own_group(tmp_path):
    cells = [MadeCell("dual", level=level, inputs=count) for level, count in ((36, 4), (34, 2))]
    cells += [MadeCell("blend", level=level, inputs=count) for level, count in ((30, 2), (31, 4))]
    site = write_site([write_run(tmp_path / "run", cells)], tmp_path / "site").parent
    links = [link for link in read_page(site / "leaderboard.ucf101.vfibench.html").links if "#a=" in link]
    pairs = [shown_pair(site, link) for link in links]
    assert pairs == [(f"dual; inputs {count}", f"blend; inputs {count}") for count in (2, 4)]


def test_a_lone_method_is_compared_with_none(tmp_path):
    assert not [link for link in page_of(tmp_path, [MadeCell()]).links if "#a=" in link]


def test_every_page_begins_with_a_skip_link_and_a_bar_that_says_where_it_is(tmp_path):
    page_of(tmp_path, METHODS)
    bars = [
        ("index", "All pages", ["index.html", "index.html#leaderboards"]),  # of what is there alone
        ("leaderboard.ucf101.vfibench", "Leaderboards", ["index.html", "overview.html"]),
    ]
    for name, here, links in bars:
        text = (tmp_path / "site" / f"{name}.html").read_text()
        page = ReadPage(text)
        assert page.links[0] == "#content"
        assert ("main", {"id": "content", "tabindex": "-1"}) in page.tags
        assert page.links[1:3] == links
        assert "index.html#leaderboards" in page.links
        assert re.findall(r'aria-current="true">([^<]+)<', text) == [here]
    assert 'id="leaderboards"' in (tmp_path / "site" / "index.html").read_text()


def test_stored_pictures_show_their_own_hash_and_no_speed(tmp_path):
    page = page_of(tmp_path, [MadeCell("frames:dvf", ms=None), MadeCell("blend")])
    table = page.tables["scores-2"]
    place = first_word(table).index("frames:dvf")
    assert table.texts("weights")[place] == f"stored pictures {sha('frames:dvf')[:8]}"
    assert (table.column("fps")[place].text, table.column("fps")[place].value) == ("–", "")
    assert first_word(page.tables["speed"]) == ["blend"]


def test_several_times_also_tell_the_time_of_a_whole_sample(tmp_path):
    seventh = tuple(k / 8 for k in range(1, 8))
    page = page_of(tmp_path, [MadeCell(times=seventh)])
    assert page.tables["scores-2"].texts("n") == ["56"]
    speed = page.tables["speed"]
    assert float(speed.column("sample")[0].value) == pytest.approx(
        7 * float(speed.column("ms")[0].value), rel=1e-6
    )
    assert "8 samples, 7 times, t = 0.125 to 0.875" in page.text


def test_entries_of_one_name_say_what_sets_them_apart(tmp_path):
    twins = [MadeCell("convlstm", weights="old.pt"), MadeCell("convlstm", weights="new.pt", level=36.0)]
    page = page_of(
        tmp_path, twins, "leaderboard.ucf101.vfibench.html", [MadeCell("blend")], [MadeCell("blend")]
    )
    names = page.tables["scores-2"].texts("method")
    assert len(set(names)) == 4
    assert any(f"weights {sha('old.pt')[:8]}" in name for name in names)
    assert sum("run run1" in name for name in names) == 1


def test_provenance_is_told_once_for_entries_that_share_it(tmp_path):
    page = page_of(tmp_path, METHODS, "leaderboard.ucf101.vfibench.html")
    commands = [name for name, _ in page.tags if name == "details"]
    assert len(commands) == 2  # one on the CPU, one on the GPU
    assert "vfibench run -m blend -d ucf101" in page.text
    assert f"git {sha('commit')[:40]}" in page.text
    assert "torch 2.15.0" in page.text


HOSTILE = "<script>alert(1)</script>"


def hostile_page(tmp_path):
    facts = dict.fromkeys(("title", "paper", "licence", "training_data"), '"><img src=x onerror=alert(2)>')
    cells = [
        MadeCell(
            HOSTILE, facts={**facts, "code_url": "javascript:alert(3)"}, command=HOSTILE, variant=HOSTILE
        ),
        MadeCell("blend", unavailable={HOSTILE: HOSTILE}),
        MadeCell("nearest", dataset=HOSTILE),
    ]
    return page_of(tmp_path, cells)


def test_hostile_names_are_text_everywhere(tmp_path):
    page = hostile_page(tmp_path)
    for path in (tmp_path / "site").iterdir():
        read = read_page(path)
        assert HOSTILE in read.text
        assert [name for name, _ in read.tags].count("script") == 1
        assert not [name for name, _ in read.tags if name == "img"]
        assert not [key for _, found in read.tags for key in found if key.startswith("on")]
    assert page.links
    inside = r"[a-z0-9.-]+\.html(#[A-Za-z0-9._~%=&-]+)?"
    for link in page.links:
        assert re.fullmatch(rf"#content|https://example\.org/code|{inside}", link)


def test_pages_load_nothing_from_anywhere(tmp_path):
    hostile_page(tmp_path)
    files = list((tmp_path / "site").iterdir())
    assert len(files) == 3
    for path in files:
        page = read_page(path)
        for name, found in page.tags:
            assert name not in {"link", "iframe", "object", "embed", "base", "form", "img", "source", "video"}
            assert "src" not in found
            assert "srcset" not in found
            assert "href" not in found or name == "a"
        text = path.read_text()
        assert not re.findall(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|type=.?module", text)
        policy = next(found["content"] for _, found in page.tags if "http-equiv" in found)
        assert policy.startswith("default-src 'none'; ")


def test_links_to_code_are_plain_web_links_only():
    assert web_link("https://example.org/a?b=c") == "https://example.org/a?b=c"
    hostile = ("javascript:alert(1)", "javascript://example.org/%0aalert(1)", "file://host/etc/passwd")
    for address in (*hostile, "ftp://example.org", "//example.org", "data:text/html,x", "http:", ""):
        assert web_link(address) == ""
    assert web_link("http://[broken") == ""


def test_pages_are_complete_tables_without_the_script(tmp_path):
    page_of(tmp_path, METHODS)
    text = (tmp_path / "site" / "leaderboard.ucf101.vfibench.html").read_text()
    page = text.partition("<script>")[0]
    assert not re.findall(r"<(button|input|select|fieldset)\b|<t[hdr][^>]* hidden", page)


def test_our_scripts_and_style_cannot_end_their_own_element():
    files = [*(HERE / "static").glob("*.js"), HERE / "static" / "report.css"]
    assert len(files) > 4
    for path in files:
        assert "</" not in path.read_text()
        assert "<!--" not in path.read_text()


def test_tables_and_columns_have_unique_names_for_the_address(tmp_path):
    cells = [*METHODS, *(MadeCell("convlstm", samples=n, kind="own list") for n in (3, 4, 5, 6))]
    html = page_of(tmp_path, cells)
    names = [found["data-name"] for tag, found in html.tags if tag == "table"]
    assert len(names) == len(set(names)) == 7
    for table in html.tables.values():
        assert len(table.keys) == len(set(table.keys))
        assert all(len(row) == len(table.keys) for row in table.rows)


def test_a_page_keeps_its_name_from_report_to_report(tmp_path):
    assert page_name("leaderboard", "ucf101", "vfibench") == "leaderboard.ucf101.vfibench.html"
    assert page_name("leaderboard", "clip:x", "vfibench") == page_name("leaderboard", "clip:x", "vfibench")
    assert page_name("a", "b.c", "d") != page_name("a", "b", "c.d")


def test_the_page_holds_every_entry_of_the_board(tmp_path):
    cells = [*METHODS, MadeCell("convlstm", inputs=4), MadeCell("late", unreached=2)]
    page = page_of(tmp_path, cells)
    (board,) = boards(read_results([tmp_path / "run0"]))
    labels = [entry.label for group in board.groups for entry in group.entries]
    tables = [table for name, table in page.tables.items() if name.startswith("scores-")]
    assert [word for table in tables for word in first_word(table)] == labels


UNEVEN = ("a", "a", "a", "a", "a", "b", "b", "c")


def test_means_over_clips_of_different_length_stand_beside_those_over_frames(tmp_path):
    cells = [MadeCell(clips=UNEVEN), MadeCell("nearest", clips=UNEVEN, level=30.0)]
    page = page_of(tmp_path, cells)
    table = page.tables["levels-2"]
    assert table.keys[:3] == ["method", "over", "n"]
    assert table.texts("over") == ["clips", "clips"]
    assert table.texts("n") == ["3", "3"]
    for place, method in enumerate(first_word(table)):
        lines = stored(tmp_path, "scores", method)
        for column in ("psnr", "ie"):
            clips = [
                [line["scores"][column] for line in lines if line["tags"]["clip"] == name] for name in "abc"
            ]
            expected = statistics.fmean(map(statistics.fmean, clips))
            cell = table.column(column)[place]
            assert float(cell.value) == pytest.approx(expected, rel=1e-12)
            assert cell.value != page.tables["scores-2"].column(column)[place].value
    assert "3 clips" in page.text


def test_several_times_have_a_mean_each(tmp_path):
    times = (0.25, 0.5, 0.75)
    table = page_of(tmp_path, [MadeCell(times=times, clips=tuple("abcdefgh"))]).tables["levels-2"]
    assert table.texts("over") == [f"frames at t = {time:g}" for time in times]
    assert table.texts("n") == ["8"] * 3
    lines = stored(tmp_path, "scores", "blend")
    for cell, time in zip(table.column("psnr"), times, strict=True):
        expected = statistics.fmean(line["scores"]["psnr"] for line in lines if line["t"] == time)
        assert float(cell.value) == pytest.approx(expected, rel=1e-12)


def test_nothing_is_averaged_otherwise_where_it_would_say_the_same(tmp_path):
    page = page_of(tmp_path, [MadeCell(), MadeCell("nearest", clips=tuple("aabbccdd"))])
    assert not [name for name in page.tables if name.startswith("levels")]
