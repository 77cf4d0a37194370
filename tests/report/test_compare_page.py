"""The comparison page: its pair means, tests and data are those of the stored rows."""

from __future__ import annotations

import base64
import json
import math
import re
import struct

import numpy as np
import pytest
from msgspec import structs
from report.made_runs import MadeCell, write_run
from report.read_page import read_page
from scipy import stats

from vfibench.comparison.paired import pair
from vfibench.errors import VfibenchError
from vfibench.store.folders import read_results
from vfibench_reports.compare import page as compare_page
from vfibench_reports.compare.page import ComparePage, p_text, signed
from vfibench_reports.contents import comparisons as compare_data
from vfibench_reports.contents.comparisons import chosen, comparisons
from vfibench_reports.contents.pairs import pair_figures
from vfibench_reports.kit.site import page_name

NAME = "compare.ucf101.vfibench.html"


def build(tmp_path, cells, *more):
    """The (title, file name) list of the plugin for some runs."""
    runs = [write_run(tmp_path / f"run{number}", part) for number, part in enumerate((cells, *more)) if part]
    (tmp_path / "site").mkdir()
    return ComparePage().render(read_results(runs), tmp_path / "site")


def page_of(tmp_path, cells, *more):
    build(tmp_path, cells, *more)
    return read_page(tmp_path / "site" / NAME)


def data_of(tmp_path):
    html = (tmp_path / "site" / NAME).read_text(encoding="utf-8")
    return json.loads(re.search(r'id="compare-data">(.*?)</script>', html, re.S)[1])


def stored(tmp_path, method, column):
    """A method's scores by (sample, time) as they lie on the disk, read without vfibench."""
    (path,) = tmp_path.glob(f"run*/scores/{method}.*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {(row["sample"], row["t"]): row["scores"][column] for row in rows if row["status"] == "ok"}


def plain(text):
    return float(text.replace("−", "-"))


METHODS = [
    MadeCell("blend", level=33.0, samples=70),
    MadeCell("nearest", level=33.02, samples=70),
    MadeCell("superslomo", level=35.0, weights="superslomo.pt", samples=70),
]


@pytest.mark.parametrize(("columns", "sign", "digits"), [(("psnr",), 1, 3), (("ie", "psnr"), -1, 3)])
def test_every_figure_of_a_pair_follows_from_the_stored_rows(tmp_path, columns, sign, digits):
    cells = [MadeCell(cell.method, level=cell.level, samples=70, columns=columns) for cell in METHODS]
    table = page_of(tmp_path, cells).tables["pairs"]
    assert len(table.rows) == 3
    for row in table.rows:
        text = {key: row[place].text for place, key in enumerate(table.keys)}
        a, b = (stored(tmp_path, text[name].split()[0], columns[0]) for name in ("a", "b"))
        first, second = np.array(list(a.values())), np.array([b[frame] for frame in a])
        difference = second - first
        assert sign * difference.mean() > 0  # B is the better one
        assert plain(text["mean-a"]) == pytest.approx(first.mean(), abs=0.6 * 10**-digits)
        assert plain(text["mean-b"]) == pytest.approx(second.mean(), abs=0.6 * 10**-digits)
        assert plain(text["difference"]) == pytest.approx(difference.mean(), abs=0.6 * 10**-digits)
        assert text["p"] == p_text(stats.wilcoxon(difference, zero_method="pratt").pvalue)
        gain, tie = sign * difference, 0.5 * 10**-digits
        wins = [(gain > tie).sum(), (abs(gain) <= tie).sum(), (gain < -tie).sum()]
        assert [int(text[key]) for key in ("won", "equal", "lost")] == wins
        low, high = (plain(end) for end in text["interval"].split(" to "))
        spread = difference.std(ddof=1) / math.sqrt(70)
        t = stats.t.ppf(0.975, 69)
        assert low == pytest.approx(difference.mean() - t * spread, abs=0.25 * spread + 1e-3)
        assert high == pytest.approx(difference.mean() + t * spread, abs=0.25 * spread + 1e-3)


CASES = {
    "frames of their own": [MadeCell(samples=60), MadeCell("nearest", level=33.9, samples=60)],
    "clips": [MadeCell(n, samples=60, clips=[f"c{k // 3}" for k in range(60)]) for n in ("a", "b", "c")],
    "several times": [MadeCell(n, samples=30, times=(0.25, 0.5)) for n in ("a", "b", "c")],
    "too few units": [MadeCell(n, samples=4) for n in ("a", "b")],
    "exact in one": [MadeCell(n, samples=60, exact=3 * (n == "a")) for n in ("a", "b", "c")],
    "exact in all": [MadeCell("a", samples=60, exact=60), MadeCell("b", samples=60, exact=60)],
    "frames missing": [MadeCell("a", samples=60, failed=2), MadeCell("b", samples=60, unreached=5)],
    "other lists": [MadeCell(n, samples=55 if n == "b" else 60) for n in ("a", "b", "c")],
    "no difference": [MadeCell("a", samples=60), MadeCell("a", samples=60, variant="twin")],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("column", ["psnr", "ssim", "ie"])
def test_pairs_at_once_are_the_pairs_one_by_one(tmp_path, case, column):
    results = read_results([write_run(tmp_path / "run", CASES[case])])
    pairs = [(a, b) for a in range(len(results)) for b in range(len(results)) if a != b]
    found = pair_figures(results, column, pairs)
    assert list(found) == pairs
    for (a, b), figures in found.items():
        one = pair(results[a], results[b], column)
        assert figures.n == one.n
        assert figures.wins == one.wins
        both = np.isfinite(one.first) & np.isfinite(one.second)
        means = (one.first[both].mean(), one.second[both].mean()) if both.any() else (None, None)
        assert figures.means == pytest.approx(means)
        assert figures.mean == pytest.approx(one.mean, abs=1e-12)
        assert figures.interval == pytest.approx(one.interval, abs=1e-10)
        assert figures.p == pytest.approx(one.wilcoxon, rel=1e-9, abs=1e-300)


def test_pairs_on_no_common_frame_are_left_out(tmp_path):
    halves = [MadeCell("a", samples=60, failed=30), MadeCell("b", samples=60, unreached=30)]
    cells = [*halves, MadeCell("c", samples=60)]
    results = read_results([write_run(tmp_path / "run", cells)])
    with pytest.raises(VfibenchError, match="found none"):
        pair(results[0], results[1], "psnr")
    assert list(pair_figures(results, "psnr", [(0, 1), (0, 2), (1, 2)])) == [(0, 2), (1, 2)]


def unpacked(text, data):
    """Scores as the script reads them: 4-byte numbers, lowest byte first; None is exact, False no number."""
    numbers = struct.unpack(f"<{len(text) * 3 // 16}i", base64.b64decode(text))
    return [None if one == data["exact"] else False if one == data["none"] else one for one in numbers]


def test_the_data_are_the_stored_scores_to_four_digits_beyond_the_printed_ones(tmp_path):
    cells = [MadeCell("a", samples=9, exact=2), MadeCell("b", samples=9, failed=3), MadeCell("c", samples=9)]
    page_of(tmp_path, cells)
    data = data_of(tmp_path)
    (group,) = data["groups"]
    frames = [(sample, 0.5) for sample in group["samples"]]
    for metric in data["metrics"]:
        for method, text in zip(group["methods"], group["scores"][metric["name"]], strict=True):
            numbers = unpacked(text, data)
            rows = stored(tmp_path, method, metric["name"])
            assert len(numbers) == 9
            for frame, number in zip(frames, numbers, strict=True):
                if frame not in rows:
                    assert number is False
                elif rows[frame] is None:
                    assert number is None
                else:
                    unit = 10.0 ** -metric["finer"]
                    assert number * unit == pytest.approx(rows[frame], abs=0.51 * unit)
    digits = [(metric["name"], metric["digits"]) for metric in data["metrics"]]
    assert digits == [("psnr", 3), ("ssim", 4), ("ssim3d", 4), ("ie", 3)]
    assert [metric["finer"] for metric in data["metrics"]] == [7, 8, 8, 7]


def test_scores_too_large_for_these_digits_are_held_with_fewer(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell(n, samples=9, columns=("psnr", "ie")) for n in "ab"])
    for path in (run / "scores").iterdir():
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for place, row in enumerate(rows):
            row["scores"] = {"psnr": 214.7483646 if place else -214.7483646, "ie": 1.5e12 + place * 1000}
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "site").mkdir()
    ComparePage().render(read_results([run]), tmp_path / "site")
    data = data_of(tmp_path)
    assert {metric["name"]: metric["finer"] for metric in data["metrics"]} == {"psnr": 7, "ie": -3}
    held = data["groups"][0]["scores"]
    assert unpacked(held["psnr"][0], data)[:2] == [-2147483646, 2147483646]
    assert unpacked(held["ie"][0], data) == [1_500_000_000 + place for place in range(9)]


def test_only_comparable_results_share_a_group(tmp_path):
    cells = [
        *METHODS,
        MadeCell("x", samples=70, times=(0.25, 0.75)),
        MadeCell("y", samples=70, times=(0.25, 0.75)),
        MadeCell("lonely", samples=70, times=(0.125,)),
    ]
    page = page_of(tmp_path, cells)
    groups = data_of(tmp_path)["groups"]
    assert [set(group["methods"]) for group in groups] == [{"blend", "nearest", "superslomo"}, {"x", "y"}]
    assert [len(group["pairs"]["psnr"]) for group in groups] == [3, 1]
    assert {name: len(table.rows) for name, table in page.tables.items()} == {"pairs": 3, "pairs-2": 1}
    assert groups[1]["times"] == [0.25, 0.75]
    assert groups[1]["time"] == [0, 1] * 70
    assert groups[1]["sample"] == [place // 2 for place in range(140)]
    assert "lonely" not in page.text


def test_another_version_of_a_metric_is_not_compared(tmp_path, monkeypatch):
    import report.made_runs as made

    first = write_run(tmp_path / "one", METHODS[:2])
    facts = made.column_facts

    def newer(columns):
        found = facts(columns)
        return found | {"psnr": structs.replace(found["psnr"], version=found["psnr"].version + 1)}

    monkeypatch.setattr(made, "column_facts", newer)
    second = write_run(tmp_path / "two", METHODS[2:])
    ((group,),) = [one.groups for one in comparisons(read_results([first, second]))]
    assert len(group.pairs) == 3
    assert len(group.figures["psnr"]) == 1
    assert len(group.figures["ssim"]) == 3


def test_namesakes_are_told_apart(tmp_path):
    twins = [
        MadeCell("rife", samples=9, weights="one"),
        MadeCell("rife", samples=9, weights="two", level=33.0),
    ]
    again = [MadeCell("rife", samples=9, weights="one")]
    page_of(tmp_path, twins, again)
    (group,) = data_of(tmp_path)["groups"]
    assert group["labels"] == ["rife"] * 3
    assert len(set(group["methods"])) == 3
    assert all(name.startswith("rife; ") for name in group["methods"])


def test_other_input_frames_are_a_caution_beside_the_pair(tmp_path):
    table = page_of(tmp_path, [*METHODS[:2], MadeCell("four", level=30.0, samples=70, inputs=4)]).tables[
        "pairs"
    ]
    notes = dict(zip(zip(table.texts("a"), table.texts("b"), strict=True), table.texts("note"), strict=True))
    assert notes["four", "nearest"] == "4 and 2 input frames"
    assert notes["blend", "nearest"] == ""
    assert "note" not in page_of(tmp_path / "plain", METHODS).tables["pairs"].keys


def test_a_method_alone_makes_no_page(tmp_path):
    assert build(tmp_path, [MadeCell(), MadeCell("nearest", dataset="davis")]) == []
    assert not list((tmp_path / "site").iterdir())


def test_every_dataset_and_protocol_has_its_page(tmp_path):
    cells = [MadeCell(n, dataset=d, samples=7) for d in ("ucf101", "clip:My Film") for n in ("a", "b")]
    pages = build(tmp_path, cells)
    assert pages == [
        ("ucf101, protocol vfibench", NAME),
        ("clip:My Film, protocol vfibench", page_name("compare", "clip:My Film", "vfibench")),
    ]
    assert all((tmp_path / "site" / name).is_file() for _, name in pages)


def test_what_does_not_fit_is_left_out_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(compare_data, "MOST_SCORES", 70 * 3 * 2)
    page = page_of(tmp_path, METHODS)
    assert [metric["name"] for metric in data_of(tmp_path)["metrics"]] == ["psnr", "ssim"]
    assert "ssim3d, ie: left out, to keep this page small" in page.text
    monkeypatch.setattr(compare_data, "MOST_SCORES", 70 * 2)
    page = page_of(tmp_path / "less", METHODS)
    (group,) = data_of(tmp_path / "less")["groups"]
    assert group["methods"] == ["superslomo", "nearest"]
    assert "to keep this page small: blend." in page.text


def test_plain_metrics_come_before_other_definitions(tmp_path, monkeypatch):
    columns = ("psnr@rife", "ssim@superslomo-r", "psnr", "ssim@rife", "ie")
    results = read_results([write_run(tmp_path / "run", [MadeCell(n, columns=columns) for n in "ab"])])
    (made,) = comparisons(results)
    expected = ["psnr@rife", "psnr", "ie", "ssim@rife", "ssim@superslomo-r"]
    assert [metric.name for metric in made.metrics] == expected
    monkeypatch.setattr(compare_data, "MOST_SCORES", 1)
    assert chosen([results], list(columns)) == ([2], ["psnr@rife"])


def test_a_hostile_name_stays_text(tmp_path):
    name = "</script><script>alert(1)</script>"
    page = page_of(tmp_path, [MadeCell(name, samples=7), MadeCell("b", samples=7, dataset="ucf101")])
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert [attributes.get("id") for attributes in scripts] == ["compare-data", None]
    assert name in page.text
    assert data_of(tmp_path)["groups"][0]["methods"].count(name) == 1


def test_no_fact_of_a_frame_moves_into_another_class(tmp_path):
    motion = [1.9999999, 2.0, 4.9951234567890123, 39.999, 40.0]
    tags = [{"motion_p90": one, "seen_by_1": 0.0499999, "seen_by_0": 0.0} for one in motion]
    page_of(tmp_path, [MadeCell(n, samples=5, tags=tags) for n in ("a", "b")])
    (group,) = data_of(tmp_path)["groups"]
    assert group["motion"] == motion
    assert group["occlusion"] == [0.0499999] * 5


def test_facts_of_frames_come_with_their_origin(tmp_path):
    tags = [{"motion_p90": 1.5 * k, "seen_by_1": 0.01 * k, "seen_by_0": 0.001} for k in range(7)]
    page_of(tmp_path, [MadeCell(n, samples=7, tags=tags) for n in ("a", "b")])
    (group,) = data_of(tmp_path)["groups"]
    assert group["motion"] == pytest.approx([1.5 * k for k in range(7)])
    assert group["occlusion"] == pytest.approx([0.01 * k + 0.001 for k in range(7)])
    assert group["how"]
    page_of(tmp_path / "none", [MadeCell(n, samples=7) for n in ("a", "b")])
    assert data_of(tmp_path / "none")["groups"][0]["motion"] is None


def test_frames_with_a_page_of_their_own_link_to_it(tmp_path, monkeypatch):
    keys = [("ucf101", "vfibench", ("0003", 0.5)), ("davis", "vfibench", ("0004", 0.5))]
    found = dict.fromkeys(keys, "sample.x.html")
    monkeypatch.setattr(compare_page, "sample_pages", lambda results, options: found)
    page_of(tmp_path, [MadeCell(n, samples=7) for n in ("a", "b")])
    assert data_of(tmp_path)["groups"][0]["pages"] == {"3": "sample.x.html"}
    monkeypatch.undo()
    page_of(tmp_path / "none", [MadeCell(n, samples=7) for n in ("a", "b")])
    assert data_of(tmp_path / "none")["groups"][0]["pages"] == {}


def test_differences_have_signs_and_nothing_has_none():
    values = (0.1234, -0.0456, 0.0004, -0.0004, None)
    assert [signed(value, 3) for value in values] == ["+0.123", "−0.046", "0.000", "0.000", "–"]
    assert [p_text(p) for p in (0.0004, 0.0405, 1.0, None)] == ["< 0.001", "0.041", "1.000", "–"]


@pytest.mark.slow
def test_twenty_methods_on_four_thousand_samples_make_less_than_three_megabytes(tmp_path):
    cells = [MadeCell(f"method-{k}", level=35 - 0.1 * k, samples=4000, ms=None) for k in range(20)]
    page = page_of(tmp_path, cells)
    assert len(page.tables["pairs"].rows) == 190
    assert [metric["name"] for metric in data_of(tmp_path)["metrics"]] == ["psnr", "ssim", "ssim3d", "ie"]
    assert (tmp_path / "site" / NAME).stat().st_size < 3e6
