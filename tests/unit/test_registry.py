"""Names to cards: nearest names, broken plugins, taken names."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vfibench import registry
from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench.registry import METHODS, Registry, load_target


def point(name: str, load: Any) -> SimpleNamespace:
    return SimpleNamespace(name=name, load=load, dist=SimpleNamespace(name=f"{name}-dist"))


def raising(error: BaseException) -> Any:
    def load() -> None:
        raise error

    return load


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(*points: SimpleNamespace) -> Registry[AdapterCard]:
        monkeypatch.setattr(registry, "_entry_points", lambda group: points)
        return Registry("method", AdapterCard, "vfibench_adapters.catalog", "adapters", "vfibench.adapters")

    return make


def test_a_plugin_adds_a_card_a_sequence_or_a_class_with_a_card(fresh: Any) -> None:
    one, two, three = (AdapterCard(name, "a:B") for name in ("one", "two", "three"))
    found = fresh(
        point("p", lambda: one), point("q", lambda: [two]), point("r", lambda: SimpleNamespace(card=three))
    )
    assert {"blend", "one", "two", "three"} <= set(found.names())
    assert found.origin("two") == "q-dist"
    assert not found.problems()


@pytest.mark.parametrize(
    "error", [ImportError("no torchxyz"), SystemExit(3), RuntimeError("a\nb"), SyntaxError("x")]
)
def test_a_broken_plugin_harms_nobody_else(fresh: Any, error: BaseException) -> None:
    good = AdapterCard("good", "a:B")
    found = fresh(point("bad", raising(error)), point("fine", lambda: good))
    assert found.card("good") is good
    assert found.card("blend").name == "blend"
    (problem,) = found.problems()
    assert problem.origin == "bad (bad-dist)"
    assert type(error).__name__ in problem.reason
    with pytest.raises(VfibenchError, match=r"unknown method 'bad'.*failed to load"):
        found.card("bad")


def test_a_taken_name_is_a_problem_and_never_a_replacement(fresh: Any) -> None:
    found = fresh(point("thief", lambda: AdapterCard("blend", "evil:Blend")))
    assert found.card("blend").target != "evil:Blend"
    assert "taken" in found.problems()[0].reason


def test_a_plugin_of_the_wrong_kind_is_a_problem(fresh: Any) -> None:
    found = fresh(point("odd", lambda: 3), point("list", lambda: ["blend"]))
    assert len(found.problems()) == 2


def test_a_typo_gets_the_nearest_names() -> None:
    with pytest.raises(VfibenchError, match=r"unknown method 'blnd'; did you mean blend"):
        METHODS.card("blnd")


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(VfibenchError, match="vfibench list methods"):
        METHODS.card("qqqqqqqq")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("noclass", r"expected package\.module:Class"),
        ("no_such_module:X", "no module named 'no_such_module'"),
        ("json:Nothing", "cannot find 'Nothing'"),
    ],
)
def test_a_wrong_target_says_what_is_missing(target: str, message: str) -> None:
    with pytest.raises(VfibenchError, match=message):
        load_target(target)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise ImportError('libodd.so is missing')", "ImportError: libodd.so is missing"),
        ("import sys; sys.exit('no licence')", "SystemExit: no licence"),
        ("class Odd(:", "SyntaxError: invalid syntax"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_module_that_fails_as_it_is_imported_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    (tmp_path / "fails_at_import.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(VfibenchError, match="cannot import 'fails_at_import:Odd'") as error:
        load_target("fails_at_import:Odd")
    assert reason in error.value.message
    assert "\n" not in error.value.message


def test_a_relative_module_is_refused() -> None:
    with pytest.raises(VfibenchError, match=r"cannot import '\.x:Y': TypeError"):
        load_target(".x:Y")


@pytest.mark.parametrize("file", ["../pyproject.toml", "/etc/hostname", ""])
def test_the_card_of_a_recipe_cannot_lead_out_of_its_package(file: str) -> None:
    from vfibench.registry import recipe_text
    from vfibench.trainable import RecipeCard

    with pytest.raises(VfibenchError, match="expected the name of a file below vfibench"):
        recipe_text(RecipeCard("r", package="vfibench", file=file))


def test_what_is_installed_in_a_folder_seen_for_a_class_is_no_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("installed", "beside"):
        info = tmp_path / folder / f"{folder}.egg-info"
        info.mkdir(parents=True)
        (info / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {folder}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[vfibench.adapters]\n{folder} = {folder}_cards:CARD\n")
        (tmp_path / folder / f"{folder}_cards.py").write_text("CARD = 3\n")
    monkeypatch.setattr(registry, "_beside", set())
    monkeypatch.setattr(sys, "path", [str(tmp_path / "installed"), *sys.path])

    def found() -> set[str]:
        names = {point.name for point in registry._entry_points("vfibench.adapters")}
        return names & {"installed", "beside"}

    assert found() == {"installed"}
    registry.see_folder(str(tmp_path / "installed"))  # it is there already, and stays what it was
    registry.see_folder(str(tmp_path / "beside"))
    assert found() == {"installed"}
    assert registry.load_target("beside_cards:CARD") == 3
    (point,) = (one for one in registry._entry_points("vfibench.adapters") if one.name == "installed")
    assert point.dist.name == "installed"


def test_a_name_that_is_taken_stays_what_it_was_while_another_is_tried_under_it() -> None:
    first, second = METHODS.card("blend"), AdapterCard("blend", "mine:Blend")
    before = METHODS.problems()
    with METHODS.holding(second, "somebody"):
        assert METHODS.card("blend") is first
    assert METHODS.card("blend") is first
    assert METHODS.problems() == before
