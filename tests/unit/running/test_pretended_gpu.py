"""What a run does for a GPU, on one that is only pretended: threads, memory, precision, failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from made_clips import make_clip
from pretended_gpu import MIB, Faulty, Log, Watched, pretend

from vfibench.errors import VfibenchError
from vfibench.running.measuring import Measurer
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.system.precision import cuda_switches, told


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Log:
    return pretend(monkeypatch)


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    clip = make_clip(tmp_path / "clip", count=17)
    return Request(("odd_methods:Blend",), (f"clip:{clip}",), metrics=("ie",), device="cuda", batch_size=4)


def run(out: Path, request: Request, **options: Any) -> CellResult:
    store = ResultStore(out)
    Runner(store, request.place, **options).run(Planner(request).jobs())
    (result,) = store.results()
    return result


def test_scores_are_those_of_the_cpu(gpu: Log, asked: Request, tmp_path: Path) -> None:
    on_gpu = run(tmp_path / "gpu", asked, workers=3)
    on_cpu = run(tmp_path / "cpu", replace(asked, device="cpu"))
    assert on_gpu.counts.ok == 8
    for ours, theirs in zip(on_gpu.rows, on_cpu.rows, strict=True):
        assert ours.scores == pytest.approx(theirs.scores, abs=1e-9)


def test_frames_are_stacked_and_pinned_where_they_are_decoded_and_sent_from_the_networks_thread(
    gpu: Log, asked: Request, tmp_path: Path
) -> None:
    run(tmp_path / "run", asked, workers=2)
    assert gpu.calls.count(("pin", "vfibench")) == 4  # frames and targets of two batches of four
    assert gpu.calls.count(("pin", "network")) == 4  # scores on their way back, and which are finite
    assert gpu.calls.count(("send", "network")) == 4
    assert gpu.threads("send") == {"network"}


def test_every_thread_has_its_device_and_waits_asleep(gpu: Log, asked: Request, tmp_path: Path) -> None:
    run(tmp_path / "run", asked, workers=2)
    assert gpu.threads("set device") == {"network", "vfibench"}
    assert gpu.threads("wait, asleep") == {"vfibench"}
    assert gpu.threads("wait, spinning") == set()


def test_decoding_threads_have_one_of_torchs_threads_each(
    gpu: Log, asked: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, decode = set(), Measurer._decode

    def watched(measurer: Measurer, index: int) -> Any:
        seen.add(torch.get_num_threads())
        return decode(measurer, index)

    monkeypatch.setattr(Measurer, "_decode", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        for device in ("cuda", "cpu"):
            run(tmp_path / device, replace(asked, device=device), workers=2)
    finally:
        torch.set_num_threads(before)
    assert seen == {1}


@pytest.mark.parametrize(("precision", "products"), [("fp32", "highest"), ("tf32", "high")])
def test_a_network_multiplies_float32_as_its_cell_says_and_nothing_stays_set(
    gpu: Log, asked: Request, tmp_path: Path, precision: str, products: str
) -> None:
    before = told(cuda_switches())
    run(tmp_path / "run", replace(asked, methods=("pretended_gpu:Watched",), precision=precision))
    assert [each["float32_matmul_precision"] for each in Watched.settings] == [products] * 2
    assert [each["cudnn.allow_tf32"] for each in Watched.settings] == [str(precision == "tf32")] * 2
    assert told(cuda_switches()) == before


def test_tf32_is_a_cell_of_its_own_whose_label_says_so(gpu: Log, asked: Request) -> None:
    plain, rough = (
        Planner(replace(asked, precision=precision)).jobs()[0].cell for precision in ("fp32", "tf32")
    )
    assert plain.key != rough.key
    assert (plain.label, rough.label) == ("odd-blend", "odd-blend (tf32)")


def test_tf32_on_a_cpu_is_refused_before_anything_is_opened(asked: Request) -> None:
    with pytest.raises(VfibenchError, match="expected a CUDA device for --precision tf32"):
        Planner(replace(asked, device="cpu", precision="tf32", datasets=("no such",))).jobs()


def test_peak_memory_is_the_predictions_own(gpu: Log, asked: Request, tmp_path: Path) -> None:
    gpu.peak = 900 * MIB  # of whatever ran before
    result = run(tmp_path / "run", replace(asked, methods=("pretended_gpu:Watched",)))
    assert [line.peak_mb for line in result.timings] == [5.0, 5.0]
    assert [line.predict_s for line in result.timings] == [0.0015] * 2


def test_provenance_tells_driver_and_settings(gpu: Log, asked: Request, tmp_path: Path) -> None:
    for precision, word in (("fp32", "highest"), ("tf32", "high")):
        out = tmp_path / precision
        entry = run(out, replace(asked, precision=precision)).entry
        facts = entry.provenance.device
        assert (facts.type, facts.name, facts.driver) == ("cuda", "Pretended GPU", "999.1")
        assert facts.cudnn == torch.backends.cudnn.version()
        assert facts.switches["float32_matmul_precision"] == word
        assert facts.switches["cudnn.benchmark"] == "False"
        (cell,) = json.loads((out / "run.json").read_text())["cells"]
        assert cell["provenance"]["device"]["driver"] == "999.1"
    on_cpu = run(tmp_path / "cpu", replace(asked, device="cpu"))
    assert on_cpu.entry.provenance.device.switches == {}
    (cell,) = json.loads((tmp_path / "cpu" / "run.json").read_text())["cells"]
    assert "driver" not in cell["provenance"]["device"]


@pytest.mark.parametrize("workers", [1, 3])
def test_out_of_memory_halves_until_it_fits(gpu: Log, asked: Request, tmp_path: Path, workers: int) -> None:
    limited = replace(asked, methods=("odd_methods:Limited",), batch_size=8)
    assert run(tmp_path / "run", limited, workers=workers).counts.ok == 8
    assert gpu.calls.count(("empty cache", "network")) == 3  # after 8, and each 4 of them


def test_a_broken_gpu_ends_the_run_with_one_line_and_keeps_what_is_scored(
    gpu: Log, asked: Request, tmp_path: Path
) -> None:
    broken = replace(asked, methods=("pretended_gpu:Faulty",), batch_size=2)
    with pytest.raises(VfibenchError, match="unusable for this process: CUDA error: an illegal") as told_:
        run(tmp_path / "run", broken, workers=1)
    assert "\n" not in str(told_.value)
    assert len(Faulty.calls) < 4  # nobody went on to fail the samples that remained
    for scored in (2, 4):
        (result,) = ResultStore(tmp_path / "run").results()
        assert (result.counts.ok, result.counts.error) == (scored, 0)
        gpu.broken = False
        Faulty.calls.clear()
        with pytest.raises(VfibenchError, match="unusable"):
            run(tmp_path / "run", broken, workers=1)
