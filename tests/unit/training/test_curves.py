"""losses.csv and validation.csv: every step once, whatever was there before; TensorBoard beside them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.training.curves import Curves, read_curve


def losses(value: float) -> dict[str, torch.Tensor]:
    return {"total": torch.tensor(value), "l1": torch.tensor(value / 2)}


def test_rows_are_written_in_blocks_and_averaged_for_the_screen(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 0, 2, tensorboard=False)
    assert not curves.add(losses(1.0), 0.5)
    assert curves.add(losses(3.0), 0.25)
    assert not (tmp_path / "losses.csv").exists()
    means = curves.write(world=1, batch=4)
    assert means["total"] == 2.0
    assert means["l1"] == 1.0
    assert means["samples_per_s"] > 0
    curves.validation(2, 30.5)
    assert read_curve(tmp_path / "losses.csv") == [
        {"step": 0, "lr": 0.5, "total": 1.0, "l1": 0.5},
        {"step": 1, "lr": 0.25, "total": 3.0, "l1": 1.5},
    ]
    assert read_curve(tmp_path / "validation.csv") == [{"step": 2, "psnr_db": 30.5}]


def test_rows_after_the_checkpoint_are_removed_a_torn_one_too(tmp_path: Path) -> None:
    (tmp_path / "losses.csv").write_text("step,lr,total,l1\n0,1,1,1\n1,1,1,1\n2,1,1,1\n3,1")
    (tmp_path / "validation.csv").write_text("step,psnr_db\n2,30.0\n3,31.0\n")
    Curves(tmp_path, 2, 1, tensorboard=False)
    assert (tmp_path / "losses.csv").read_text() == "step,lr,total,l1\n0,1,1,1\n1,1,1,1\n"
    assert (tmp_path / "validation.csv").read_text() == "step,psnr_db\n2,30.0\n"


@pytest.mark.parametrize(("found", "step"), [("step,lr,a,b\n0,1,1,1\n", 0), ("step,lr,to", 3)])
def test_what_another_beginning_left_is_gone(tmp_path: Path, found: str, step: int) -> None:
    (tmp_path / "losses.csv").write_text(found)
    curves = Curves(tmp_path, step, 1, tensorboard=False)
    curves.add(losses(1.0), 0.5)
    curves.write(world=1, batch=4)
    assert read_curve(tmp_path / "losses.csv") == [{"step": step, "lr": 0.5, "total": 1.0, "l1": 0.5}]


def test_a_loss_that_is_no_number_is_written_and_then_told(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 7, 2, tensorboard=False)
    curves.add(losses(1.0), 0.5)
    curves.add(losses(float("nan")), 0.5)
    with pytest.raises(VfibenchError, match=r"expected finite losses, found total nan, l1 nan at step 8"):
        curves.write(world=1, batch=4)
    assert [row["step"] for row in read_curve(tmp_path / "losses.csv")] == [7, 8]


def test_pauses_do_not_count_as_training(tmp_path: Path) -> None:
    speeds = []
    for paused in (False, True):
        curves = Curves(None, 0, 1, tensorboard=False)
        curves.add(losses(1.0), 0.5)
        if paused:
            with curves.paused():
                time.sleep(0.2)
        time.sleep(0.02)
        speeds.append(curves.write(world=1, batch=10)["samples_per_s"])
    assert speeds[1] > 10 / 0.2
    assert all(speed <= 10 / 0.02 for speed in speeds)


def test_tensorboard_gets_the_same_figures(tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    curves = Curves(tmp_path, 0, 2, tensorboard=True)
    curves.add(losses(1.0), 0.5)
    curves.add(losses(3.0), 0.5)
    curves.write(world=1, batch=4)
    curves.validation(2, 30.5)
    curves.close()
    found = events.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(each.step, each.value) for each in found.Scalars("loss/l1")] == [(0, 0.5), (1, 1.5)]
    assert [(each.step, each.value) for each in found.Scalars("validation/psnr_db")] == [(2, 30.5)]
