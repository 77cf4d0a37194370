"""The method page: card, scores, verdicts, speed, and commands that can be copied."""

from __future__ import annotations

import re
import statistics
from dataclasses import asdict, replace
from urllib.parse import unquote

import pytest
from msgspec import structs
from report.made_runs import H200, MadeCell, sha, write_run
from report.read_page import ReadPage, read_page
from stored import HERE, made_result, made_settings

from vfibench.contracts import Padding, PublishedScore
from vfibench.reporting import write_site
from vfibench.store.cells import Cell
from vfibench.store.facts import CellFacts, MethodFacts
from vfibench.store.folders import read_results
from vfibench_reports.method.commands import reproduce_command, run_command
from vfibench_reports.method.page import MethodPage

HOSTILE = "<script>alert(1)</script>"
COMMAND = (
    "vfibench run -m rife -m blend -w rife=w/flownet.pkl -d ucf101 -d davis --data-root /data --out runs/all"
)
CARD = {
    "title": "RIFE: found directly",
    "paper": "Huang et al., ECCV 2022",
    "year": 2022,
    "licence": "MIT",
    "code_url": "https://example.org/rife",
    "training_data": "Vimeo-90K triplets",
    "notes": "Scored <b>as RGB</b>.",
    "inputs": [2, 4],
    "times": "midpoint",
    "padding": asdict(Padding(32, "constant")),
    "variants": {"tta": "turned by 180 degrees", "half": "flow at half the size"},
    "files": [{"name": "flownet.pkl", "sha256": None, "url": "https://example.org/w", "licence": ""}],
    "parameters": 10_708_332,
    "published": [
        asdict(
            PublishedScore(
                "ucf101", "psnr", "rife", 20.0, "its README", printed="20.00", weights="flownet.pkl"
            )
        )
    ],
}
CELLS = [
    MadeCell("rife", level=34.0, weights="flownet.pkl", device=H200, facts=CARD, command=COMMAND),
    MadeCell("blend", level=31.0, command=COMMAND),
    MadeCell("rife", "davis", level=26.0, exact=2, weights="flownet.pkl", command=COMMAND),
    MadeCell("blend", "davis", level=24.0, command=COMMAND, ms=None),
    MadeCell("rife", protocol="rife", level=34.0, weights="flownet.pkl", columns=("psnr@rife", "ssim@rife")),
    MadeCell("rife", "davis", level=25.0, kind="partial", official=30, variant="tta", weights="flownet.pkl"),
    MadeCell(HOSTILE, level=30.0, facts={"code_url": "javascript:alert(1)", "title": HOSTILE}),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("methods")
    write_site([write_run(folder / "run", CELLS)], folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def page(site):
    return read_page(site / "method.rife.html")


def mean(site, column, protocol="vfibench", dataset="ucf101", method="rife"):
    (result,) = [
        result
        for result in read_results([site.parent / "run"])
        if (result.cell.method, result.cell.dataset, result.cell.protocol) == (method, dataset, protocol)
        and not result.cell.settings.variant
    ]
    return statistics.fmean(row.scores[column] for row in result.rows if row.scores[column] is not None)


def test_each_label_has_a_page_and_the_index_leads_to_it(site):
    found = [unquote(link) for link in read_page(site / "index.html").links if "method." in link]
    names = [name for name in dict.fromkeys(found) if name.startswith("method.")]
    assert len(names) == 4
    assert {"method.rife.html", "method.blend.html"} < set(names)
    assert all((site / name).is_file() for name in names)


def test_every_link_leads_to_a_file_of_the_site_or_to_the_web(site):
    for path in site.glob("method.*.html"):
        for link in read_page(path).links:
            name = unquote(link.partition("#")[0])
            assert link.startswith(("https://", "#")) or (site / name).is_file(), link


def test_the_card_is_told(page):
    text = " ".join(page.text.split())
    for told in (
        "RIFE: found directly",
        "Huang et al., ECCV 2022",
        "MIT",
        "Vimeo-90K triplets",
        f"flownet.pkl sha256 {sha('flownet.pkl')}",
        "10,708,332",
        "2 or 4",
        "the middle; others by recursion",
        "to multiples of 32, constant, right and bottom",
        "@tta: turned by 180 degrees",
        "@half: flow at half the size",
        "Scored <b>as RGB</b>.",
    ):
        assert told in text, told
    assert "ECCV 2022, 2022" not in text
    assert {"https://example.org/rife", "https://example.org/w"} <= set(page.links)
    assert "method.rife-tta" in " ".join(page.links)


def test_scores_stand_under_their_protocol_with_interval_rank_and_n(site, page):
    ours, theirs = page.tables["scores-1"], page.tables["scores-2"]
    assert ours.texts("dataset") == ["ucf101", "davis"]
    assert ours.texts("rank") == ["1 of 3", "–"]  # the means of davis leave out different exact frames
    assert ours.texts("n") == ["8", "8"]
    value = mean(site, "psnr")
    shown, low_high = ours.column("psnr")[0].text.split(" ", 1)
    assert shown == f"{value:.3f}"
    assert float(low_high.split("–")[0]) < value < float(low_high.split("–")[1])
    assert "+2 exact" in ours.texts("psnr")[1]
    assert ours.texts("note")[0] == "–"
    assert "exact frames" in ours.texts("note")[1]
    assert theirs.keys == ["dataset", "rank", "n", "inputs", "psnr@rife", "ssim@rife"]
    assert theirs.texts("psnr@rife")[0].startswith(f"{mean(site, 'psnr@rife', 'rife'):.3f} ")


def test_what_is_not_ranked_says_why(site):
    (path,) = site.glob("method.rife-tta*.html")
    table = read_page(path).tables["scores-1"]
    assert table.texts("rank") == ["–"]
    assert table.texts("note") == ["8 of 30 (partial)"]


def test_published_scores_get_a_verdict_and_the_command_that_measures_them(page):
    table = page.tables["published"]
    assert table.texts("dataset") == ["ucf101"]
    assert table.texts("verdict") == ["differs"]
    assert table.texts("published") == ["20.00"]
    assert "vfibench reproduce --method rife --dataset ucf101" in page.text


def test_speed_names_the_hardware(page, site):
    assert page.tables["speed"].texts("dataset") == ["ucf101", "davis", "ucf101"]
    assert page.tables["speed"].texts("hardware")[0] == "NVIDIA H200"
    assert "speed" in read_page(site / "method.blend.html").tables


def test_each_cell_has_its_command_and_where_it_came_from(page, site):
    assert (
        "vfibench run --method rife --dataset ucf101 --weights rife=w/flownet.pkl --data-root /data"
        in page.text
    )
    assert COMMAND in page.text  # as it was recorded, too
    assert "--weights" not in read_page(site / "method.blend.html").text.split("Where the numbers")[0]
    assert [name for name, _ in page.tags].count("details") == 3


def test_a_hostile_name_is_text(site):
    (path,) = site.glob("method.script*.html")
    page = read_page(path)
    assert HOSTILE in page.text
    assert [name for name, _ in page.tags].count("script") == 1
    assert not [link for link in page.links if link.startswith("javascript:")]
    assert "&lt;script&gt;alert(1)" in path.read_text()


def test_a_page_without_stored_card_facts_still_stands(tmp_path):
    facts = dict.fromkeys(("paper", "licence", "code_url", "training_data", "times"), "") | {"year": None}
    results = read_results([write_run(tmp_path / "run", [MadeCell(facts=facts)])])
    assert MethodPage().render(results, tmp_path) == [("blend", "method.blend.html")]


# Commands


def cell(command, method="rife", dataset="ucf101", weights="flownet.pkl", variant=""):
    facts = CellFacts(MethodFacts(weights=weights))
    made = made_result(Cell(method, dataset, "vfibench", made_settings(variant=variant), facts), [], {})
    provenance = structs.replace(HERE, command=command)
    return replace(made, entry=structs.replace(made.entry, provenance=provenance))


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (
            "vfibench run -m rife -m blend -d ucf101 -d davis -w flownet.pkl --out x --save-images",
            "vfibench run --method rife --dataset ucf101 --weights flownet.pkl",
        ),
        (
            "vfibench run -mrife --method=dain -ducf101 --weights dain=d.pth -w rife=r.pkl --precision fp16",
            "vfibench run --method rife --dataset ucf101 --weights rife=r.pkl --precision fp16",
        ),
        ("vfibench run", "vfibench run --method rife --dataset ucf101"),
        (
            "vfibench run -m pkg.mod:Rife -d ucf101 --compile --list 'my ids.txt' --shard 0/3",
            "vfibench run --method pkg.mod:Rife --dataset ucf101 --compile --list 'my ids.txt'",
        ),
        ("vfibench run -m pkg.mod:Rife -m blend -d ucf101", None),
        ("vfibench run -m rife -d vimeo90k", None),
        ("vfibench run -m rife words", None),
        ("vfibench run -m 'rife", None),
        ("score.py --fast yes", None),
        ("vfibench reproduce --method rife --dataset ucf101", None),
    ],
)
def test_the_command_of_one_cell(recorded, expected):
    assert run_command(cell(recorded)) == (recorded if expected is None else expected)


def test_a_command_keeps_what_belongs_to_its_variant_and_method_alone():
    recorded = "vfibench run -m rife -m rife@tta -m blend -w rife=r.pkl -d ucf101"
    tta = "vfibench run --method rife@tta --dataset ucf101 --weights rife=r.pkl"
    assert run_command(cell(recorded, variant="tta")) == tta
    assert (
        run_command(cell(recorded, "blend", weights=None)) == "vfibench run --method blend --dataset ucf101"
    )
    bare = "vfibench run -m rife -m blend -w r.pkl -d ucf101"
    assert run_command(cell(bare, "blend", weights=None)) == "vfibench run --method blend --dataset ucf101"


def test_what_a_command_holds_is_quoted():
    hostile = cell("", dataset="clip:a b; rm -rf x", variant="tta")
    assert reproduce_command(hostile) == "vfibench reproduce --method rife@tta --dataset 'clip:a b; rm -rf x'"


# In a browser


def test_without_a_script_there_is_no_button_to_press(page):
    buttons = [
        attributes for name, attributes in page.tags if name == "button" and "data-copies" in attributes
    ]
    assert buttons
    assert all("hidden" in found for found in buttons)


NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
REFUSES = (
    "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject(new Error())}});"
    "document.execCommand = () => false"
)
TAKES = (
    "Object.defineProperty(navigator, 'clipboard',"
    " {value: {writeText: (text) => { window.taken = text; return Promise.resolve(); }}})"
)


@pytest.mark.parametrize(
    ("clipboard", "told", "selected"),
    [(TAKES, "Copied", False), (NO_CLIPBOARD, "Copied|Selected", True), (REFUSES, "Selected", True)],
)
def test_a_command_is_copied_or_at_least_selected(visit, site, clipboard, told, selected):
    tab = visit((site / "method.rife.html").as_uri())
    tab.evaluate(clipboard)
    text = tab.locator("#run-1").inner_text()
    tab.locator("[data-copies=run-2]").focus()
    tab.keyboard.press("Enter")
    tab.locator("[data-copies=run-1]").focus()
    tab.keyboard.press("Enter")
    tab.locator("[data-copies=run-1]", has_text=re.compile(f"^({told})$")).wait_for()
    tab.locator("[data-copies=run-2]", has_text=re.compile("^Copy$")).wait_for()
    if selected:
        assert tab.evaluate("String(getSelection())").strip() == text
    else:
        assert tab.evaluate("window.taken") == text


def test_the_page_reads_as_such(site):
    assert ReadPage((site / "method.rife.html").read_text()).title == "rife"
