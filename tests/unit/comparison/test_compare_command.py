"""`vfibench compare`: which results meet, what is said of them, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from report.made_runs import MadeCell, write_run

from vfibench.cli import main
from vfibench.comparison.paired import pair
from vfibench.comparison.pairing import Match, match
from vfibench.comparison.wording import compared, verdict
from vfibench.errors import VfibenchError
from vfibench.store.folders import read_results

BLEND = MadeCell("blend", samples=12)
BETTER = MadeCell("better", samples=12, level=35.0, weights="w.pth")
RIFE = {"protocol": "rife", "columns": ("psnr@rife", "ssim@rife", "ie")}


@pytest.fixture
def vfibench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run `vfibench compare WORDS` where `runs` is; (exit status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["compare", *words])
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


def made(folder: str, *cells: MadeCell) -> Path:
    return write_run(Path(folder), cells)


def names(first: str, second: str, *runs: str, datasets: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """(dataset, protocol, name of the first, of the second, why not) of each match."""
    found = match(first, second, [Path(run) for run in runs], datasets).pairs
    return [
        (
            one.first.cell.dataset,
            one.first.cell.protocol,
            one.first.cell.label,
            one.second.cell.label,
            one.why,
        )
        for one in found
    ]


def test_two_methods_are_compared_on_every_dataset_both_have(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/one", BLEND, replace(BLEND, dataset="davis"), replace(BLEND, dataset="vid4"))
    made("runs/two", BETTER, replace(BETTER, dataset="davis"), replace(BETTER, dataset="vimeo90k"))
    made("runs/three", MadeCell("other", samples=12))
    expected = [(dataset, "vfibench", "blend", "better", "") for dataset in ("ucf101", "davis")]
    assert names("blend", "better", "runs") == expected
    assert names("blend", "better", "runs/one", "runs/two", datasets=("davis",)) == expected[1:]
    told = "results of blend or better on hd, found ucf101, davis, vid4, vimeo90k"
    with pytest.raises(VfibenchError, match=told):
        names("blend", "better", "runs", datasets=("hd",))


def test_two_runs_are_compared_method_by_method(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("old", BLEND, BETTER)
    made("new", replace(BLEND, ms=None), BETTER, MadeCell("other", samples=12))
    assert [one[2:4] for one in names("old", "new")] == [
        ("better [old]", "better [new]"),
        ("blend [old]", "blend [new]"),
    ]


def test_two_runs_of_one_method_each_are_these_two(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("old", BLEND)
    made("new", BETTER)
    assert names("old", "new") == [("ucf101", "vfibench", "blend", "better", "")]


def test_a_name_and_a_run_may_meet(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/old", BLEND, BETTER)
    made("new", BLEND, BETTER)
    assert names("blend", "new", "runs") == [("ucf101", "vfibench", "blend [old]", "blend [new]", "")]


def test_results_of_one_method_are_told_apart_by_their_keys(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/one", BETTER, replace(BETTER, weights="v.pth"))
    made("runs/two", BLEND)
    with pytest.raises(
        VfibenchError, match=r"expected one result of better on ucf101, found (\w{8}) in .*one"
    ):
        names("blend", "better", "runs")
    keys = [result.cell.key for result in read_results([Path("runs/one")])]
    assert names(keys[0], "blend", "runs") == [("ucf101", "vfibench", "better", "blend", "")]
    ((_, _, first, second, _),) = names(*keys, "runs")
    assert (first, second) == tuple(f"better [{key}]" for key in keys)


def test_variants_are_named_as_tables_name_them(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/one", BETTER, replace(BETTER, precision="fp16"))
    assert [one[2:4] for one in names("better", "better (fp16)", "runs")] == [("better", "better (fp16)")]


def test_a_folder_without_runs_is_taken_for_a_name(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/one", BLEND, BETTER)
    (tmp_path / "blend").mkdir()
    assert len(names("blend", "better", "runs")) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("blend", "bettr"), "no run folder and no result is called 'bettr' in runs"),
        (("blend", "blend"), "expected two methods or runs, found blend twice"),
        (("runs", "./runs"), "expected two methods or runs, found runs twice"),
        (("blend", "far"), "on the same dataset, found ucf101 and davis"),
        (("blend", "better", "--runs", "no"), "found nothing at no"),
        (("runs", "typo", "--runs", "no"), "no run folder is called 'typo', and no method can be looked for"),
        (("runs/one", "empty"), "on the same dataset, found ucf101, davis and none"),
        (("blend", "better", "-d", "davis"), "results of blend or better on davis, found ucf101"),
        (("blend", "better", "--worst", "-1"), "--worst"),
        (("blend", "better", "--metric", "pnsr"), "found 'pnsr'\n  hint: did you mean psnr"),
        (("blend", "better", "--metric", "vmaf"), "found 'vmaf'\n  hint: these results have psnr, ssim"),
    ],
)
def test_nothing_to_compare_is_bad_input(vfibench, words: tuple[str, ...], told: str) -> None:
    made("runs/one", BLEND, BETTER, replace(BLEND, method="far", dataset="davis"))
    made("empty")
    status, out, err = vfibench(*words)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert told in err


def test_the_answer_is_a_table_a_sentence_and_the_worst_frames(vfibench) -> None:
    folder = made("runs/one", BLEND, BETTER)
    status, out, err = vfibench("blend", "better", "--worst", "2")
    assert (status, err) == (0, "")
    found = pair(*read_results([folder]), "psnr")
    low, high = found.interval
    lines = [line.split() for line in out.splitlines()]
    first, second = found.means
    expected = f"psnr {first:.3f} {second:.3f} +{found.mean:.3f} +{low:.3f}, +{high:.3f} <0.001 0/0/12 12 B"
    assert expected.split() in lines
    assert f"better is better by {found.mean:.3f} dB [{low:.3f}, {high:.3f}] on 12 frames" in out
    for place in found.extremes(2)[1]:
        moved = f"+{found.difference[place]:.3f}"
        assert [
            "B",
            found.frames[place][0],
            f"{found.first[place]:.3f}",
            f"{found.second[place]:.3f}",
            moved,
        ] in lines
    assert sum(line[:1] == ["B"] for line in lines) == 2
    assert "Traceback" not in out


@pytest.mark.parametrize("width", [80, 200])
def test_no_figure_is_broken_however_narrow_the_terminal(vfibench, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    columns = ("psnr@zooming-slowmo-y", "psnr", "ssim")
    made("runs/one", replace(BLEND, columns=columns), replace(BETTER, columns=columns, level=60.0))
    _, out, _ = vfibench("blend", "better")
    table = [line for line in out.splitlines() if "<0.001" in line]
    assert len(table) == 3
    assert max(map(len, table)) <= width


def test_columns_are_the_plain_ones_or_those_asked_for(vfibench) -> None:
    columns = ("psnr@rife", "ssim@rife", "psnr@cdfi", "ie", "psnr")
    made("runs/one", *(replace(cell, protocol="rife", columns=columns) for cell in (BLEND, BETTER)))
    shown = [metric["column"] for metric in the_json(vfibench, "blend", "better")["metrics"]]
    assert shown == ["psnr@rife", "ssim@rife", "ie", "psnr"]
    asked = the_json(vfibench, "blend", "better", "--metric", "psnr@cdfi", "--metric", "ie")["metrics"]
    assert [metric["column"] for metric in asked] == ["psnr@cdfi", "ie"]


def the_json(vfibench, *words: str) -> dict[str, Any]:
    _, out, _ = vfibench(*words, "--json", "-")
    (found,) = json.loads(out)["comparisons"]
    return found


def test_the_json_holds_all_of_it(vfibench, tmp_path: Path) -> None:
    folder = made("runs/one", replace(BLEND, exact=1), replace(BETTER, exact=2))
    status, out, _ = vfibench("blend", "better", "--worst", "1", "--json", "out.json")
    assert status == 0
    assert "better is better by" in out
    written = json.loads((tmp_path / "out.json").read_text())
    assert {key: written[key] for key in ("schema_version", "level", "draws", "not_comparable")} == {
        "schema_version": 1,
        "level": 0.95,
        "draws": 2000,
        "not_comparable": [],
    }
    (one,) = written["comparisons"]
    assert (one["dataset"], one["protocol"]) == ("ucf101", "vfibench")
    assert one["a"]["name"] == "blend"
    assert Path(one["a"]["run"]) == folder
    assert one["a"]["counts"] == {"planned": 12, "ok": 12, "error": 0, "skipped": 0}
    psnr = one["metrics"][0]
    found = pair(*read_results([folder]), "psnr")
    assert psnr["difference"] == found.mean
    assert tuple(psnr["interval"]) == found.interval
    assert (psnr["mean_a"], psnr["mean_b"]) == found.means
    assert psnr["wilcoxon_p"] == found.wilcoxon
    assert (psnr["n"], psnr["units"], psnr["unit"], psnr["unpaired"]) == (11, 11, "sample", 0)
    assert psnr["n_means"] == 10
    assert psnr["exact"] == {"a": 0, "both": 1, "b": 1}
    assert psnr["wins"] == {"a": 0, "tie": 1, "b": 11}
    assert psnr["a_wins_most"] == []
    (most,) = psnr["b_wins_most"]
    assert (most["sample"], most["b"], most["difference"], most["exact"]) == ("0001", None, None, ["b"])
    assert one["verdict"] == psnr["verdict"]
    assert one["remarks"] == [
        "psnr: 1 frames exact with better alone are left out of the mean difference",
        "psnr: 1 frames exact with both count as no difference and are in neither mean",
    ]


def test_json_on_standard_output_is_all_there_is(vfibench) -> None:
    made("runs/one", BLEND, BETTER)
    _, out, _ = vfibench("blend", "better", "--json", "-")
    assert json.loads(out)["comparisons"][0]["b"]["name"] == "better"


@pytest.mark.parametrize(
    ("second", "words", "why"),
    [
        ({"times": (0.25,)}, (), "other target times"),
        (RIFE, (), "other protocol: vfibench and rife"),
        ({}, ("--metric", "lpips"), "no lpips of blend and better"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(
    vfibench, second: dict[str, Any], words: tuple[str, ...], why: str
) -> None:
    made("runs/one", BLEND, replace(BETTER, **second))
    status, out, err = vfibench("blend", "better", *words)
    assert (status, out) == (3, "")
    assert err == f"not comparable: blend and better on ucf101: {why}\n"
    status, out, _ = vfibench("blend", "better", *words, "--json", "-")
    told = {"dataset": "ucf101", "protocol": "vfibench", "a": "blend", "b": "better", "why": why}
    assert (status, json.loads(out)["not_comparable"], json.loads(out)["comparisons"]) == (3, [told], [])


def test_what_can_be_compared_is_shown_beside_what_cannot(vfibench) -> None:
    made("runs/one", BLEND, BETTER, replace(BLEND, dataset="davis"), replace(BETTER, dataset="davis", **RIFE))
    status, out, err = vfibench("blend", "better")
    assert status == 3
    assert "ucf101, protocol vfibench" in out
    assert err.startswith("not comparable: blend and better on davis: other protocol")


def test_no_frame_in_both_is_not_comparable(vfibench) -> None:
    made("runs/one", replace(BLEND, unreached=6), replace(BETTER, failed=6))
    status, _, err = vfibench("blend", "better")
    assert status == 3
    assert err.count("found none") == 1


def test_frames_on_one_side_only_are_told(vfibench) -> None:
    made("runs/one", replace(BLEND, failed=2), BETTER)
    _, out, _ = vfibench("blend", "better")
    assert "2 frames have a score on one side only and are left out" in out
    assert "blend is incomplete: 10 of 12" in out


def words_of(first: MadeCell, second: MadeCell, column: str = "psnr") -> str:
    made("runs/one", first, second)
    (found,) = (compared(one, [column]) for one in match(first.method, second.method, [Path("runs")]).pairs)
    return verdict(found, found.pairs[0])


@pytest.mark.parametrize(
    ("first", "second", "column", "expected"),
    [
        (BETTER, BLEND, "psnr", "better is better by 0."),
        (BLEND, BETTER, "ie", r"better is better by 0."),
        (BLEND, replace(BLEND, method="same"), "psnr", "cannot be told apart: same - blend is "),
        (
            replace(BLEND, samples=5),
            replace(BETTER, samples=5),
            "psnr",
            "5 samples are too few to tell blend",
        ),
        (replace(BLEND, exact=12), replace(BETTER, exact=12), "psnr", "are equal as printed on 12 frames"),
        (replace(BLEND, exact=12), BETTER, "psnr", "have no frame with a number in both"),
    ],
)
def test_the_verdict_is_a_sentence(
    tmp_path: Path, monkeypatch, first: MadeCell, second: MadeCell, column: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = words_of(first, second, column)
    assert expected in told
    assert ("in ie on 12 frames" in told) == (column == "ie")


def test_the_verdict_counts_clips(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    clips = tuple("aabbccddeeff")
    assert words_of(replace(BLEND, clips=clips), replace(BETTER, clips=clips)).endswith(
        "on 12 frames of 6 clips"
    )


BEFORE = (BLEND, MadeCell("nearest", samples=12), BETTER, replace(BLEND, dataset="davis"))
AFTER = (BLEND, replace(BETTER, columns=("ssim", "lpips")))


def test_what_vanished_between_two_runs_is_told(vfibench) -> None:
    made("before", *BEFORE)
    made("after", *AFTER)
    status, out, err = vfibench("before", "after")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "only in before: nearest/ucf101, blend/davis"
    remarks = [line.strip() for line in out.splitlines() if line.startswith("  no ")]
    expected = ["no psnr, ssim3d, ie in better [after]", "no lpips in better [before]"]
    assert remarks == expected
    _, out, _ = vfibench("before", "after", "--json", "-")
    found = json.loads(out)
    alone = [(one["name"], one["dataset"], one["protocol"]) for one in found["only_a"]]
    assert alone == [("nearest", "ucf101", "vfibench"), ("blend", "davis", "vfibench")]
    assert found["only_b"] == []
    dropped = {
        one["a"]["name"]: (one["columns_only_a"], one["columns_only_b"]) for one in found["comparisons"]
    }
    assert dropped == {
        "better [before]": (["psnr", "ssim3d", "ie"], ["lpips"]),
        "blend [before]": ([], []),
    }
    _, out, _ = vfibench("after", "before")
    assert out.splitlines()[-1] == "only in before: nearest/ucf101, blend/davis"


def test_of_a_name_only_what_was_asked_for_can_be_missing(vfibench) -> None:
    made("runs/old", BLEND, replace(BLEND, dataset="davis"))
    made("new", BLEND, BETTER)
    _, out, _ = vfibench("blend", "new")
    assert [line for line in out.splitlines() if line.startswith("only")] == ["only in blend: blend/davis"]
    made("runs/new", BETTER)
    _, out, _ = vfibench("better", "blend")
    assert [line for line in out.splitlines() if line.startswith("only")] == ["only in blend: blend/davis"]


@pytest.mark.parametrize(
    ("words", "why", "compared"),
    [
        (("-d", "davis"), "before and after on davis: no results in after, which has ucf101", 0),
        (("-d", "davis", "-d", "ucf101"), "on davis: no results in after, which has ucf101", 2),
        (("--metric", "ie"), "better [before] and better [after] on ucf101: no ie of better [after]", 1),
    ],
)
def test_what_was_asked_for_and_vanished_is_not_comparable(
    vfibench, words: tuple[str, ...], why: str, compared: int
) -> None:
    made("before", *BEFORE)
    made("after", *AFTER)
    status, out, err = vfibench("before", "after", *words)
    assert status == 3
    assert err.startswith("not comparable: ")
    assert err.endswith(why + "\n")
    assert out.count("protocol vfibench") == compared
    status, out, _ = vfibench("before", "after", *words, "--json", "-")
    (told,) = json.loads(out)["not_comparable"]
    assert status == 3
    assert why.endswith(told["why"])
    assert (told["protocol"] is None) == ("-d" in words)


def test_frames_in_the_difference_and_in_the_means_are_told_apart(vfibench) -> None:
    # Exact in both: 3 of 12 are no difference, and have no score that a mean could hold.
    made("runs/one", replace(BLEND, exact=3), replace(BETTER, exact=3))
    _, out, _ = vfibench("blend", "better")
    lines = {line.split()[0]: line for line in out.splitlines() if " 0/3/9 " in line}
    assert lines["psnr"].endswith(" 12 (9)       B")
    assert lines["ssim"].endswith("12       B")
    assert "psnr: 3 frames exact with both count as no difference and are in neither mean" in out
    one, other = read_results([Path("runs/one")])
    found = pair(one, other, "psnr")
    assert found.means[1] - found.means[0] == pytest.approx(found.mean * 12 / 9)


def test_another_size_of_frames_is_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/one", BLEND, BETTER)
    one, other = read_results([Path("runs/one")])
    small = replace(other, cell=replace(other.cell, settings=structs.replace(other.cell.settings, reduced=4)))
    assert compared(Match(one, small)).remarks == ("another task: other size of input frames",)


def test_the_page_holds_these_results_alone_and_its_address_the_pair(vfibench, tmp_path: Path) -> None:
    made("runs/one", BLEND, BETTER, MadeCell("unasked", samples=12))
    _, out, _ = vfibench("blend", "better", "--metric", "ssim", "--page", "site")
    (address,) = (line.removeprefix("page: ") for line in out.splitlines() if line.startswith("page: "))
    assert address.startswith("file://")
    address, _, words = address.partition("#")
    assert words == "a=blend&b=better&metric=ssim"
    page = Path(address.removeprefix("file://"))
    assert page.parent == tmp_path / "site"
    text = page.read_text(encoding="utf-8")
    assert "better" in text
    assert "unasked" not in text


def test_no_torch_is_needed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "one", [BLEND, BETTER])
    code = "import sys\nfrom vfibench.cli import main\n"
    code += (
        f"try:\n main(['compare', 'blend', 'better', '--runs', {str(folder)!r}])\nexcept SystemExit: pass\n"
    )
    code += "print([name for name in ('torch', 'pandas', 'cv2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "better is better by" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_intervals_of_noise_hold_zero(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("runs/one", replace(BLEND, samples=80), replace(BLEND, method="same", samples=80))
    (found,) = (compared(one) for one in match("blend", "same", [Path("runs")]).pairs)
    assert [one.significant for one in found.pairs] == [False] * 4
    assert np.std(found.pairs[0].difference) > 0.1
