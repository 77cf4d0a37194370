"""Cases made so that two definitions must give different numbers, with the numbers worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from vfibench.metrics.catalog import RULES
from vfibench.metrics.definitions import Rounding, SsimRule
from vfibench.metrics.pair import FramePair
from vfibench.metrics.rounding import levels
from vfibench.metrics.scorer import Scorer, score_rules

CPU = torch.device("cpu")


def score(predicted: torch.Tensor, target: torch.Tensor, *names: str) -> list[float]:
    scores = Scorer(names, CPU)(predicted, target)
    return [float(scores[name][0]) for name in names]


def grey(level: float, size: int = 16) -> torch.Tensor:
    return torch.full((1, 3, size, size), level)


def target(level: int, size: int = 16) -> torch.Tensor:
    return torch.full((1, 3, size, size), level, dtype=torch.uint8)


def texture(seed: int = 0, size: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, (1, 3, size, size), generator=torch.Generator().manual_seed(seed)).to(
        torch.uint8
    )


def test_identical_pictures_score_infinity_or_the_cap_of_the_epsilon():
    picture = texture()
    plain, capped = score(picture / 255, picture, "psnr", "psnr@cain")
    assert plain == math.inf
    assert capped == pytest.approx(80.0, abs=1e-12)


def test_identical_pictures_score_infinity_under_every_definition_without_epsilon():
    picture = texture()
    names = [name for name, rule in RULES.items() if name.startswith("psnr@") and not rule.masked]
    values = dict(zip(names, score(picture / 255, picture, *names), strict=True))
    for name, value in values.items():
        if getattr(RULES[name], "epsilon", 0):
            assert value == pytest.approx(80.0, abs=1e-4), name
        elif getattr(RULES[name], "arithmetic", "float64") == "float64":
            assert value == math.inf, name


def test_overshoot_counts_only_where_the_prediction_is_not_clamped():
    clamped, unclamped = score(grey(1.1), target(255), "psnr", "psnr@adacof")
    assert clamped == math.inf
    assert unclamped == pytest.approx(20.0, abs=1e-5)  # an error of 0.1 of the peak


def test_overshoot_wraps_where_the_script_casts_to_uint8():
    (wrapped,) = score(grey(257 / 255), target(255), "psnr@vfibenchmark")
    error = (255 - 1) / 255  # 257 becomes 1
    assert wrapped == pytest.approx(-10 * math.log10(error**2 + 1e-8), abs=1e-6)


def test_undershoot_wraps_to_bright_where_the_script_casts_to_uint8():
    assert levels(grey(-3.5 / 255), "wrapped").unique().tolist() == [253]
    assert levels(grey(-0.5 / 255), "wrapped").unique().tolist() == [0]


def test_rounding_hides_an_error_of_a_third_of_a_level_that_floats_show():
    rounded, unrounded = score(grey(100.333 / 255), target(100), "psnr", "psnr@ema-vfi")
    assert rounded == math.inf
    assert unrounded == pytest.approx(-20 * math.log10(0.333 / 255), abs=1e-3)


def test_the_psnr_of_yuv_is_that_of_scikit_images_rgb2yuv_on_rounded_frames():
    from skimage.color import rgb2yuv

    truth, wrong = texture(1), texture(2)
    predicted = (wrong + 0.3) / 255  # clamps and rounds to `wrong`
    lumas = [rgb2yuv(picture[0].permute(1, 2, 0).numpy())[..., 0] for picture in (truth, wrong)]
    expected = -10 * math.log10(((lumas[0] - lumas[1]) ** 2).mean())
    assert score(predicted, truth, "psnr@rife-hd") == pytest.approx([expected], abs=1e-5)


def test_the_psnr_of_yuv_is_lower_than_on_16_to_235_by_their_ratio():
    full, narrow = score(texture(2) / 255, texture(1), "psnr@rife-hd", "psnr@zooming-slowmo-y")
    assert narrow - full == pytest.approx(20 * math.log10(255 / 219), abs=1e-4)


@pytest.mark.parametrize(
    ("level", "rounding", "expected"),
    [
        (100.5, "half-even", 100),
        (101.5, "half-even", 102),
        (100.5, "half-up", 101),
        (101.5, "half-up", 102),
        (100.9, "truncated", 100),
        (100.9, "half-even", 101),
        (300.0, "half-even", 255),
        (-20.0, "half-up", 0),
        (300.0, "unclamped", 300),
        (300.0, "wrapped", 44),
        (100.25, "float", 100.25),
    ],
)
def test_a_rounding_rule_takes_a_level_where_its_name_says(level: float, rounding: Rounding, expected: float):
    assert levels(grey(level / 255), rounding).unique().tolist() == pytest.approx([expected], abs=1e-4)


def test_every_half_level_is_an_exact_tie_for_a_mean_of_uint8_frames():
    halves = torch.arange(511, dtype=torch.float32) / 2
    predicted = (halves / 255).expand(1, 3, 1, 511)
    assert torch.equal(levels(predicted, "half-even")[0, 0, 0], halves.round())
    assert torch.equal(levels(predicted, "half-up")[0, 0, 0], (halves + 0.5).floor())
    assert torch.equal(levels(predicted, "truncated")[0, 0, 0], halves.floor())


def test_the_imagenet_round_trip_loses_28_93_and_200_levels_in_red_green_and_blue():
    all_levels = torch.arange(256, dtype=torch.float32).expand(3, 1, 256)
    restored = levels(all_levels / 255, "imagenet")
    lost = (all_levels - restored).sum((1, 2))
    assert lost.tolist() == [28, 93, 200]
    assert restored.unique().numel() <= 256
    assert (all_levels - restored).unique().tolist() == [0, 1]


def test_the_imagenet_round_trip_changes_the_target_as_well():
    picture = texture()
    (psnr,) = score(picture / 255, picture, "psnr@superslomo-r")
    assert psnr == math.inf


def test_sample_covariance_and_population_covariance_differ():
    first, second = texture(0), texture(1)
    blended = (first.float() + second.float()) / 510
    population, sample = score(blended, first, "ssim@exact-half-even", "ssim@skimage-gaussian-sample")
    wang, same = score(blended, first, "ssim", "ssim@zooming-slowmo-rgb")
    assert wang == same
    assert 1e-6 < abs(wang - sample) < 1e-2
    assert abs(wang - population) > 1e-3


def test_negative_contrast_counts_as_zero_only_in_pyiqa():
    picture = texture(size=64)
    inverse = 1 - picture / 255
    signed, clipped = score(inverse, picture, "ssim", "ssim@pyiqa-rgb")
    assert signed < -0.5
    assert clipped == pytest.approx(0.0, abs=1e-3)


def test_the_data_range_of_a_dim_prediction_lowers_the_ssim_of_xvfi():
    rule = RULES["ssim@xvfi-xtest"]
    assert isinstance(rule, SsimRule)
    target = texture(0) // 8
    pair = FramePair((target + texture(1) // 32) / 255, target)
    rules = {"theirs": rule, "fixed": replace(rule, data_range="255")}
    scores = {name: float(score_rules(pair, {name: rules[name]})[name][0]) for name in rules}
    assert scores["theirs"] < scores["fixed"] - 0.01


def test_the_volume_window_mixes_colours_and_so_sees_their_exchange_differently():
    picture = texture(size=64)
    swapped = picture.flip(1) / 255
    flat, volume = score(swapped, picture, "ssim", "ssim3d")
    assert abs(volume - flat) > 0.05
