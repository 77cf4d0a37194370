"""Every definition on every shared picture against figures computed with the peers' own functions.

The figures (../shared/metrics/figures) are of independent origin; their README states the tolerances. Half of
the pixels of `blend` are exact ties. The scripts' rows were computed from the mean of two float32 frames,
whose noise breaks ties; the rows in EXACT_TIES from integers. Given the same prediction, both keep the tight
tolerance. One third of the UCF101 triplets runs by default, the others with `-m slow`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

from vfibench.frames.files import read_image
from vfibench.metrics.catalog import RULES, columns_of
from vfibench.metrics.definitions import DEFINITIONS
from vfibench.metrics.scorer import Scorer

Shared = Callable[..., Path]
Row = dict[str, str]

EXACT_TIES = {name for name in DEFINITIONS if name.startswith(("exact-", "skimage-"))} | {
    "vfibench",
    "matlab-rgb",
    "dvf-unmasked",
    "superslomo-r",
}
PSNR_TOLERANCE, SSIM_TOLERANCE, VOLUME_TOLERANCE = (
    5e-6,
    1e-5,
    2e-4,
)  # the last: their float32 is off by so much
TIES = {"psnr": 0.1, "ssim": 6e-4}  # for blend under superslomo-r, whose ties neither prediction repeats
EXACT_VOLUME = {"matlab-rgb", "exact-float", "exact-half-even", "exact-half-up", "exact-truncated"}
MIDDLEBURY = ("Beanbags", "Dimetrodon", "Grove2", "MiniCooper", "Urban2", "Venus")
UCF101 = tuple(str(10 * ((379 * part - 1) // 100) + 1) for part in range(1, 101))  # the hundred shared ids
SAMPLES = [
    *(
        pytest.param("ucf101", name, marks=[pytest.mark.slow] if index % 9 else [])
        for index, name in enumerate(UCF101)
    ),
    *(("middlebury", name) for name in MIDDLEBURY),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def scorer(shared: Shared) -> Scorer:
    names = [name for name, rule in RULES.items() if not getattr(rule, "masked", False)]
    backbones = shared("data", "weights", "lpips_squeeze")
    return Scorer([*names, "lpips-squeeze"], torch.device("cpu"), backbones)


@cache
def rows(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def frames(shared: Shared, dataset: str, sample: str) -> dict[str, torch.Tensor]:
    """First, second, target and, on UCF101, DVF's prediction, as uint8."""
    if dataset == "ucf101":
        folder = shared("data", "ucf101_interp_ours", sample)
        names = {"first": "frame_00", "second": "frame_02", "target": "frame_01_gt", "dvf": "frame_01_ours"}
        paths = {key: folder / f"{name}.png" for key, name in names.items()}
    else:
        folder = shared("data", "middlebury_others")
        paths = {
            "first": folder / "input" / sample / "frame10.png",
            "second": folder / "input" / sample / "frame11.png",
            "target": folder / "gt" / sample / "frame10i11.png",
        }
    return {key: torch.from_numpy(read_image(path)) for key, path in paths.items()}


def predictions(pictures: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    first, second = pictures["first"].float(), pictures["second"].float()
    made = {
        "nearest": first / 255,
        "blend": (first + second) / 2 / 255,
        "blend of floats": (first / 255 + second / 255) / 2,
    }
    return made | ({"dvf": pictures["dvf"].float() / 255} if "dvf" in pictures else {})


def tolerances(definition: str, method: str) -> dict[str, float]:
    if definition == "superslomo-r" and method == "blend":
        return TIES
    rule = DEFINITIONS[definition].ssim
    loose = rule is not None and rule.window == "volume" and definition not in EXACT_VOLUME
    return {"psnr": PSNR_TOLERANCE, "ssim": VOLUME_TOLERANCE if loose else SSIM_TOLERANCE}


@pytest.mark.parametrize(("dataset", "sample"), SAMPLES)
def test_every_definition_gives_the_reference_figures(
    shared: Shared, scorer: Scorer, dataset: str, sample: str
):
    pictures = frames(shared, dataset, sample)
    scores = {
        method: {
            name: float(value[0]) for name, value in scorer(picture[None], pictures["target"][None]).items()
        }
        for method, picture in predictions(pictures).items()
    }
    compared = 0
    for row in figures(shared, f"{dataset}.per_image.csv", sample):
        method, definition = row["method"], row["definition"]
        form = "blend of floats" if method == "blend" and definition not in EXACT_TIES else method
        for name in columns_of(definition):
            kind = name.partition("@")[0]
            expected = pytest.approx(float(row[kind]), abs=tolerances(definition, method)[kind])
            assert scores[form][name] == expected, (method, name)
            compared += 1
    assert compared == (36 * 2 - 1) * (3 if dataset == "ucf101" else 2)
    check_errors(shared, scores, dataset, sample)


def figures(shared: Shared, name: str, sample: str) -> list[Row]:
    return [row for row in rows(shared("metrics", "figures", name)) if row["sample"] == sample]


def check_errors(shared: Shared, scores: dict[str, dict[str, float]], dataset: str, sample: str) -> None:
    """Interpolation errors and LPIPS of the same sample."""
    errors = [row for row in figures(shared, "ie.per_image.csv", sample) if row["dataset"] == dataset]
    distances = [
        row for row in figures(shared, "lpips_squeeze.per_image.csv", sample) if row["dataset"] == dataset
    ]
    assert len(errors) == len(distances) == (3 if dataset == "ucf101" else 2)
    for row in errors:
        mine = scores[row["method"]]
        found = [mine["ie"], mine["ie-rms"], mine["ie-l2"]]
        assert found == pytest.approx([float(row[key]) for key in ("ie_mae", "ie_rms", "ie_l2")], abs=1e-6)
    for row in distances:
        assert scores[row["method"]]["lpips-squeeze"] == pytest.approx(float(row["lpips_squeeze"]), abs=2e-5)


def test_every_definition_of_the_figures_is_in_the_table_and_none_is_unproven(shared: Shared):
    known = {row["definition"] for row in rows(shared("metrics", "figures", "means.csv"))}
    assert known == set(DEFINITIONS) - {"dvf", "rife-hd"}


@pytest.mark.slow
def test_means_over_the_hundred_triplets_are_the_published_ones(shared: Shared):
    """The figures README's means of DVF's predictions."""
    names = ["psnr", "ssim", "ssim3d", "ssim@softsplat", "lpips-squeeze"]
    scorer = Scorer(names, torch.device("cpu"), shared("data", "weights", "lpips_squeeze"))
    totals = dict.fromkeys(names, 0.0)
    for sample in UCF101:
        pictures = frames(shared, "ucf101", sample)
        for name, value in scorer(pictures["dvf"][None] / 255, pictures["target"][None]).items():
            totals[name] += float(value[0]) / len(UCF101)
    expected = {
        "psnr": 34.474208,
        "ssim": 0.938566,
        "ssim3d": 0.958246,
        "ssim@softsplat": 0.939263,
        "lpips-squeeze": 0.027158,
    }
    assert totals == pytest.approx(expected, abs=1e-6)
