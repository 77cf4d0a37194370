"""Published numbers with their pictures: IQA-PyTorch's calibration set, and scikit-image itself."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vfibench.frames.files import read_image
from vfibench.metrics.scorer import Scorer

Shared = Callable[..., Path]
CPU = torch.device("cpu")


@pytest.mark.parametrize("picture", ["I03.bmp", "I04.bmp", "I06.bmp", "I08.bmp", "I19.bmp"])
def test_the_official_psnr_and_ssim_come_out_to_their_last_digit(shared: Shared, picture: str):
    """ResultsCalibra of chaofengc/IQA-PyTorch, whose official figures are MATLAB's on rounded gray.

    pyiqa's own SSIM counts negative contrast as 0, which shows in the fourth decimal.
    """
    folder = shared("data", "anchors", "pyiqa_calibra")
    with (folder / "results_official.csv").open(newline="") as file:
        published = {row["Method"]: float(row[picture]) for row in csv.DictReader(file)}
    paths = (folder / name / picture for name in ("dist_dir", "ref_dir"))
    distorted, reference = (torch.from_numpy(read_image(path))[None] for path in paths)
    scores = Scorer(["psnr@pyiqa", "ssim@skimage-gaussian-gray", "ssim@pyiqa"], CPU)(
        distorted / 255, reference
    )
    psnr, ssim, clipped = (float(value[0]) for value in scores.values())
    assert psnr == pytest.approx(published["psnr"], abs=0.0051)
    assert ssim == pytest.approx(published["ssim"], abs=0.000051)
    assert ssim - 1e-4 < clipped < ssim + 5e-4


PAIRS = [
    ("middlebury_others", "input/Grove2/frame10.png", "gt/Grove2/frame10i11.png"),
    ("middlebury_others", "input/Venus/frame11.png", "gt/Venus/frame10i11.png"),
    ("ucf101_interp_ours", "1021/frame_01_ours.png", "1021/frame_01_gt.png"),
    ("ucf101_interp_ours", "831/frame_00.png", "831/frame_01_gt.png"),
    ("ucf101_interp_ours", "3521/frame_02.png", "3521/frame_01_gt.png"),
]


@pytest.mark.parametrize(("folder", "first", "second"), PAIRS)
def test_our_psnr_and_ssim_are_scikit_images(shared: Shared, folder: str, first: str, second: str):
    pictures = [read_image(shared("data", folder) / name) for name in (first, second)]
    predicted, target = (torch.from_numpy(picture)[None] for picture in pictures)
    scores = Scorer(["psnr", "ssim", "ssim@softsplat", "ssim@skimage-gaussian-sample"], CPU)(
        predicted / 255, target
    )
    wang = {"gaussian_weights": True, "sigma": 1.5, "channel_axis": 0, "data_range": 255}
    expected = {
        "psnr": peak_signal_noise_ratio(*pictures, data_range=255),
        "ssim": structural_similarity(*pictures, use_sample_covariance=False, **wang),
        "ssim@softsplat": structural_similarity(*pictures, channel_axis=0, data_range=255),
        "ssim@skimage-gaussian-sample": structural_similarity(*pictures, **wang),
    }
    found = {name: float(value[0]) for name, value in scores.items()}
    assert found.pop("psnr") == pytest.approx(expected.pop("psnr"), abs=1e-9)
    assert found == pytest.approx(expected, abs=5e-6)
