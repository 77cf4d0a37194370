"""Cards, definitions and protocols: facts that must hang together."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from vfibench.contracts import Padding
from vfibench.errors import VfibenchError
from vfibench.frames.padding import crop, pad
from vfibench.metrics.catalog import CARDS, RULES, columns_of
from vfibench.metrics.definitions import DEFINITIONS
from vfibench.metrics.protocols import PROTOCOLS, SNU_FILM, get_protocol
from vfibench.registry import METRICS

NAMES = [card.name for card in CARDS]


def test_listing_metrics_and_protocols_imports_neither_torch_nor_numpy():
    code = (
        "import sys, vfibench.metrics.catalog, vfibench.metrics.protocols\n"
        "print([name for name in ('torch', 'numpy', 'PIL', 'skimage') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_registry_offers_every_card_once():
    assert len(set(NAMES)) == len(NAMES)
    assert METRICS.names()[: len(NAMES)] == NAMES
    assert [METRICS.origin(name) for name in NAMES] == ["built-in"] * len(NAMES)


def test_our_own_columns_come_first():
    own = ["psnr", "ssim", "ssim3d", "lpips", "lpips-squeeze", "ie", "ie-rms", "ie-l2"]
    assert NAMES[: len(own)] == own
    assert all("@" in name for name in NAMES[len(own) :])


def test_every_card_states_its_definition_in_one_line():
    for card in CARDS:
        assert len(card.title) > 20, card.name
        assert "\n" not in card.title, card.name
        assert card.version >= 1
        assert card.unit == ("dB" if card.kind == "psnr" else "")
        lower = card.kind.startswith(("ie", "lpips"))
        assert card.better == ("lower" if lower else "higher"), card.name


def test_two_metrics_with_one_title_are_one_rule():
    titles: dict[str, str] = {}
    for card in CARDS:
        if card.name in RULES:
            title = card.title.partition(" [")[0]
            other = titles.setdefault(title, card.name)
            assert RULES[other] == RULES[card.name], (other, card.name)


def test_the_columns_of_our_definition_are_the_plain_ones():
    assert columns_of("vfibench") == ("psnr", "ssim")
    assert RULES["psnr"] == DEFINITIONS["vfibench"].psnr
    assert RULES["ssim"] == DEFINITIONS["vfibench"].ssim


def test_a_definition_without_ssim_has_one_column():
    assert columns_of("adacof") == ("psnr@adacof",)


def test_an_unknown_definition_gets_the_nearest_names():
    with pytest.raises(VfibenchError, match="did you mean"):
        columns_of("ema-vif")


@pytest.mark.parametrize(
    "ask", [lambda: columns_of("skimage-gaussian"), lambda: METRICS.card("psnr@skimage")]
)
def test_of_many_near_names_three_are_told(ask):
    with pytest.raises(VfibenchError) as caught:
        ask()
    assert caught.value.hint.startswith("did you mean ")
    assert caught.value.hint.count(" or ") == 2


def test_our_protocol_scores_any_dataset_and_masked_ones_inside_the_mask():
    ours = get_protocol("vfibench")
    assert next(iter(PROTOCOLS)) == "vfibench"
    assert ours.columns("vimeo90k") == ours.columns("clip:frames") == ("psnr", "ssim")
    assert ours.columns("ucf101-masked") == ("psnr@dvf", "ssim@dvf")
    assert ours.padding is not None
    assert (ours.padding.mode, ours.padding.place) == ("replicate", "end")


@pytest.mark.parametrize(
    ("protocol", "dataset", "columns"),
    [
        ("ema-vfi", "vimeo90k", ("psnr@ema-vfi", "ssim@ema-vfi")),
        ("ema-vfi", "ucf101", ("psnr@rife", "ssim@rife")),
        ("ema-vfi", "snu-film-hard", ("psnr@ema-vfi", "ssim@ema-vfi")),
        ("ema-vfi", "middlebury", ("ie@ema-vfi",)),
        ("rife", "middlebury", ("ie@rife",)),
        ("rife", "hd", ("psnr@rife-hd",)),
        ("ema-vfi", "hd-4x-720p", ("psnr@rife-hd",)),
        ("ema-vfi", "xiph-4k", ("psnr@softsplat", "ssim@softsplat")),
        ("xvfi", "xtest-4k", ("psnr@xvfi-xtest", "ssim@xvfi-xtest")),
        ("adacof", "davis", ("psnr@adacof",)),
        ("superslomo-r", "vimeo90k-septuplet", ("psnr@superslomo-r", "ssim@superslomo-r", "ie@superslomo-r")),
        ("dvf", "ucf101-masked", ("psnr@dvf", "ssim@dvf")),
        ("matlab", "vimeo90k", ("psnr@matlab-rgb", "ssim@matlab-rgb")),
    ],
)
def test_a_peers_protocol_maps_a_dataset_to_its_columns(
    protocol: str, dataset: str, columns: tuple[str, ...]
):
    assert get_protocol(protocol).columns(dataset) == columns


PADDINGS = {
    "vfibench": Padding(1, "replicate", "end"),
    "ema-vfi": Padding(32, "replicate", "centred"),
    "cain": Padding(128, "reflect", "centred"),
    "softsplat": Padding(2, "replicate", "end"),
    "sepconv-slomo": Padding(128, "replicate", "end"),
    "adacof": Padding(32, "reflect", "end"),
    "film": Padding(64, "constant", "centred", value=(0.0, 0.0, 0.0)),
    "zooming-slowmo": Padding(4, "constant", "end", value=(0.0, 0.0, 0.0)),
}
"""How scripts enlarge frames before a network sees them, where that is the scripts' and not the method's."""


def test_a_peers_protocol_pads_as_its_scripts_do_and_others_as_the_method_says():
    assert {name: one.padding for name, one in PROTOCOLS.items() if one.padding is not None} == PADDINGS


@pytest.mark.parametrize("name", [name for name in PADDINGS if name != "vfibench"])
def test_every_protocols_padding_makes_multiples_and_can_be_undone(name: str):
    rule = PADDINGS[name]
    frames = torch.rand(1, 2, 3, 150, 171)
    padded = pad(frames, PROTOCOLS[name].padding)
    assert padded.shape[-2:] == (
        -(-150 // rule.multiple) * rule.multiple,
        -(-171 // rule.multiple) * rule.multiple,
    )
    assert torch.equal(crop(padded, 150, 171, PROTOCOLS[name].padding), frames)


def test_a_dataset_that_a_peer_never_evaluated_is_refused():
    with pytest.raises(VfibenchError, match=r"'flavr' says nothing about dataset 'ucf101'"):
        get_protocol("flavr").columns("ucf101")
    with pytest.raises(VfibenchError, match="ucf101-nodup"):
        get_protocol("rife").columns("ucf101-nodup")


def test_a_typo_in_a_protocol_gets_the_nearest_names():
    with pytest.raises(VfibenchError, match=r"unknown protocol 'ema_vfi'; did you mean ema-vfi"):
        get_protocol("ema_vfi")


def test_every_protocol_leads_to_columns_that_exist_and_names_its_source():
    for protocol in PROTOCOLS.values():
        assert protocol.source
        assert protocol.title
        for dataset in protocol.definitions:
            columns = protocol.columns(dataset)
            assert columns
            assert set(columns) <= set(NAMES)
    assert set(SNU_FILM) <= set(get_protocol("cain").definitions)


def test_every_dataset_a_protocol_names_is_in_the_catalogue():
    datasets = pytest.importorskip("vfibench_datasets.catalog")
    known = {card.name for card in datasets.CARDS} | {"*"}
    for protocol in PROTOCOLS.values():
        assert set(protocol.definitions) <= known, protocol.name
