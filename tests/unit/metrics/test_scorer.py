"""The scorer: batches, layouts, masks, plugins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch

from vfibench.contracts import Metric, MetricCard
from vfibench.errors import SampleError, VfibenchError
from vfibench.metrics import ssim as scoring
from vfibench.metrics.catalog import CARDS, RULES
from vfibench.metrics.scorer import Scorer, unavailable
from vfibench.registry import METRICS, load_target

CPU = torch.device("cpu")
MASKED = {"psnr@dvf", "ssim@dvf"}
UNMASKED = [name for name in RULES if name not in MASKED]


def pictures(count: int, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(height * width)
    target = torch.randint(0, 256, (count, 3, height, width), generator=source).to(torch.uint8)
    noise = torch.randn(target.shape, generator=source) * 0.2
    return target / 255 + noise, target


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(UNMASKED, CPU)


def test_a_sample_scores_the_same_bits_alone_and_in_a_batch(scorer: Scorer):
    predicted, target = pictures(4, 40, 52)
    together = scorer(predicted, target)
    for index in range(4):
        alone = scorer(predicted[index : index + 1], target[index : index + 1])
        for name in UNMASKED:
            assert torch.equal(alone[name], together[name][index : index + 1]), name


def test_the_memory_layout_of_the_inputs_does_not_matter(scorer: Scorer):
    predicted, target = pictures(2, 40, 52)
    last = torch.channels_last
    interleaved = scorer(predicted.to(memory_format=last), target.to(memory_format=last))
    for name, values in scorer(predicted, target).items():
        torch.testing.assert_close(values, interleaved[name], rtol=1e-12, atol=0, msg=name)


def test_scores_come_as_float64_in_the_order_asked_for():
    predicted, target = pictures(3, 24, 24)
    scores = Scorer(["ssim3d", "psnr", "ie"], CPU)(predicted, target)
    assert list(scores) == ["ssim3d", "psnr", "ie"]
    assert {values.dtype for values in scores.values()} == {torch.float64}
    assert {values.shape for values in scores.values()} == {(3,)}


def test_a_metric_scores_the_same_alone_and_among_all_others(scorer: Scorer):
    predicted, target = pictures(1, 48, 31)
    together = scorer(predicted, target)
    for name in UNMASKED:
        assert torch.equal(Scorer([name], CPU)(predicted, target)[name], together[name]), name


def test_the_inputs_are_left_untouched(scorer: Scorer):
    predicted, target = pictures(1, 24, 24)
    copies = predicted.clone(), target.clone()
    scorer(predicted, target)
    assert torch.equal(predicted, copies[0])
    assert torch.equal(target, copies[1])


def test_pictures_in_strips_score_as_in_one_piece(monkeypatch: pytest.MonkeyPatch):
    predicted, target = pictures(1, 150, 37)
    names = ["ssim", "ssim3d", "ssim@softsplat", "ssim@dvf-unmasked"]
    whole = Scorer(names, CPU)(predicted, target)
    for strip in (16 * 37, 48 * 37, 144 * 37):
        monkeypatch.setattr("vfibench.metrics.ssim.STRIP", strip)
        for name, values in Scorer(names, CPU)(predicted, target).items():
            assert float(values[0]) == pytest.approx(float(whole[name][0]), abs=1e-7), (name, strip)


def test_pieces_of_several_pictures_score_as_single_ones(monkeypatch: pytest.MonkeyPatch):
    predicted, target = pictures(5, 40, 52)
    single = Scorer(UNMASKED, CPU)(predicted, target)
    monkeypatch.setattr("vfibench.metrics.scorer.piece_size", lambda _: 3)
    for name, values in Scorer(UNMASKED, CPU)(predicted, target).items():
        torch.testing.assert_close(values, single[name], rtol=0, atol=1e-6, msg=name)


def test_an_all_ones_mask_changes_nothing_but_the_name():
    predicted, target = pictures(2, 40, 52)
    mask = torch.ones(2, 40, 52, dtype=torch.bool)
    scores = Scorer(["psnr@dvf", "ssim@dvf", "psnr@dvf-unmasked", "ssim@dvf-unmasked"], CPU)(
        predicted, target, mask
    )
    torch.testing.assert_close(scores["psnr@dvf"], scores["psnr@dvf-unmasked"], rtol=0, atol=1e-9)
    assert torch.equal(scores["ssim@dvf"], scores["ssim@dvf-unmasked"])


def test_a_mask_counts_only_the_error_inside_it():
    target = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    predicted = torch.zeros(1, 3, 32, 32)
    predicted[..., :8, :] = 51 / 255
    mask = torch.zeros(1, 32, 32, dtype=torch.bool)
    mask[:, :16] = True
    scores = Scorer(["psnr@dvf", "psnr@dvf-unmasked", "ssim@dvf"], CPU)(predicted, target, mask)
    assert float(scores["psnr@dvf"][0]) == pytest.approx(-10 * math.log10(0.04 / 2), abs=1e-6)
    assert float(scores["psnr@dvf-unmasked"][0]) == pytest.approx(-10 * math.log10(0.04 / 4), abs=1e-6)
    outside = Scorer(["psnr@dvf", "ssim@dvf"], CPU)(predicted, target, ~mask)
    assert float(outside["psnr@dvf"][0]) == math.inf
    assert float(outside["ssim@dvf"][0]) == pytest.approx(1.0, abs=1e-9)


def test_an_empty_mask_scores_nan():
    predicted, target = pictures(1, 24, 24)
    scores = Scorer(["psnr@dvf"], CPU)(predicted, target, torch.zeros(1, 24, 24, dtype=torch.bool))
    assert math.isnan(float(scores["psnr@dvf"][0]))


def test_a_masked_metric_without_a_mask_is_refused():
    predicted, target = pictures(1, 24, 24)
    with pytest.raises(VfibenchError, match="needs a dataset with motion masks"):
        Scorer(["ssim@dvf"], CPU)(predicted, target)


def test_pictures_smaller_than_the_window_are_refused():
    predicted, target = pictures(1, 10, 40)
    with pytest.raises(SampleError, match="at least 11 pixels a side for SSIM, found 40x10"):
        Scorer(["ssim"], CPU)(predicted, target)


def test_a_typo_gets_the_nearest_metric():
    with pytest.raises(VfibenchError, match="did you mean psnr@rife"):
        Scorer(["psnr@rief"], CPU)


@pytest.mark.parametrize("card", [card for card in CARDS if not card.optional], ids=lambda card: card.name)
def test_every_card_leads_to_a_metric_with_the_scores_of_the_scorer(card: MetricCard):
    metric = load_target(card.target)()
    assert isinstance(metric, Metric)
    assert metric.card is card
    predicted, target = pictures(2, 24, 20)
    if card.name in MASKED:
        with pytest.raises(VfibenchError):
            metric(predicted, target)
    else:
        assert torch.equal(metric(predicted, target), Scorer([card.name], CPU)(predicted, target)[card.name])


@dataclass
class Brightness:
    """A third party's metric: mean difference of brightness."""

    card = MetricCard("brightness", "unused", better="lower")

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (predicted.double() - target.double() / 255).mean((1, 2, 3)).abs()


def refuse() -> Metric:
    raise VfibenchError("no such model", "pip install it")


def test_a_plugin_is_scored_beside_the_built_ins_and_asked_whether_it_can(monkeypatch: pytest.MonkeyPatch):
    METRICS.names()
    here = {
        "brightness": MetricCard("brightness", "test:Brightness", optional=True),
        "vmaf": MetricCard("vmaf", "test:refuse", optional=True),
    }
    monkeypatch.setattr(METRICS, "_cards", METRICS._cards | here)
    targets = {"test:Brightness": Brightness, "test:refuse": refuse}
    monkeypatch.setattr("vfibench.metrics.scorer.load_target", targets.__getitem__)
    predicted, target = pictures(2, 24, 24)
    scores = Scorer(["brightness", "psnr"], CPU)(predicted, target)
    assert list(scores) == ["brightness", "psnr"]
    assert torch.equal(scores["brightness"], Brightness()(predicted, target))
    assert unavailable(["psnr", "brightness", "vmaf"]) == {"vmaf": "no such model; pip install it"}


def test_names_that_mean_the_same_are_computed_once(monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []
    original = scoring.ssim_map
    monkeypatch.setattr(scoring, "ssim_map", lambda *given: calls.append(1) or original(*given))
    predicted, target = pictures(1, 24, 24)
    same = ["ssim@rife", "ssim@m2m", "ssim3d", "ssim@exact-half-even"]
    scores = Scorer([*same, "ssim"], CPU)(predicted, target)
    assert len({float(scores[name][0]) for name in same}) == 1
    assert len(calls) == 2


def test_scoring_several_pictures_of_any_size_keeps_them_apart():
    for height, width in ((11, 11), (16, 33), (27, 12), (64, 300)):
        predicted, target = pictures(2, height, width)
        predicted[1] = target[1] / 255
        scores = Scorer(["psnr", "ssim", "ssim3d", "ie"], CPU)(predicted, target)
        assert float(scores["psnr"][0]) < 30
        assert float(scores["psnr"][1]) == math.inf
        assert float(scores["ssim"][1]) == pytest.approx(1, abs=1e-6)
        assert float(scores["ssim3d"][1]) == pytest.approx(1, abs=1e-6)
        assert float(scores["ie"][1]) == 0


def test_a_users_fast_settings_do_not_reach_the_scores():
    predicted, target = pictures(1, 64, 64)
    plain = Scorer(["ssim", "ssim3d"], CPU)(predicted, target)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        fast = Scorer(["ssim", "ssim3d"], CPU)(predicted, target)
    assert torch.equal(plain["ssim"], fast["ssim"])
    assert torch.equal(plain["ssim3d"], fast["ssim3d"])
