"""The example in docs/training.md can be trained, scored and resumed as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

import vfibench
from vfibench.cli import main
from vfibench.contracts import AdapterCard
from vfibench.training import recipes

DOCS = Path(vfibench.__file__).parent.parent / "docs" / "training.md"


@pytest.fixture
def text() -> str:
    if not DOCS.exists():
        pytest.skip("needs the repository's docs")
    return DOCS.read_text(encoding="utf-8")


def test_the_example_is_trained(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, kind in (("mymethod.py", "python"), ("mine.toml", "toml")):
        (block,) = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as end:
        main(["train", "--recipe", "mine.toml", "--out", "out", "--device", "cpu"])
    assert not end.value.code
    weight = float(load_file("out/weights.safetensors")["weight"])
    assert 0.45 < weight < 0.6  # from 0.9; the mean of both frames is best
    assert "vfibench run -m mymethod:MyMethod -w out/weights.safetensors" in capsys.readouterr().out
    card = sys.modules["mymethod"].MyMethod.card
    assert isinstance(card, AdapterCard)


def test_every_key_of_a_recipe_is_explained(text: str) -> None:
    for struct in (recipes.Recipe, recipes.Data, recipes.Optimiser, recipes.Schedule, recipes.Training):
        for key in struct.__struct_fields__:
            named = key in ("network", "data", "losses", "optimiser", "schedule", "training")
            assert f"[{key}]" in text if named else f"`{key}`" in text, key
