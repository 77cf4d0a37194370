"""The built-in methods' cards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vfibench.contracts import IMAGENET_MEAN, Adapter
from vfibench.registry import load_target
from vfibench_adapters.catalog import CARDS

BY_NAME = {card.name: card for card in CARDS}


def test_names_are_unique_and_the_first_methods_are_there():
    assert len(BY_NAME) == len(CARDS)
    assert {"blend", "nearest", "superslomo", "convlstm"} <= set(BY_NAME)


def test_listing_the_cards_imports_nothing_heavy():
    code = (
        "import sys, vfibench_adapters.catalog; "
        "print([m for m in ('torch', 'numpy', 'PIL', 'safetensors') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_points_at_an_adapter_that_carries_it(card):
    adapter = load_target(card.target)
    assert isinstance(adapter(), Adapter)
    assert adapter.card is card


@pytest.mark.parametrize("card", [card for card in CARDS if card.learned], ids=lambda card: card.name)
def test_a_learned_method_says_where_it_comes_from(card):
    assert card.paper
    assert card.year
    assert card.licence
    assert card.training_data
    assert all(file.structure for file in card.weights)
    if card.name.endswith("-starter"):  # made here; see test_starters
        assert all(file.url.startswith("package:") for file in card.weights)
        return
    assert card.code_url.startswith("https://")
    if card.name == "convgru":  # none were released
        assert [file.url for file in card.weights] == [""]
    else:
        assert all(file.url.startswith(("https://", "http://")) for file in card.weights)


def test_superslomo_pads_as_its_own_evaluation_did():
    for name in ("superslomo", "convlstm"):
        padding = BY_NAME[name].padding
        assert (padding.multiple, padding.mode, padding.place) == (32, "constant", "centred")
        assert padding.value == IMAGENET_MEAN


def test_published_scores_are_those_of_the_authors_notes():
    figures = {
        name: {
            score.metric: score.value
            for score in BY_NAME[name].published
            if (score.dataset, score.definition) == ("vimeo90k-septuplet", "superslomo-r")
        }
        for name in ("superslomo", "convlstm")
    }
    assert figures["superslomo"] == {"psnr": 34.736, "ssim": 0.951, "ie": 4.813}
    assert figures["convlstm"] == {"psnr": 35.554, "ssim": 0.956, "ie": 4.488}
