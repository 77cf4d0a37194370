"""Published scores are measured as they were made, and the verdict is what the rule says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from math import log10
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
import numpy as np
import pytest
from published_methods import FIRST, GREY, NAMES, SECOND, Leaning, make_middlebury, truncated_psnr
from skimage.metrics import peak_signal_noise_ratio
from stored import made_result, made_row, made_settings, made_timing

from vfibench.api import load_dataset
from vfibench.cli import main
from vfibench.contracts import AdapterCard, Padding, PublishedScore, Variant, WeightFile
from vfibench.errors import VfibenchError
from vfibench.published.beside import Beside, beside, digits, tolerance, tolerance_text
from vfibench.published.conditions import departure, filled, protocol_of
from vfibench.registry import DATASETS, METHODS, METRICS
from vfibench.running.reproducing import attempts, outcome
from vfibench.store.cells import Cell
from vfibench.store.facts import CellFacts, MethodFacts, PublishedFacts, WeightFacts
from vfibench.store.folders import read_results

PSNR = PublishedScore("ucf101", "psnr", "rife", 35.28, "a table", printed="35.28")
SSIM = PublishedScore("ucf101", "ssim", "rife", 0.969, "a table", printed="0.9690")


# The rule


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (PSNR, 0.005 + 0.01),
        (replace(PSNR, value=35.282, printed="35.282"), 0.0005 + 0.01),
        (replace(PSNR, value=35.0, printed="35"), 0.5 + 0.01),
        (replace(PSNR, value=35.3, printed=""), 0.005 + 0.01),  # two digits at least, "35.30"
        (replace(PSNR, value=35.282, printed=""), 0.0005 + 0.01),
        (SSIM, 0.00005 + 0.0002),
        (replace(SSIM, value=0.95, printed=""), 0.0005 + 0.0002),
        (replace(SSIM, printed="about 0.97"), 0.0005 + 0.0002),
        (replace(PSNR, metric="ie", value=1.956, printed="1.956"), 0.0005 + 0.005),
        (replace(PSNR, metric="lpips-squeeze", value=0.019, printed="0.019"), 0.0005 + 0.0005),
        (replace(PSNR, metric="vmaf", value=71.34, printed="71.34"), 0.005),
    ],
)
def test_the_tolerance_is_half_a_printed_digit_and_an_allowance(
    score: PublishedScore, expected: float
) -> None:
    assert tolerance(score) == pytest.approx(expected, abs=1e-12)
    assert float(tolerance_text(score)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (35.28, "reproduced"),
        (35.295, "reproduced"),  # the very end, whatever binary fractions make of it
        (35.265, "reproduced"),
        (35.2951, "differs"),
        (35.2649, "differs"),
        (36.5, "differs"),  # better is another result, too
        (35.28 + 0.14, "differs"),  # what test-time augmentation is worth
        (None, "not comparable"),
    ],
)
def test_the_verdict(measured: float | None, verdict: str) -> None:
    assert Beside(PSNR, "psnr@rife", measured, "" if measured else "why").verdict == verdict


def test_what_rounds_to_the_printed_figure_is_always_reproduced() -> None:
    for step in range(-50, 51):
        measured = 35.28 + step / 10_000
        if f"{measured:.2f}" == "35.28":
            assert Beside(PSNR, "psnr@rife", measured).verdict == "reproduced"


def test_scoring_floats_instead_of_levels_is_told_apart_at_35_db() -> None:
    error = 255**2 / 10 ** (35.28 / 10)  # of the rounded prediction; rounding added 1/12
    unrounded = 10 * log10(255**2 / (error - 1 / 12))
    assert Beside(PSNR, "psnr@rife", unrounded).verdict == "differs"


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        (["reproduced", "not comparable"], 0),
        (["reproduced", "differs"], 1),
        (["not comparable"], 3),
        ([], 3),
    ],
)
def test_the_exit_status_of_several(verdicts: Sequence[str], status: int) -> None:
    made = {"reproduced": 35.28, "differs": 34.0, "not comparable": None}
    assert outcome([Beside(PSNR, "psnr@rife", made[verdict]) for verdict in verdicts]) == status


# What a published score is compared with


def test_every_score_that_can_be_measured_has_a_protocol_that_measures_it() -> None:
    columns = set(METRICS.names())
    for card in METHODS.cards():
        for score in card.published:
            if score.note or score.dataset not in DATASETS.names():
                continue
            protocol = protocol_of(score)
            assert protocol is not None, score
            assert set(protocol.columns(score.dataset)) <= columns
            assert digits(score) == len(score.printed.partition(".")[2])


def test_figures_of_one_definition_follow_whose_scripts_made_them() -> None:
    rife = {(score.dataset, score.source, score.metric): score for score in METHODS.card("rife").published}
    xiph = rife["xiph-2k", "EMA-VFI CVPR23 Table 1", "psnr"]
    own = rife["vimeo90k", "hzwer/ECCV2022-RIFE README", "psnr"]
    assert (xiph.definition, filled(METHODS.card("rife"), xiph).protocol) == ("softsplat", "ema-vfi")
    assert (own.definition, filled(METHODS.card("rife"), own).protocol) == ("rife", "rife")
    assert filled(METHODS.card("rife"), own).weights == "flownet.pkl"


def cell(**changes: Any) -> Any:
    """A cell of frames of 256x256, padded as ours are."""
    padding = {"multiple": 32, "mode": "replicate", "place": "end", "extra": 0, "value": (0.0, 0.0, 0.0)}
    width = changes.pop("width", 256)
    facts = MethodFacts(weights="net.pth", files=(WeightFacts("net.pth", changes.pop("sha256", None)),))
    settings = made_settings(**{"padding": padding, "weights_sha256": "ab"} | changes)
    found = made_result(Cell("net", "vimeo90k", "rife", settings, CellFacts(facts)), [made_row()], {})
    return replace(found, timings=[made_timing(shape=(256, width))])


ZEROS = {"multiple": 32, "mode": "constant", "place": "end", "extra": 0, "value": (0.0, 0.0, 0.0)}


@pytest.mark.parametrize(
    ("changes", "facts", "why"),
    [
        ({}, {}, ""),
        ({}, {"padding": ZEROS, "times": [0.5]}, ""),  # 256 is a multiple: no frame is padded
        ({"width": 260}, {"padding": ZEROS}, "padded otherwise (--protocol rife)"),
        ({}, {"padding": ZEROS | {"extra": 8}}, "padded otherwise (--protocol rife)"),
        ({"times": [0.25, 0.5, 0.75]}, {"times": [0.5]}, "other target times"),
        ({"sha256": "ab"}, {}, ""),
        ({"sha256": "cd"}, {}, "another net.pth than the card's"),
    ],
)
def test_a_cell_that_was_made_otherwise_says_how(changes: Any, facts: Any, why: str) -> None:
    score = replace(PSNR, weights="net.pth", protocol="rife")
    assert departure(cell(**changes), msgspec.convert(asdict(score) | facts, PublishedFacts)) == why


# Which runs measure them


def card(*scores: PublishedScore, weights: Sequence[str] = ()) -> AdapterCard:
    return AdapterCard(
        "leaning",
        "published_methods:Leaning",
        weights=tuple(WeightFile(name, f"https://example.org/{name}") for name in weights),
        variants={"tta": Variant("rotated")},
        padding=Padding(32, "constant"),
        times="any",
        published=scores,
    )


@pytest.fixture
def carrying(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Give the class a card with these scores; no weights are fetched yet."""
    monkeypatch.setenv("VFIBENCH_WEIGHTS", str(tmp_path / "weights"))

    def carry(*scores: PublishedScore, weights: Sequence[str] = ()) -> str:
        monkeypatch.setattr(Leaning, "card", card(*scores, weights=weights))
        return "published_methods:Leaning"

    return carry


def test_scores_that_share_variant_weights_and_protocol_are_one_run(carrying, tmp_path: Path) -> None:
    files = [tmp_path / "weights" / "leaning" / name for name in ("a.pt", "b.pt")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(file.name.encode())
    name = carrying(
        PSNR,
        replace(SSIM, protocol="ema-vfi"),
        replace(PSNR, variant="tta"),
        replace(PSNR, weights="b.pt"),
        replace(PSNR, definition="rife-f32"),
        replace(PSNR, dataset="vimeo90k"),
        replace(PSNR, value=36.0, note="another network"),
        weights=("a.pt", "b.pt"),
    )
    tried, apart = attempts(name, "ucf101")
    assert [
        (one.method.partition("@")[2], one.protocol, one.weights[-4:], len(one.scores)) for one in tried
    ] == [
        ("", "ema-vfi", "a.pt", 2),
        ("tta", "ema-vfi", "a.pt", 1),
        ("", "ema-vfi", "b.pt", 1),
        ("", "rife", "a.pt", 1),
    ]
    assert [(each.score.value, each.why, each.verdict) for each in apart] == [
        (36.0, "another network", "not comparable")
    ]
    assert len(attempts(f"{name}@tta", "ucf101")[0]) == 1
    files[1].unlink()
    tried, apart = attempts(name, "ucf101")
    assert {one.weights[-4:] for one in tried} == {"a.pt"}
    assert [each.why for each in apart] == [
        "needs b.pt, which is not here (--weights b.pt)",
        "another network",
    ]


def test_weights_must_be_those_of_the_publication(carrying, tmp_path: Path) -> None:
    name = carrying(PSNR, weights=("a.pt",))
    with pytest.raises(VfibenchError, match="needs its trained weights") as missing:
        attempts(name, "ucf101")
    assert "a.pt" in missing.value.hint
    with pytest.raises(
        VfibenchError, match=r"expected the weights of the published scores, a\.pt, found x/mine"
    ):
        attempts(name, "ucf101", "x/mine.pt")
    with pytest.raises(VfibenchError, match="found no file"):
        attempts(name, "ucf101", str(tmp_path / "a.pt"))
    with pytest.raises(VfibenchError, match="needs no weights"):
        attempts(carrying(PSNR), "ucf101", "a.pt")
    (tmp_path / "a.pt").write_bytes(b"a")
    ((attempt,), _) = attempts(carrying(PSNR, weights=("a.pt",)), "ucf101", str(tmp_path / "a.pt"))
    assert attempt.weights == f"published_methods:Leaning={tmp_path / 'a.pt'}"


# The command


@pytest.fixture
def reproduce(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run `vfibench reproduce WORDS`: exit status, what it says in one line, what it complains about."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["reproduce", *map(str, words)])
        told = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, " ".join(told.out.split()), told.err

    return run


def middlebury(value: float, **changes: Any) -> PublishedScore:
    score = PublishedScore("middlebury", "psnr", "sepconv-slomo", value, "its README", printed=f"{value:.2f}")
    return replace(score, **changes)


def test_a_published_score_is_measured_as_it_was_made(carrying, reproduce, tmp_path: Path) -> None:
    root = make_middlebury(tmp_path / "data")
    expected = round(fmean(truncated_psnr(root, 128)), 2)
    assert abs(fmean(truncated_psnr(root, 32)) - expected) > 0.03  # the padding is seen in the score
    words = ("-d", "middlebury", "--data-root", root, "--device", "cpu", "--out", tmp_path / "run")

    code, told, _ = reproduce("-m", carrying(middlebury(expected)), *words)
    assert code == 0
    assert "protocol sepconv-slomo, padding to 128 (replicate, end), weights none" in told
    found = re.search(r"psnr@sepconv-slomo ([\d.]+) ([\d.]+) ([+-][\d.]+) 0.015 reproduced its README", told)
    assert found
    assert float(found[1]) == expected
    assert float(found[2]) == pytest.approx(fmean(truncated_psnr(root, 128)), abs=0.002)
    assert told.endswith("1 reproduced")

    noted = middlebury(99.0, note="another network")
    code, told, _ = reproduce(
        "-m", carrying(middlebury(expected + 0.05), middlebury(expected), noted), *words
    )
    assert code == 1
    assert re.search(r"-0\.0[45]\d 0\.015 differs its README", told)
    assert "psnr@sepconv-slomo 99.00: another network" in told
    assert told.endswith("1 differs, 1 reproduced, 1 not comparable")


def test_a_result_under_our_own_padding_is_not_held_against_it(carrying, tmp_path: Path) -> None:
    root = make_middlebury(tmp_path / "data")
    words = [
        "run",
        "-m",
        carrying(middlebury(20.0)),
        "-d",
        "middlebury",
        "--data-root",
        root,
        "--device",
        "cpu",
    ]
    with pytest.raises(SystemExit):
        main([*map(str, words), "--definition", "sepconv-slomo", "--out", str(tmp_path / "run")])
    (result,) = read_results([tmp_path / "run"])
    (found,) = beside(result)
    assert (found.verdict, found.why) == ("not comparable", "padded otherwise (--protocol sepconv-slomo)")
    facts = result.cell.facts.method
    assert (facts.inputs, facts.padding.multiple) == ((2,), 32)
    assert facts.published[0].padding.multiple == 128


def test_part_of_a_dataset_is_a_trial_and_never_comparable(carrying, reproduce, tmp_path: Path) -> None:
    root = make_middlebury(tmp_path / "data", NAMES[:5])
    name = carrying(middlebury(20.0))
    words = ("-m", name, "-d", "middlebury", "--data-root", root, "--device", "cpu")
    code, _, complaint = reproduce(*words)
    assert code == 2
    assert "--partial" in complaint
    code, told, _ = reproduce(*words, "--partial")
    assert code == 3
    assert "20.00: 5 of 12 (partial)" in told
    assert told.endswith("1 not comparable")


def test_what_nothing_can_measure_is_told_without_a_run(carrying, reproduce) -> None:
    code, told, _ = reproduce("-m", "softsplat", "-d", "vimeo90k")
    assert code == 3
    assert "psnr@softsplat 36.10: the paper's own model, not the public one" in told
    code, told, _ = reproduce("-m", "superslomo", "-d", "slowflow")
    assert code == 3
    assert "36.311: no dataset slowflow is offered here" in told
    name = carrying(replace(PSNR, metric="vmaf", definition=""))
    assert reproduce("-m", name, "-d", "ucf101")[1].endswith(
        "no metric vmaf is offered here 1 not comparable"
    )


def test_what_was_not_published_is_bad_input(carrying, reproduce) -> None:
    code, _, complaint = reproduce("-m", "rife", "-d", "davis")
    assert code == 2
    assert "no published score of rife on davis" in complaint
    assert "there are some on: vimeo90k, ucf101," in complaint
    assert "hd" in reproduce("-m", "rife@hd")[2]
    assert "vimeo90k" not in reproduce("-m", "rife@hd")[2]
    assert "there are none on its card" in reproduce("-m", "blend", "-d", "ucf101")[2]
    assert "did you mean rife" in reproduce("-m", "riffe", "-d", "ucf101")[2]
    assert "unknown variant 'x'" in reproduce("-m", f"{carrying(PSNR)}@x", "-d", "ucf101")[2]


def test_a_method_without_its_weights_says_where_they_are(carrying, reproduce) -> None:
    carrying()
    code, _, complaint = reproduce("-m", "rife", "-d", "vimeo90k")
    assert code == 2
    assert "vfibench fetch weights rife" in complaint


@pytest.mark.slow
def test_the_shared_part_of_ucf101_is_not_taken_for_the_whole(shared, carrying, reproduce) -> None:
    root = shared("data", "ucf101_interp_ours").parent
    score = PublishedScore("ucf101", "psnr", "rife-f32", 30.0, "its README")
    words = ("-m", carrying(score), "-d", "ucf101", "--data-root", root, "--device", "cpu", "--partial")
    code, told, _ = reproduce(*words)
    assert code == 3
    assert "100 of 379 (partial)" in told


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "status"), [(0.0, 0), (0.03, 1)])
def test_a_score_on_the_built_in_dataset(carrying, reproduce, shift: float, status: int) -> None:
    dataset = load_dataset("synthetic", factor=8)
    found = []
    for index in range(len(dataset)):
        sample = dataset[index]
        first, second = sample.frames / 255.0
        made = FIRST * first + SECOND * second + GREY * first.mean()
        levels = np.rint(np.clip(made, 0, 1) * 255).astype(np.uint8)
        found += [peak_signal_noise_ratio(truth, levels, data_range=255) for truth in sample.targets]
    value = round(fmean(map(float, found)) + shift, 2)
    score = PublishedScore("synthetic", "psnr", "vfibench", value, "its README", printed=f"{value:.2f}")
    code, told, _ = reproduce("-m", carrying(score), "-d", "synthetic", "--device", "cpu")
    assert code == status, told
