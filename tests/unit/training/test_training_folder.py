"""A training's folder is its own while it lasts, and what it has written is counted at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_training

from vfibench.errors import VfibenchError
from vfibench.system.locks import only_one
from vfibench.training import loop
from vfibench.training.checkpoints import NAME
from vfibench.training.curves import LOSSES, Curves
from vfibench.training.loop import LOCK, train
from vfibench.training.preparing import TrainingJob
from vfibench.training.recipes import changed, parse_recipe

tiny_training.register()
ASKED = changed(parse_recipe(tiny_training.RECIPE.encode(), ""), steps=4)


def test_a_second_training_into_a_folder_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for resume in (False, True):
        with only_one(out / LOCK, "", ""), pytest.raises(VfibenchError) as told:
            train(TrainingJob(ASKED, out, resume=resume), print)
        assert told.value.message.startswith(f"another training is writing to {out}: process ")
        assert told.value.hint == "wait for it to end, or name another --out"
    assert list(out.iterdir()) == []


def test_a_training_that_cannot_begin_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match="expected a checkpoint to go on from"):
        train(TrainingJob(ASKED, tmp_path / "runs" / "out", resume=True), print)
    assert list(tmp_path.iterdir()) == []


def lose_rows(out: Path) -> None:
    path = out / LOSSES
    path.write_bytes(path.read_bytes()[:40])


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lose_rows, r"expected 4 rows in .*losses\.csv, found 0"),
        (lambda out: (out / LOSSES).unlink(), r"expected 4 rows in .*losses\.csv, found 0"),
        (lambda out: (out / NAME).unlink(), r"expected .*checkpoint\.pt as it was written, found: No such"),
        (
            lambda out: (out / NAME).write_bytes(b""),
            r"checkpoint\.pt as it was written, found: an empty",
        ),
        (lambda out: (out / "recipe.toml").unlink(), r"expected .*recipe\.toml as it was written"),
    ],
)
def test_what_is_gone_at_the_end_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None], found: str
) -> None:
    out, whole = tmp_path / "out", Curves.close

    def then_harmed(self: Curves) -> None:
        whole(self)
        harm(out)

    monkeypatch.setattr(loop.Curves, "close", then_harmed)
    with pytest.raises(VfibenchError, match=found) as told:
        train(TrainingJob(ASKED, out), print)
    assert told.value.hint.startswith("something else has removed")
    assert not (out / LOCK).exists()
