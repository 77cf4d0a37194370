"""The check for a GPU, benchmarks/gpu: what can be told of it without one."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], ModuleType]:
    """Import a module of the check, whose findings go to this test's folder."""
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr(module("asking"), "OUT", tmp_path)
    monkeypatch.setattr(module("asking"), "left", lambda: 60.0)
    return module


def module(name: str) -> ModuleType:
    """A module of the check, which is no package that is installed."""
    return importlib.import_module(f"benchmarks.gpu.{name}")


def found(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has asked about since is kept as a zombie."""
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{process}/status")
        if status.exists() and "State:\tZ" in status.read_text():
            return True
        time.sleep(0.1)
    return False


def test_a_question_that_fails_or_takes_too_long_leaves_the_next_one_to_be_asked(
    load: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    ask = load("asking").ask

    def fails() -> dict[str, object]:
        raise ValueError("no such kernel")

    def hangs() -> dict[str, object]:
        while True:
            try:
                time.sleep(5)
            except Exception:  # as careless code does
                continue

    ask("first", lambda: {"ms": 1.5})
    ask("second", fails)
    ask("third", hangs, 1.0)
    ask("fourth", lambda: {"ms": 2.5})
    first, second, third, fourth = found(tmp_path)
    assert (first["ms"], fourth["ms"]) == (1.5, 2.5)
    assert second["error"] == "ValueError: no such kernel"
    assert third["error"] == "took more than 1 s"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_part_that_hangs_is_stopped_with_its_children_and_the_summary_still_comes(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conducting = load("conducting")
    child = tmp_path / "child"
    hangs = f"import os, time; open({str(child)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\nif [ $3 = part ]; then {sys.executable} -c "{hangs}"; fi\n')
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    began = time.monotonic()
    monkeypatch.setattr(conducting, "LEAST", 1.0)
    assert conducting.conduct(["suite"], tmp_path / "out", 3.0 + conducting.ENDING, "cpu") == 1
    assert time.monotonic() - began < 30
    assert gone(int(child.read_text()))
    assert "suite ended with status -9" in (tmp_path / "out" / "log.txt").read_text()


@pytest.mark.parametrize(
    ("text", "passed", "failed", "last"),
    [
        ("..F\nFAILED tests/a.py::b - assert 1\n=== 1 failed, 2 passed in 3.1s ===\n", 2, 1, "1 failed"),
        ("....\n4 passed in 0.5s\n", 4, 0, "4 passed"),
        ("..F.E [ 50%]\n", 3, 2, "stopped before its end"),
    ],
)
def test_what_pytest_says_is_counted(
    load: Callable[[str], ModuleType], text: str, passed: int, failed: int, last: str
) -> None:
    outcome = load("parts.suite").outcome(text)
    assert (outcome["passed"], outcome["failed"]) == (passed, failed)
    assert outcome["last"].startswith(last)


def test_the_summary_says_who_is_off_and_what_went_wrong(
    load: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    def cell(worst: float, finite: bool = True) -> dict[str, object]:
        return {"psnr_worst": worst, "psnr_mean": -worst, "agreement_db": 80.0, "finite": finite}

    again = {"again_differs_by": 0.0, "batch_of_1_differs_by": 1e-6, "deterministic_algorithms": "equal"}
    rows = [
        {"part": "parity", "name": "good", "modes": {"fp32": cell(9e-4), "bf16": cell(0.004)}, **again},
        {"part": "parity", "name": "off", "modes": {"fp32": cell(2e-3), "bf16": cell(0, False)}, **again},
        {"part": "doubts", "name": "memory", "error": "RuntimeError: no"},
        {"part": "suite", "name": "tests/gpu/test_cuda.py", "passed": 6, "failed": 1, "failures": ["a::b"]},
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    load("summary").write_summary(tmp_path)
    text = (tmp_path / "summary.txt").read_text()
    assert "verdict: fp32: 1 of 2 methods within 0.001 dB on every frame; others {'off': 0.002}" in text
    assert "verdict: bf16: 1 of 2 methods within 0.01 dB on every frame; others {'off': 0}" in text
    assert "4 findings, 2 with an error or a failure: doubts: memory; suite: tests/gpu/test_cuda.py" in text
    assert set(json.loads((tmp_path / "summary.json").read_text())) == {"parity", "doubts", "suite"}


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [
        ("Memcpy HtoD (Pinned -> Device)", "copies to the device"),
        ("sm90_xmma_fprop_implicit_gemm_f32f32", "convolutions and products"),
        ("void at::native::grid_sampler_2d_kernel<float>", "sampling and resizing"),
        ("void at::native::vectorized_elementwise_kernel<4>", "elementwise"),
        ("something new", "other"),
    ],
)
def test_kernels_are_told_apart(load: Callable[[str], ModuleType], kernel: str, kind: str) -> None:
    assert load("kinds").kind_of(kernel) == kind


def test_packing_takes_what_a_machine_without_network_lacks(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packing, conducting = load("packing"), load("conducting")
    triplet = tmp_path / "data" / packing.UCF101 / "11"
    for folder, names in ((triplet, (*packing.FRAMES, "flow.flo")), (tmp_path / "nets", ("squeeze.npz",))):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_bytes(b"1234")
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "nowhere_else-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("nowhere_else/__init__.py", "VALUE = 7")
    monkeypatch.chdir(ROOT)
    target = tmp_path / ".gpu"
    packing.pack(target, tmp_path / "data", tmp_path / "nets", tmp_path / "wheels", "3.12")
    packed = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert packed == {
        "wheels/nowhere_else-1.0-py3-none-any.whl",
        "backbones/squeeze.npz",
        *(f"data/{packing.UCF101}/11/{name}" for name in packing.FRAMES),
    }
    monkeypatch.setattr(conducting, "PACKED", target)
    environment = conducting.prepared(tmp_path, "cpu")
    words = [sys.executable, "-c", "import nowhere_else; print(nowhere_else.VALUE)"]
    said = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "7"
    assert environment["VFIBENCH_BACKBONES"] == str(target / "backbones")


def test_packing_somewhere_else_is_refused(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="expected a checkout of vfibench"):
        load("packing").pack(tmp_path / ".gpu", None, None, None, "3.12")


@pytest.mark.slow
def test_the_first_parts_run_on_a_cpu_and_find_no_fault(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks.gpu", "run", "--device", "cpu", "--out", str(tmp_path)]
    parts = "environment,doubts,parity,kernels"
    done = subprocess.run([*words, "--parts", parts, "--seconds", "400"], cwd=ROOT, timeout=450, check=False)
    assert done.returncode == 0
    rows = {(row["part"], row["name"]): row for row in found(tmp_path)}
    assert {part for part, _ in rows} == set(parts.split(","))
    assert not [row for row in rows.values() if "error" in row]
    assert rows["doubts", "--device cuda without a number"]["rows"] == {"ok": 4}
    assert rows["doubts", "settings after a run by many threads"]["right"] is True
    assert rows["parity", "superslomo-starter"]["modes"]["fp32"]["psnr_worst"] == 0  # type: ignore[index]
    assert "-- parity" in (tmp_path / "summary.txt").read_text()
