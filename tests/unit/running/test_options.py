"""Precision and compilation: options whose cost in quality is shown, and that make cells of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from made_clips import make_clip
from torch import nn

from vfibench.cli.speed import describe
from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import Method
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.speed.timing import CallSize, measure_speed, psnr
from vfibench.store.memory import MemoryStore

CPU = torch.device("cpu")


class Smooth:
    """A convolution of the mean of both frames, so that precision matters."""

    card = AdapterCard("smooth", f"{__name__}:Smooth", times="any")

    def load(self, device: torch.device, weights: Path | None) -> None:
        self.net = nn.Conv2d(3, 3, 5, padding=2, groups=3, bias=False).requires_grad_(False).to(device)
        self.net.weight.fill_(1 / 25)

    def predict(self, frames, times):
        smooth = self.net(frames.mean(1))
        return smooth[:, None].expand(-1, len(times), -1, -1, -1)


@pytest.fixture
def smooth(monkeypatch):
    monkeypatch.setattr("vfibench.methods.resolving.load_target", lambda target: Smooth)
    return Method("smooth", Smooth.card)


def scored(clip, **options):
    request = Request(("smooth",), (f"clip:{clip}",), ("psnr",), batch_size=1, **options)
    jobs = Planner(request).jobs()
    store = MemoryStore()
    assert Runner(store, CPU, workers=1).run(jobs)
    return jobs[0].cell, [row.scores["psnr"] for row in store.rows]


@pytest.fixture
def known(monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("vfibench.methods.resolving.METHODS", SimpleNamespace(card=lambda name: Smooth.card))


def test_plain_fp32_has_nothing_to_be_compared_with(smooth):
    found = measure_speed(smooth, CallSize(24, 16), runs=1, warmup=0)
    assert (found.agreement_db, found.compiled) == (None, False)
    assert not any("agreement" in line for line in describe(found))


def test_the_cost_of_bf16_is_measured_against_plain_fp32(smooth):
    found = measure_speed(smooth, CallSize(24, 16, precision="bf16"), runs=1, warmup=0)
    # bf16 keeps 8 bits: an error of about 2^-9 of values near 0.5
    assert found.agreement_db == pytest.approx(60, abs=8)
    (line,) = [line for line in describe(found) if "agreement" in line]
    assert f"{found.agreement_db:.1f} dB PSNR to plain fp32" in line


def test_psnr_of_equal_frames_is_the_largest_and_of_known_ones_is_right():
    frames = torch.rand(1, 3, 4, 4)
    assert psnr(frames, frames) == 200
    assert psnr(torch.full((1, 3, 4, 4), 0.6), torch.full((1, 3, 4, 4), 0.5)) == pytest.approx(20, abs=1e-4)
    assert psnr(torch.full((2,), 1.5), torch.full((2,), 1.0)) == 200


def test_precision_is_a_cell_of_its_own_and_hardly_changes_the_score(smooth, known, tmp_path):
    clip = make_clip(tmp_path / "clip", count=5)
    plain, exact = scored(clip)
    half, near = scored(clip, precision="bf16")
    assert plain.key != half.key
    assert (plain.label, half.label) == ("smooth", "smooth (bf16)")
    assert near != exact
    assert near == pytest.approx(exact, abs=0.2)


@pytest.mark.parametrize("late", [False, True])
def test_a_machine_that_cannot_compile_is_told_once(smooth, known, tmp_path, monkeypatch, late):
    def broken(*_):
        raise RuntimeError("no C++ compiler\nmore")

    monkeypatch.setattr(torch, "compile", (lambda _: broken) if late else broken)
    clip = make_clip(tmp_path / "clip", count=5)
    problem = "torch.compile does not work here: RuntimeError: no C[+][+] compiler; leave out"
    with pytest.raises(VfibenchError, match=problem):
        scored(clip, compiled=True)


@pytest.mark.slow
def test_compiling_is_a_cell_of_its_own_and_keeps_the_scores(smooth, known, tmp_path):
    clip = make_clip(tmp_path / "clip", count=5)
    plain, exact = scored(clip)
    compiled, found = scored(clip, compiled=True)
    assert plain.key != compiled.key
    assert compiled.label == "smooth (compiled)"
    assert found == pytest.approx(exact, abs=1e-4)
    assert measure_speed(smooth, CallSize(24, 16, compiled=True), runs=1, warmup=1).agreement_db > 90


def test_the_cells_of_runs_without_these_options_are_what_they_were(smooth, known, tmp_path):
    clip = make_clip(tmp_path / "clip", count=3)
    (job,) = Planner(Request(("smooth",), (f"clip:{clip}",), ("psnr",))).jobs()
    assert "compiled" not in job.cell.settings.to_json()
