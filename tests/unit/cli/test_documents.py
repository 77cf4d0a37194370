"""`list`, `info` and `doctor` with --json: one document on standard output that says what the cards say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vfibench.cli import main
from vfibench.cli.catalogue import KINDS, REGISTRIES
from vfibench.contracts import AdapterCard, PublishedScore, Variant
from vfibench.metrics.definitions import DEFINITIONS
from vfibench.metrics.protocols import PROTOCOLS
from vfibench.registry import METHODS, Problem
from vfibench.trainable import RecipeCard
from vfibench.version import __version__

Document = Callable[..., Any]


@pytest.fixture
def document(capsys: pytest.CaptureFixture[str]) -> Document:
    """What `vfibench WORDS --json` prints, parsed; nothing else may stand on standard output."""

    def parsed(*words: str, status: int = 0) -> Any:
        with pytest.raises(SystemExit) as end:
            main([*words, "--json"])
        assert (end.value.code or 0) == status
        shown = capsys.readouterr()
        assert shown.out.isascii()
        found = json.loads(shown.out, parse_constant=pytest.fail)
        assert next(iter(found.items())) == ("schema_version", 1)
        return found

    return parsed


@pytest.mark.parametrize("kind", list(REGISTRIES))
def test_a_list_holds_every_card_with_all_it_says(kind: str, document: Document) -> None:
    found = document("list", kind)
    assert list(found) == ["schema_version", "kind", "items", "problems"]
    assert (found["kind"], found["problems"]) == (kind, [])
    cards = REGISTRIES[kind].cards()
    assert [item["name"] for item in found["items"]] == [card.name for card in cards]
    for item, card in zip(found["items"], cards, strict=True):
        assert msgspec.convert(item["card"], type(card), strict=True) == card
        assert item["origin"] == REGISTRIES[kind].origin(card.name)
    assert found["items"][0]["origin"] == "built-in"


def test_definitions_and_protocols_are_listed_as_they_are(document: Document) -> None:
    for kind, known in (("definitions", DEFINITIONS), ("protocols", PROTOCOLS)):
        items = document("list", kind)["items"]
        assert [item["name"] for item in items] == list(known)
        for item in items:
            assert (list(item), item["origin"]) == (["name", "origin", "card"], "built-in")
            card = known[item["name"]]
            assert msgspec.convert(item["card"], type(card)) == card


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_in_words_has_the_same_lines(kind: str, document: Document, capsys) -> None:
    items = document("list", kind)["items"]
    with pytest.raises(SystemExit):
        main(["list", kind])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [item["name"] for item in items]


def test_methods_say_whether_they_are_learned_and_ready(document: Document) -> None:
    items = {item["name"]: item for item in document("list", "methods")["items"]}
    told = {
        name: (items[name]["learned"], items[name]["ready"]) for name in ("blend", "rife", "rife-starter")
    }
    assert told == {"blend": (False, True), "rife": (True, False), "rife-starter": (True, True)}


def test_recipes_say_what_is_trained_on_what(document: Document) -> None:
    (item,) = (one for one in document("list", "recipes")["items"] if one["name"] == "superslomo-starter-96")
    assert (item["method"], item["source"], item["problem"]) == ("superslomo", "synthetic", "")
    assert item["about"]


def test_a_recipe_that_cannot_be_read_says_why(document: Document, monkeypatch, capsys) -> None:
    recipes = REGISTRIES["recipes"]
    recipes.names()
    broken = RecipeCard("broken", "vfibench_adapters", "no/such.toml")
    monkeypatch.setattr(recipes, "_cards", {"broken": broken})
    monkeypatch.setattr(recipes, "_origins", {"broken": "somebody"})
    (item,) = document("list", "recipes")["items"]
    assert (item["method"], item["source"], item["origin"]) == ("-", "-", "somebody")
    assert "no/such.toml" in item["problem"]
    with pytest.raises(SystemExit):
        main(["list", "recipes"])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("broken  -  -  cannot be read: VfibenchError: expected recipe 'broken' as no/such")
    assert line.endswith("[somebody]")


@dataclass
class Odd:
    """What a plugin may put into its settings."""

    name: str = "odd"


def test_a_plugins_card_may_hold_anything_and_its_failures_stand_in_the_document(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    METHODS.names()
    odd = AdapterCard(
        "odd",
        "odd:Odd",
        title="é \ud800",
        variants={"v": Variant("about", {"path": Path("a"), "odd": Odd(), "any": object})},
        published=(PublishedScore("ucf101", "psnr", "rife", float("nan"), "nowhere"),),
    )
    problem = Problem("broken (somebody)", "ImportError: no")
    monkeypatch.setattr(METHODS, "_cards", {"odd": odd})
    monkeypatch.setattr(METHODS, "_origins", {"odd": "somebody"})
    monkeypatch.setattr(METHODS, "_problems", [problem])
    expected = [{"origin": problem.origin, "reason": problem.reason}]
    found = document("list", "methods")
    assert found["problems"] == document("info", "odd")["problems"] == expected
    assert document("doctor")["environment"]["problems"] == expected
    (item,) = found["items"]
    assert item["origin"] == "somebody"
    settings = {"path": "a", "odd": {"name": "odd"}, "any": str(object)}
    assert item["card"]["variants"]["v"]["settings"] == settings
    assert item["card"]["published"][0]["value"] is None


def test_what_a_plugin_prints_as_it_is_loaded_is_kept_out(monkeypatch, capsys) -> None:
    cards = METHODS.cards()

    def loud() -> list[AdapterCard]:
        print("welcome to my plugin")
        return cards

    monkeypatch.setattr(METHODS, "cards", loud)
    with pytest.raises(SystemExit):
        main(["list", "methods", "--json"])
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)["items"]) == len(cards)
    assert shown.err == "welcome to my plugin\n"


def test_info_is_the_whole_card_and_what_its_files_say(document: Document) -> None:
    found = document("info", "superslomo-starter")
    assert list(found) == ["schema_version", "kind", "name", "origin", "card", "files", "problems"]
    assert (found["kind"], found["name"], found["origin"]) == ("method", "superslomo-starter", "built-in")
    assert msgspec.convert(found["card"], AdapterCard) == METHODS.card("superslomo-starter")
    (file,) = found["files"]
    assert Path(file["path"]).stat().st_size == file["bytes"]
    assert 'name = "superslomo-starter"' in file["header"]["recipe"]


@pytest.mark.parametrize(
    ("name", "kind"), [("ucf101", "dataset"), ("psnr@rife", "metric"), ("rife", "method")]
)
def test_info_knows_methods_datasets_and_metrics(name: str, kind: str, document: Document) -> None:
    found = document("info", name)
    card = REGISTRIES[f"{kind}s"].card(name)
    assert (found["kind"], found["files"]) == (kind, [])
    assert msgspec.convert(found["card"], type(card)) == card


def test_info_of_a_variant_and_of_a_class(document: Document) -> None:
    found = document("info", "rife@scale-half")
    card = METHODS.card("rife")
    padding = card.variants["scale-half"].padding
    assert padding is not None
    assert (found["name"], found["origin"]) == ("rife@scale-half", "built-in")
    assert msgspec.convert(found["card"], AdapterCard) == replace(card, padding=padding)
    target = METHODS.card("blend").target
    found = document("info", target)
    assert (found["name"], found["origin"], found["card"]["name"]) == (target, "", "blend")


def test_doctor_tells_the_environment(document: Document, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("VFIBENCH_BACKBONES", raising=False)
    found = document("doctor", "--data-root", str(tmp_path))
    assert list(found) == ["schema_version", "environment", "datasets"]
    environment = found["environment"]
    assert environment["versions"]["vfibench"] == __version__
    assert environment["data_root"] == str(tmp_path)
    assert environment["data_root_found"] is True
    assert environment["cuda"] != "not checked"
    assert set(environment["weights"].values()) == {""}
    assert "no alexnet backbone" in environment["columns"]["lpips"]
    assert found["datasets"] == []


def test_doctor_tells_each_dataset_and_its_status_is_the_same(document: Document, tmp_path: Path) -> None:
    root = ("--data-root", str(tmp_path))
    (found,) = document("doctor", "-d", "synthetic", *root)["datasets"]
    assert (found["ok"], found["found"], found["card"]["name"]) == (True, 24, "synthetic")
    first, second = document("doctor", "-d", "vimeo90k", "-d", "synthetic", *root, status=1)["datasets"]
    assert (first["ok"], second["ok"]) == (False, True)
    assert first["looked_for"][0] == str(tmp_path / "vimeo_triplet/sequences")
    assert first["total"] == 3782


@pytest.mark.parametrize("words", [["list", "things"], ["info", "convlst"], ["doctor", "-d", "ucf11"]])
def test_bad_input_leaves_standard_output_empty(words: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main([*words, "--json"])
    shown = capsys.readouterr()
    assert end.value.code == 2
    assert shown.out == ""
    assert shown.err.startswith("error: ")
