"""A card that a plugin has filled in is held to the types of its fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vfibench.contracts import AdapterCard, Padding, WeightFile
from vfibench.registry import DATASETS, METHODS, METRICS, PAGES, RECIPES, SOURCES, Registry
from vfibench.system.records import check_fields

GOOD = AdapterCard("mine", "mine:Mine")
FILE = WeightFile("w", "https://127.0.0.1/w")


@pytest.mark.parametrize("registry", [METHODS, DATASETS, METRICS, PAGES, RECIPES, SOURCES])
def test_every_built_in_card_is_right(registry: Registry[Any]) -> None:
    assert registry.cards()
    for card in registry.cards():
        check_fields(card)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"inputs": 2}, "AdapterCard.inputs: expected tuple[int, ...], found 2"),
        ({"inputs": (2, "4")}, "AdapterCard.inputs: expected tuple[int, ...], found (2, '4')"),
        ({"padding": 8}, "AdapterCard.padding: expected Padding, found 8"),
        ({"padding": Padding("8")}, "AdapterCard.padding.multiple: expected int, found '8'"),
        ({"year": "2020"}, "AdapterCard.year: expected int | None, found '2020'"),
        ({"weights": FILE}, "AdapterCard.weights: expected tuple[WeightFile, ...], found "),
        ({"weights": (replace(FILE, size="8"),)}, "AdapterCard.weights.size: expected int | None, found '8'"),
        ({"variants": {"tta": {}}}, "AdapterCard.variants: expected Mapping[str, Variant], found "),
    ],
)
def test_a_field_of_another_type_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        check_fields(replace(GOOD, **wrong))
    assert str(caught.value).startswith(said)


def test_a_list_will_do_for_a_tuple() -> None:
    check_fields(replace(GOOD, inputs=[2, 4]))
