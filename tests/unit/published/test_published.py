"""Published scores stand beside measured ones of the same rule and samples, or say why not."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from msgspec import structs
from stored import made_result, made_row, made_settings

from vfibench.contracts import AdapterCard, PublishedScore, WeightFile
from vfibench.metrics.catalog import CARDS
from vfibench.published.beside import beside, column_of, published_facts
from vfibench.registry import DATASETS, METHODS, METRICS
from vfibench.store.cells import Cell
from vfibench.store.facts import CellFacts, MethodFacts, PublishedFacts
from vfibench.store.result import CellResult

SCORE = PublishedScore("vimeo90k", "psnr", "rife", 35.5, "its README")
ELSEWHERE = {"slowflow", "sintel-hfr"}  # datasets of the papers that are not offered here

READMES = {  # read with the networks
    "NVIDIA/unsupervised-video-interpolation README": "superslomo_nvidia.md",
    "Coldog2333/pytoflow README": "toflow.md",
}


def result(score: PublishedScore, columns: tuple[str, ...] = ("psnr@rife",), **changes: Any) -> CellResult:
    """A finished cell of two frames, 35 and 37 dB in every column."""
    facts = MethodFacts(
        weights=changes.pop("weights", "net.pth"),
        published=tuple(published_facts(card(score), "vimeo90k", "")),
        inputs=tuple(changes.pop("inputs", (2,))),
    )
    settings = made_settings(**changes.pop("settings", {}))
    rows = [made_row(scores=dict.fromkeys(columns, value)) for value in changes.pop("values", (35.0, 37.0))]
    cell = Cell("net", "vimeo90k", "rife", settings, CellFacts(facts))
    planned = None if changes.get("ranked", True) else 9
    better = dict.fromkeys(columns, "higher")
    return made_result(cell, rows, better, planned=planned, **changes.get("selection", {}))


def card(*scores: PublishedScore) -> AdapterCard:
    return AdapterCard("net", "pkg:Net", weights=(WeightFile("net.pth", "https://x"),), published=scores)


def only(found: list[Any]) -> Any:
    (one,) = found
    return one


def test_the_same_column_is_compared():
    found = only(beside(result(SCORE)))
    assert (found.column, found.measured, found.difference, found.why) == ("psnr@rife", 36.0, 0.5, "")


def test_the_usual_inputs_and_the_version_that_is_here_are_compared():
    version = METRICS.card("psnr@softsplat").version
    settings = {"inputs": 4, "recursion": False, "metrics": {"psnr@softsplat": version}}
    found = only(beside(result(SCORE, ("psnr@softsplat",), inputs=[4, 2], settings=settings)))
    assert (found.measured, found.why) == (36.0, "")
    settings["metrics"] = {"psnr@softsplat": version + 1}
    found = only(beside(result(SCORE, ("psnr@softsplat",), inputs=[4, 2], settings=settings)))
    assert found.why == f"measured by version {version + 1} of psnr@softsplat, not {version}"


def test_another_name_of_the_same_rule_is_compared():
    assert only(beside(result(SCORE, ("ssim", "psnr@softsplat")))).measured == 36.0
    assert only(beside(result(SCORE, ("psnr",)))).measured == 36.0
    assert only(beside(result(replace(SCORE, definition="ifrnet"), ("psnr@amt",)))).measured == 36.0


def test_the_plain_column_measures_our_own_definition():
    assert only(beside(result(replace(SCORE, definition="vfibench"), ("psnr",)))).measured == 36.0
    assert column_of(replace(SCORE, metric="lpips", definition="")) == "lpips"


@pytest.mark.parametrize(
    ("score", "changes", "why"),
    [
        (replace(SCORE, note="another network"), {}, "another network"),
        (replace(SCORE, weights="other.pth"), {}, "of other.pth, not net.pth"),
        (SCORE, {"weights": "mine.pth"}, "of net.pth, not mine.pth"),
        (replace(SCORE, level="clip"), {}, "published as a mean over clips, and no clips are known here"),
        (SCORE, {"settings": {"precision": "bf16"}}, "measured in bf16"),
        (SCORE, {"settings": {"reduced": 4}}, "another size of frames"),
        (SCORE, {"settings": {"inputs": 2}, "inputs": [4, 2]}, "measured with 2 input frames, not 4"),
        (SCORE, {"settings": {"compiled": True}}, "measured through torch.compile"),
        (SCORE, {"settings": {"recursion": True}}, "measured by recursion"),
        (SCORE, {"settings": {"times": [0.25]}}, "other target times"),
        (
            SCORE,
            {"settings": {"metrics": {"psnr@rife": -7}}},
            f"measured by version -7 of psnr@rife, not {METRICS.card('psnr@rife').version}",
        ),
        (
            SCORE,
            {"ranked": False, "selection": {"kind": "partial", "text": "2 of 9 (partial)"}},
            "2 of 9 (partial)",
        ),
        (SCORE, {"ranked": False}, "not all frames are scored"),
        (
            replace(SCORE, definition="ifrnet"),
            {"columns": ("psnr", "ssim")},
            "not scored under ifrnet (--definition ifrnet)",
        ),
        (replace(SCORE, metric="lpips", definition=""), {}, "lpips was not measured"),
        (SCORE, {"values": (35.0, None)}, "the mean leaves frames out"),
    ],
)
def test_what_cannot_be_compared_says_why(score, changes, why):
    found = only(beside(result(score, **changes)))
    assert (found.measured, found.difference, found.why) == (None, None, why)


def test_a_mean_over_clips_is_compared_with_one():
    found = result(replace(SCORE, level="clip"), values=(30.0, 32.0, 40.0))
    rows = [structs.replace(row, tags={"clip": clip}) for row, clip in zip(found.rows, "aab", strict=True)]
    assert only(beside(replace(found, rows=rows))).measured == 35.5


def test_facts_of_a_later_version_are_left_aside():
    (facts,) = published_facts(card(SCORE), "vimeo90k", "")
    later = msgspec.to_builtins(facts) | {"colour": "blue"}
    assert msgspec.convert(later, PublishedFacts) == facts


def test_only_scores_of_the_dataset_and_variant_are_stored():
    scores = (SCORE, replace(SCORE, dataset="ucf101"), replace(SCORE, variant="tta"))
    assert [facts.variant for facts in published_facts(card(*scores), "vimeo90k", "")] == [""]
    assert [facts.variant for facts in published_facts(card(*scores), "vimeo90k", "tta")] == ["tta"]


def cards_with_scores() -> list[Any]:
    return [card for card in METHODS.cards() if card.published]


def test_many_methods_carry_published_scores():
    assert len(cards_with_scores()) >= 10


def test_every_published_score_can_be_measured_or_says_why_not():
    columns, datasets = {card.name for card in CARDS}, set(DATASETS.names())
    for card in cards_with_scores():
        for score in card.published:
            assert score.dataset in datasets | ELSEWHERE, (card.name, score)
            assert score.note or column_of(score) in columns, (card.name, score)
            assert score.variant in ("", *card.variants), (card.name, score)
            assert score.weights in ("", *(file.name for file in card.weights)), (card.name, score)
            assert score.source
            assert score.value > 0


def test_the_cards_hold_what_was_read_in_the_sources(shared):
    with shared("metrics", "published.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"].endswith(("[V]", "[V2]"))]
    read = {(row["value"], row["source"].rpartition(" [")[0]) for row in rows}
    known = {
        (float(value), source.replace(" (read as text)", "")) for value, source in read if _number(value)
    }
    known |= {
        (float(value), source)
        for source, facts in READMES.items()
        for value in re.findall(r"\d+\.\d+", shared("facts", facts).read_text())
    }
    for card in cards_with_scores():
        for score in card.published:
            assert (score.value, score.source.removesuffix(" (second-hand)")) in known, score


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
