"""Which columns a request is scored in, and which of them can be had."""

from __future__ import annotations

import pytest

from vfibench.contracts import MetricCard
from vfibench.errors import VfibenchError
from vfibench.metrics.catalog import RULES
from vfibench.metrics.columns import (
    check_masks,
    column_facts,
    definition_columns,
    print_problem,
    wanted_columns,
)
from vfibench.metrics.protocols import get_protocol
from vfibench.registry import DATASETS, METRICS, dataset_card

OURS = ("psnr", "ssim")
DEFAULT = ("ssim3d", "ie", "lpips")
LIGHT = ("psnr@zooming-slowmo-y", "ssim@zooming-slowmo-y")


def wanted(dataset, protocol="vfibench", metrics=None, definitions=()):
    return wanted_columns(get_protocol(protocol), dataset_card(dataset), metrics, definitions)


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ({"dataset": "vimeo90k"}, (*OURS, *DEFAULT)),
        ({"dataset": "synthetic"}, (*OURS, *DEFAULT)),
        ({"dataset": "vimeo90k", "metrics": ()}, OURS),
        ({"dataset": "vimeo90k", "metrics": ("ie", "psnr", "ie")}, (*OURS, "ie")),
        ({"dataset": "ucf101", "protocol": "rife", "metrics": ()}, ("psnr@rife-f32", "ssim@rife-f32")),
        ({"dataset": "middlebury", "protocol": "rife"}, ("ie@rife", *DEFAULT)),
        ({"dataset": "ucf101", "metrics": (), "definitions": ("cdfi",)}, (*OURS, "psnr@cdfi", "ssim@cdfi")),
        ({"dataset": "vid4"}, (*OURS, *LIGHT, *DEFAULT)),
        ({"dataset": "vimeo90k-fast", "metrics": ()}, (*OURS, *LIGHT)),
        ({"dataset": "vid4", "protocol": "zooming-slowmo", "metrics": ()}, (*LIGHT, *OURS)),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_the_protocols_columns_come_first_and_super_resolution_is_scored_on_y_and_on_rgb(asked, columns):
    assert wanted(**asked) == columns


def test_all_definitions_are_all_that_need_no_mask_each_with_every_metric_it_has():
    every = definition_columns(["all"])
    assert len(every) == len(set(every))
    assert set(every) == {*OURS, "ie", *(name for name in RULES if "@" in name)} - {"psnr@dvf", "ssim@dvf"}
    assert definition_columns(["rife", "all"]) == every
    assert definition_columns(["dvf", "adacof"]) == ["psnr@dvf", "ssim@dvf", "psnr@adacof"]


def test_an_unknown_metric_or_dataset_of_a_protocol_is_refused():
    with pytest.raises(VfibenchError, match="unknown metric 'psnrs'"):
        wanted("vimeo90k", metrics=("psnrs",))
    with pytest.raises(VfibenchError, match="says nothing about dataset 'ucf101'"):
        wanted("ucf101", protocol="flavr")


def test_masked_columns_need_a_dataset_with_masks():
    check_masks(wanted("ucf101-masked"), dataset_card("ucf101-masked"))
    check_masks(wanted("ucf101"), dataset_card("ucf101"))
    told = r"psnr@dvf scores inside motion masks, and ucf101 has none.*on ucf101-masked"
    with pytest.raises(VfibenchError, match=told):
        check_masks(("psnr", "psnr@dvf", "ssim@dvf"), dataset_card("ucf101"))


def test_what_is_stored_of_a_column_is_what_its_card_says():
    facts = column_facts(("psnr", "ie"))
    assert list(facts) == ["psnr", "ie"]
    assert facts["psnr"].unit == "dB"
    assert (facts["psnr"].better, facts["ie"].better) == ("higher", "lower")
    assert facts["psnr"].title.startswith("PSNR, RGB, uint8")
    assert facts["psnr"].version >= 1


@pytest.mark.parametrize(
    "wrong",
    [{"digits": -1}, {"digits": 2.5}, {"digits": 99}, {"digits": True}]
    + [{"tolerance": found} for found in ((1,), (-1, 0.5), ("a", "b"), 0.5, (float("nan"), 1.0))],
)
def test_a_card_that_cannot_be_stored_is_refused_before_the_first_frame(monkeypatch, wrong):
    card = MetricCard("odd-own", "pkg:Own", **wrong)
    monkeypatch.setitem(METRICS._cards, "odd-own", card)
    monkeypatch.setitem(METRICS._origins, "odd-own", "a plugin")
    with pytest.raises(
        VfibenchError, match=f"the card of the metric .*odd-own.*: expected {next(iter(wrong))} as"
    ):
        wanted_columns(get_protocol("vfibench"), DATASETS.card("synthetic"), ("odd-own",), ())
    assert print_problem(card)
    assert not print_problem(MetricCard("odd-own", "pkg:Own", digits=0, tolerance=(0, 0.5)))
