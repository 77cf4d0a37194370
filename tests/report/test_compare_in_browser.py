"""The comparison page in a real browser: what it shows of a pair is what numpy makes of the stored rows."""

from __future__ import annotations

import json
import math
import random
from urllib.parse import urlencode

import numpy as np
import pytest
from report.browsing import state
from report.made_runs import MadeCell, write_run

from vfibench.statistics.bootstrap import interval
from vfibench.statistics.digits import tie_width
from vfibench.store.folders import read_results
from vfibench.strata import MOTION
from vfibench_reports.compare.page import ComparePage

HOSTILE = "<script>document.title = 'gone'</script>"
SAMPLES = 80
TIMES = (0.25, 0.5)


def tags():
    generator = random.Random(5)
    return [
        {"motion_p90": generator.uniform(0, 40), "seen_by_1": generator.uniform(0, 0.3), "seen_by_0": 0.01}
        for _ in range(SAMPLES)
    ]


CELLS = [
    MadeCell("blend", level=33.9, samples=SAMPLES, tags=tags()),
    MadeCell("nearest", level=33.93, samples=SAMPLES, tags=tags()),
    MadeCell(HOSTILE, level=33.0, samples=SAMPLES, tags=tags(), exact=2),
    MadeCell("slow", level=34.0, samples=30, times=TIMES, clips=[f"clip-{k // 5}" for k in range(30)]),
    MadeCell("slower", level=33.9, samples=30, times=TIMES, clips=[f"clip-{k // 5}" for k in range(30)]),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page's address and its cells' scores by method: {column: [F]}, read from the disk."""
    folder = tmp_path_factory.mktemp("compare")
    run = write_run(folder / "run", CELLS)
    ((_, name),) = ComparePage().render(read_results([run]), folder)
    scores = {}
    for path in (run / "scores").glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        scores[path.name.split(".")[0]] = {
            column: np.array([math.inf if (v := row["scores"][column]) is None else v for row in rows])
            for column in ("psnr", "ssim", "ie")
        }
    return (folder / name).as_uri(), scores


@pytest.fixture
def show(visit, site):
    """Open the page with a state."""

    def shown(width=1280, scheme="light", **state):
        return visit(f"{site[0]}#{urlencode(state)}", width=width, height=1500, color_scheme=scheme)

    return shown


def figures(page, box="#figures"):
    """The figures shown, as text by their name."""
    terms, values = page.locator(f"{box} dt"), page.locator(f"{box} dd")
    return dict(zip(terms.all_text_contents(), values.all_text_contents(), strict=True))


def number(text):
    return float(text.split()[0].replace("−", "-").replace("\u202f", ""))


def bounds(text):
    low, high = text.replace("drawn here", "").split(" to ")
    return number(low), number(high)


def wins(page):
    return [int(text.replace("\u202f", "")) for text in page.locator("#share-told b").all_text_contents()]


def expected_wins(difference, sign, tie):
    gain = sign * difference
    return [int((gain < -tie).sum()), int((abs(gain) <= tie).sum()), int((gain > tie).sum())]


@pytest.mark.parametrize(("metric", "sign", "digits"), [("psnr", 1, 3), ("ssim", 1, 4), ("ie", -1, 3)])
def test_a_pair_of_the_address_is_shown_with_its_figures(show, site, metric, sign, digits):
    page = show(a="blend", b="nearest", metric=metric)
    a, b = (site[1][name][metric] for name in ("blend", "nearest"))
    found, half = figures(page), 0.6 * 10**-digits
    assert number(found["B − A"]) == pytest.approx((b - a).mean(), abs=half)
    assert number(found["mean A"]) == pytest.approx(a.mean(), abs=half)
    assert number(found["mean B"]) == pytest.approx(b.mean(), abs=half)
    assert bounds(found["95% interval"]) == pytest.approx(interval(b - a, np.arange(SAMPLES)), abs=half)
    assert number(found["frames"]) == SAMPLES
    assert wins(page) == expected_wins(b - a, sign, 0.5 * 10**-digits)
    assert page.locator("#pair-title").text_content() == f"{metric}: blend (A) against nearest (B)"


def test_frames_that_are_exact_in_one_are_won_but_in_no_mean(show, site):
    page = show(a="blend", b=HOSTILE, metric="psnr")
    a, b = site[1]["blend"]["psnr"], site[1]["script-document-title-gone-script"]["psnr"]
    assert np.isinf(b).sum() == 2
    found = figures(page)
    assert number(found["B − A"]) == pytest.approx((b - a)[2:].mean(), abs=6e-4)
    assert number(found["mean A"]) == pytest.approx(a[2:].mean(), abs=6e-4)
    assert found["frames"] == "78 +2 exact in one"
    assert wins(page) == expected_wins(b - a, 1, 5e-4)
    assert page.locator("#scatter .tick", has_text="exact").count() == 2
    assert page.locator("#extremes tbody tr").first.locator("td").nth(2).text_content() != "+∞"
    row = page.locator("#extremes > div").nth(1).locator("tbody tr").first
    assert row.locator("td").all_text_contents()[1:] == ["exact", "+∞"]
    assert page.title().startswith("Comparison on")
    assert HOSTILE in page.locator("#pair-title").text_content()
    assert page.locator("script").count() == 2


def test_swapping_turns_everything_round(show):
    page = show(a="blend", b="nearest", metric="psnr")
    before, won = figures(page), wins(page)
    page.click("#swap")
    after = figures(page)
    assert (state(page)["a"], state(page)["b"]) == ("nearest", "blend")
    assert number(after["B − A"]) == -number(before["B − A"])
    low, high = bounds(before["95% interval"])
    assert bounds(after["95% interval"]) == (-high, -low)
    assert after["Wilcoxon p"] == before["Wilcoxon p"]
    assert wins(page) == won[::-1]


def test_choosing_the_other_method_swaps_and_what_cannot_be_compared_cannot_be_chosen(show):
    page = show(a="blend", b="nearest")
    page.select_option("#method-a", "nearest")
    assert (state(page)["a"], state(page)["b"]) == ("nearest", "blend")
    page.select_option("#metric", "ie")
    assert state(page)["metric"] == "ie"
    assert "Lower is better" in page.locator("#pair-note").text_content()
    assert page.locator("#method-b option:disabled").all_text_contents() == ["slow", "slower"]
    page.select_option("#method-a", "slower")
    assert page.input_value("#method-b") == "slow"


def test_without_a_pair_the_best_stands_against_the_runner_up(show):
    assert show().locator("#pair-title").text_content() == "psnr: blend (A) against nearest (B)"
    assert show(a="nearest").input_value("#method-b") == "blend"
    page = show(a="nonsense", b="slow")
    assert page.locator("#pair-title").text_content() == "psnr: slower (A) against slow (B)"
    assert "No method nonsense here." in page.locator("#pair-note").text_content()


def test_filtered_frames_have_figures_of_their_own(show, site):
    page = show(a="blend", b="nearest", metric="psnr")
    page.fill("#motion-from", "10")
    page.fill("#motion-to", "30")
    page.fill("#occlusion-to", "0.25")
    page.keyboard.press("Tab")
    motion = np.array([tag["motion_p90"] for tag in tags()])
    occlusion = np.array([tag["seen_by_1"] + tag["seen_by_0"] for tag in tags()])
    kept = (motion >= 10) & (motion < 30) & (occlusion < 0.25)
    assert 20 < kept.sum() < 60
    difference = (site[1]["nearest"]["psnr"] - site[1]["blend"]["psnr"])[kept]
    found = figures(page)
    assert number(found["B − A"]) == pytest.approx(difference.mean(), abs=6e-4)
    assert found["frames"] == f"{kept.sum()} of {SAMPLES}"
    assert found["Wilcoxon p"] == "– all frames only"
    assert wins(page) == expected_wins(difference, 1, 5e-4)
    low, high = interval(difference, np.arange(difference.size))
    assert "drawn here" in found["95% interval"]
    assert bounds(found["95% interval"]) == pytest.approx((low, high), abs=0.08 * (high - low))
    assert state(page)["motion"] == "10..30"
    dots = page.eval_on_selector_all(
        "#scatter .dots", "paths => paths.map(p => p.getAttribute('d')).join('')"
    )
    assert dots.count("M") == kept.sum()
    page.click("#all")
    assert number(figures(page)["frames"]) == SAMPLES
    assert "motion" not in state(page)
    page.fill("#motion-from", "1000")
    page.keyboard.press("Tab")
    assert figures(page)["frames"].startswith("0 ")


CLOSE = 400


@pytest.fixture(scope="module")
def close(tmp_path_factory):
    """A page of two methods whose frames differ by little more or less than what shows in print.

    Every frame differs either way by half of the last printed digit, between scores of few digits, or by some
    hundred-thousandths of that digit more or less, between scores with all digits of a float.
    """
    folder, generator = tmp_path_factory.mktemp("close"), random.Random(8)
    motion = [generator.choice((2.0, 5.0, 4.999999, 1.9999, generator.uniform(0, 8))) for _ in range(CLOSE)]
    moved = [{"motion_p90": one, "seen_by_1": 0.01, "seen_by_0": 0.0} for one in motion]
    run = write_run(folder / "run", [MadeCell(n, samples=CLOSE, tags=moved, digits=17) for n in "ab"])
    rows = {path.name[0]: [json.loads(line) for line in path.open()] for path in (run / "scores").iterdir()}
    for one, other in zip(rows["a"], rows["b"], strict=True):
        for column, tie in (("psnr", 5e-4), ("ssim", 5e-5), ("ie", 5e-4)):
            few, way = generator.random() < 0.5, generator.choice((-1, 1))
            off = 0.0 if few else generator.choice((-1, 1)) * generator.uniform(4e-4, 1e-2) * tie
            value = round(one["scores"][column], 4 if few else 17)
            one["scores"][column] = value
            other["scores"][column] = round(value + way * (tie + off), 6 if few else 17)
    for path in (run / "scores").iterdir():
        path.write_text("".join(json.dumps(row) + "\n" for row in rows[path.name[0]]))
    ((_, name),) = ComparePage().render(read_results([run]), folder)
    scores = {
        method: {c: np.array([row["scores"][c] for row in lines]) for c in ("psnr", "ssim", "ie")}
        for method, lines in rows.items()
    }
    return (folder / name).as_uri(), np.array(motion), scores


@pytest.mark.parametrize(("metric", "sign", "digits"), [("psnr", 1, 3), ("ssim", 1, 4), ("ie", -1, 3)])
def test_a_class_of_motion_is_won_on_the_frames_that_numpy_counts(visit, close, metric, sign, digits):
    address, motion, scores = close
    page = visit(f"{address}#{urlencode({'a': 'a', 'b': 'b', 'metric': metric, 'motion': '2..5'})}")
    kept = MOTION.classes(motion) == 1
    assert 100 < kept.sum() < CLOSE
    difference = (scores["b"][metric] - scores["a"][metric])[kept]
    expected = expected_wins(difference, sign, tie_width(metric))
    assert min(expected) > 20
    assert wins(page) == expected
    assert figures(page)["frames"] == f"{kept.sum()} of {CLOSE}"


@pytest.mark.parametrize(("a", "b"), [("blend", "nearest"), ("slow", "slower")])
def test_the_scripts_bootstrap_agrees_with_pythons(show, site, a, b):
    page = show(a=a, b=b, metric="psnr")
    difference = site[1][b]["psnr"] - site[1][a]["psnr"]
    units = np.arange(difference.size) // (10 if a == "slow" else 1)  # clips of five samples at two times
    low, high = interval(difference, units)
    rules = "Object.assign({}, compareModel.bootstrap, {draws: 40000})"
    made = page.evaluate(
        f"([values, units]) => compareNumbers.interval(values, units, {rules})",
        [difference.tolist(), units.tolist()],
    )
    assert made == pytest.approx((low, high), abs=0.04 * (high - low))
    script = "v => compareNumbers.interval(v, v.map((_, k) => k), compareModel.bootstrap)"
    again = [page.evaluate(script, difference.tolist()) for _ in range(2)]
    assert again[0] == again[1]


def test_the_frames_each_wins_most_are_those(show, site):
    page = show(a="blend", b="nearest", metric="ie")
    gain = site[1]["blend"]["ie"] - site[1]["nearest"]["ie"]  # lower is better
    order = np.argsort(gain)
    for part, places in [(0, order[:10]), (1, order[::-1][:10])]:
        rows = page.locator("#extremes > div").nth(part).locator("tbody tr")
        assert rows.locator("th").all_text_contents() == [f"{place:04d}" for place in places]
        shown = [number(text) for text in rows.locator("td:last-child").all_text_contents()]
        assert shown == pytest.approx((-gain[places]).tolist(), abs=6e-4)


def centre(page, selector):
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_on_a_dot_chooses_its_frame_in_every_view(show, site):
    page = show(a="blend", b="nearest", metric="psnr", sample="0007")
    x, y = centre(page, "#scatter .ring")
    assert "0007" in page.locator("#chosen h3").text_content()
    page.keyboard.press("Tab")
    page.locator("#scatter").focus()
    page.keyboard.press("Escape")
    assert "sample" not in state(page)
    assert page.locator("#scatter .ring").get_attribute("visibility") == "hidden"
    page.mouse.move(x, y)
    a, b = (site[1][name]["psnr"] for name in ("blend", "nearest"))
    tip = page.locator("#scatter .tip span").all_text_contents()
    assert tip == ["0007", f"A {a[7]:.3f}", f"B {b[7]:.3f}", f"B − A {b[7] - a[7]:+.3f}".replace("-", "−")]
    page.mouse.click(x, y)
    assert state(page)["sample"] == "0007"
    chosen = figures(page, "#chosen")
    assert number(chosen["A"]) == pytest.approx(a[7], abs=6e-4)
    rank = 1 + int((b - a > (b - a)[7]).sum())
    assert chosen["rank of B’s gain"] == f"{rank} of {SAMPLES}"
    assert number(chosen["motion"]) == pytest.approx(tags()[7]["motion_p90"], abs=0.06)
    for chart in ("#histogram", "#share"):
        assert page.locator(f"{chart} .pointer").get_attribute("visibility") == "visible"


def test_the_arrow_keys_walk_in_the_order_of_the_axes(show, site):
    page = show(a="blend", b="nearest", metric="psnr")
    a, b = (site[1][name]["psnr"] for name in ("blend", "nearest"))

    def press(*keys):
        for key in keys:
            page.keyboard.press(key)
        return int(state(page)["sample"])

    page.locator("#scatter").focus()
    assert press("Home") == np.argsort(a)[0]
    assert press("ArrowRight", "ArrowRight") == np.argsort(a)[2]
    at = int(np.flatnonzero(np.argsort(b) == np.argsort(a)[2])[0])
    assert press("ArrowUp") == np.argsort(b)[at + 1]
    page.locator("#histogram").focus()
    assert press("End") == np.argmax(b - a)
    assert page.locator("#extremes tr[aria-current] th").text_content() == f"{np.argmax(b - a):04d}"


def test_a_click_on_the_histogram_chooses_the_nearest_difference(show, site):
    page = show(a="blend", b="nearest", metric="psnr")
    box = page.locator("#histogram svg").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 12, box["y"] + 100)
    difference = site[1]["nearest"]["psnr"] - site[1]["blend"]["psnr"]
    ranks = np.argsort(np.argsort(-difference))
    assert ranks[int(state(page)["sample"])] < 5
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    assert "frames" in page.locator("#histogram .tip").text_content()


def test_the_histogram_counts_every_frame(show, site):
    page = show(a="blend", b="nearest", metric="psnr")
    bars = page.eval_on_selector_all(
        "#histogram rect.block",
        "bars => bars.map(b => [b.getAttribute('class'), Number(b.getAttribute('height'))])",
    )
    difference = site[1]["nearest"]["psnr"] - site[1]["blend"]["psnr"]
    unit = sum(height for _, height in bars) / SAMPLES
    for kind, count in [("block a", (difference < 0).sum()), ("block b", (difference >= 0).sum())]:
        assert sum(height for name, height in bars if name == kind) / unit == pytest.approx(count, abs=0.1)


def test_times_and_clips_filter_too(show, site):
    page = show(a="slow", b="slower", metric="psnr")
    difference = (site[1]["slower"]["psnr"] - site[1]["slow"]["psnr"]).reshape(30, 2)
    assert number(figures(page)["frames"]) == 60
    page.select_option("#time", "0.5")
    assert number(figures(page)["B − A"]) == pytest.approx(difference[:, 1].mean(), abs=6e-4)
    page.fill("#name", "clip-3")
    assert figures(page)["frames"] == "5 of 60"
    assert number(figures(page)["B − A"]) == pytest.approx(difference[15:20, 1].mean(), abs=6e-4)
    assert figures(page)["95% interval"].startswith("–")  # one clip
    page.locator("#scatter").focus()
    page.keyboard.press("Home")
    assert state(page)["t"] == "0.5"
    assert "t = 0.5" in page.locator("#chosen h3").text_content()


def test_a_line_of_the_table_shows_its_pair_and_keeps_the_rest(show):
    page = show(metric="ssim", pairs="-p")
    table = page.locator("table[data-name=pairs]")
    row = table.locator("tbody tr", has_text="document.title").first
    row.locator("td.number a").click()
    now = state(page)
    assert {now["a"], now["b"]} > {HOSTILE}
    assert (now["metric"], now["pairs"]) == ("psnr", "-p")
    assert table.locator("[data-key=p]").get_attribute("aria-sort") == "descending"


def test_colours_follow_the_scheme_and_a_narrow_window_holds_the_charts(show):
    colours = set()
    for scheme in ("light", "dark"):
        page = show(width=400, scheme=scheme, a="blend", b="nearest")
        colours.add(page.eval_on_selector("#scatter .dots.a", "path => getComputedStyle(path).stroke"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert len(colours) == 2


def test_paper_gets_the_charts_and_no_controls(show):
    page = show(a="blend", b="nearest", scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for chart in ("#share rect", "#histogram rect", "#scatter .dots.a"):
        assert page.locator(chart).first.is_visible()
    assert not page.locator("#method-a").is_visible()
    assert (
        page.eval_on_selector("body", "body => getComputedStyle(body).backgroundColor")
        == "rgb(255, 255, 255)"
    )


def test_without_a_script_the_table_of_pairs_is_there(visit, site):
    page = visit(site[0], java_script_enabled=False)
    assert page.locator("table[data-name=pairs] tbody tr").count() == 3
    assert page.locator("table[data-name=pairs-2]").is_visible()
    assert not page.locator("#comparison").is_visible()
