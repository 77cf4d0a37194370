"""What only a CUDA device can show: equal scores, autocast, timing by events, memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_clips import make_clip

from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.testing import check_adapter

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    clip = make_clip(tmp_path / "clip", count=33, height=96, width=128)
    return Request(methods=("blend",), datasets=(f"clip:{clip}",), metrics=("ssim3d", "ie"), factor=4)


def run(out: Path, request: Request) -> CellResult:
    store = ResultStore(out)
    Runner(store, request.place).run(Planner(request).jobs())
    (result,) = store.results()
    return result


def test_scores_equal_those_of_the_cpu(request_: Request, tmp_path: Path) -> None:
    cpu = run(tmp_path / "cpu", request_)
    gpu = run(tmp_path / "gpu", replace(request_, device="cuda"))
    assert gpu.complete
    for ours, theirs in zip(gpu.rows, cpu.rows, strict=True):
        assert (ours.sample, ours.t) == (theirs.sample, theirs.t)
        assert ours.scores["psnr"] == pytest.approx(theirs.scores["psnr"], abs=1e-4)
        assert ours.scores["ssim"] == pytest.approx(theirs.scores["ssim"], abs=1e-5)
        assert ours.scores["ssim3d"] == pytest.approx(theirs.scores["ssim3d"], abs=1e-5)
        assert ours.scores["ie"] == pytest.approx(theirs.scores["ie"], abs=1e-4)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_autocast_runs_and_stays_close(request_: Request, tmp_path: Path, precision: str) -> None:
    whole = run(tmp_path / "fp32", replace(request_, device="cuda"))
    half = run(tmp_path / precision, replace(request_, device="cuda", precision=precision))
    for ours, theirs in zip(half.rows, whole.rows, strict=True):
        assert ours.scores["psnr"] == pytest.approx(theirs.scores["psnr"], abs=0.5)


def test_tf32_is_close_to_fp32_and_not_the_same(request_: Request, tmp_path: Path) -> None:
    learned = replace(request_, methods=("superslomo-starter",), device="cuda")
    whole, rough = (run(tmp_path / word, replace(learned, precision=word)).rows for word in ("fp32", "tf32"))
    scores = [[row.scores["psnr"] for row in rows] for rows in (whole, rough)]
    assert scores[1] == pytest.approx(scores[0], abs=0.02)
    if torch.cuda.get_device_capability() >= (8, 0):  # before that there is no TF32
        assert scores[0] != scores[1]


def test_timings_and_memory_are_the_devices(request_: Request, tmp_path: Path) -> None:
    result = run(tmp_path / "gpu", replace(request_, device="cuda"))
    assert all(line.predict_s > 0 for line in result.timings)
    assert all(line.peak_mb > 0 for line in result.timings)
    assert result.entry.provenance.device.type == "cuda"


@pytest.mark.parametrize("method", ["blend", "superslomo", "convlstm"])
def test_methods_keep_their_contract_on_cuda(method: str) -> None:
    check_adapter(method, device="cuda").assert_ok()
