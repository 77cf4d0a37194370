"""Training on CUDA: a resumed curve, half precision, and as much memory on every GPU."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_training
import torch
from tiny_training import run, run_together, write_recipe

from vfibench.training.curves import read_curve

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def words(recipe: Path, out: Path, *more: object) -> list[object]:
    return ["train", "--recipe", recipe, "--out", out, "--device", "cuda", "--log-every", 3, *more]


def totals(out: Path) -> list[float]:
    return [row["total"] for row in read_curve(out / "losses.csv")]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_killed_training_goes_on_along_the_same_curve(tmp_path: Path, precision: str) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml", seed=f'3\nprecision = "{precision}"')
    assert run(words(recipe, tmp_path / "whole"), tmp_path / "log")[0] == 0
    assert (
        run(words(recipe, tmp_path / "out"), tmp_path / "log", send=(signal.SIGKILL, 8))[0] == -signal.SIGKILL
    )
    code, said = run(words(recipe, tmp_path / "out", "--resume"), tmp_path / "log")
    assert code == 0, said
    assert totals(tmp_path / "out") == pytest.approx(totals(tmp_path / "whole"), rel=1e-3)
    assert len(totals(tmp_path / "whole")) == 12


def test_the_curve_is_the_cpus(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml")
    assert run(words(recipe, tmp_path / "gpu"), tmp_path / "log")[0] == 0
    assert run([*words(recipe, tmp_path / "cpu"), "--device", "cpu"], tmp_path / "log")[0] == 0
    assert totals(tmp_path / "gpu") == pytest.approx(totals(tmp_path / "cpu"), rel=1e-2)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_two_gpus_train_as_one_and_hold_as_much(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml")
    assert run(words(recipe, tmp_path / "one"), tmp_path / "log")[0] == 0
    ends = run_together(2, words(recipe, tmp_path / "two"), tmp_path / "log")
    assert [code for code, _ in ends] == [0, 0], ends
    assert totals(tmp_path / "two") == pytest.approx(totals(tmp_path / "one"), rel=1e-3)
    own, elsewhere = zip(*peaks(recipe, tmp_path), strict=True)
    assert max(own) <= 1.02 * min(own)
    assert elsewhere == (0, 0)


PEAK = """
import json, os, sys, torch, tiny_training
from pathlib import Path
from vfibench.training.loop import train
from vfibench.training.preparing import Job
from vfibench.training.recipes import read_recipe

tiny_training.register()
own = int(os.environ["LOCAL_RANK"])
train(Job(read_recipe(sys.argv[1]), Path(sys.argv[2]), device="cuda"), print)
held = [torch.cuda.max_memory_allocated(gpu) for gpu in range(2)]
Path(sys.argv[2], f"peak.{own}").write_text(json.dumps([held[own], held[1 - own]]))
"""


def peaks(recipe: Path, folder: Path) -> list[tuple[int, int]]:
    """Peak memory of each process on its own GPU and on the other one's, bytes."""
    script, out, port = folder / "peak.py", folder / "peaks", tiny_training.free_port()
    script.write_text(PEAK)
    path = os.pathsep.join([str(Path(tiny_training.__file__).parent), os.environ.get("PYTHONPATH", "")])
    started = [
        subprocess.Popen(
            [sys.executable, script, recipe, out],
            env={**os.environ, **tiny_training.in_group(rank, 2, port), "PYTHONPATH": path},
        )
        for rank in range(2)
    ]
    assert [each.wait(300) for each in started] == [0, 0]
    return [tuple(json.loads((out / f"peak.{rank}").read_text())) for rank in range(2)]
