"""The tests that need a GPU, tests/gpu, each file in a process of its own, side by side."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from benchmarks.gpu.asking import CPU, OUT, left, note

ROOT = Path(__file__).resolve().parents[3]


def ask() -> None:
    """What pytest says of each file; all it printed is in tests.txt."""
    if importlib.util.find_spec("pytest") is None:
        note("tests/gpu", error="no pytest here")
        return
    files = sorted((ROOT / "tests" / "gpu").glob("test_*.py"))
    files.append(ROOT / "tests" / "unit" / "metrics" / "test_scorer_on_cuda.py")
    begun = {file: begin(file) for file in files}
    end = time.monotonic() + left()
    with (OUT / "tests.txt").open("w") as said:
        for file, (process, log) in begun.items():
            code = wait(process, max(0.5, end - time.monotonic()))
            text = log.read_text(errors="replace")
            said.write(f"\n===== {file.name}: exit status {code}\n{text}")
            note(str(file.relative_to(ROOT)), exit=code, **outcome(text))


def begin(file: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start pytest on a file; its process, and where it writes."""
    folder = Path(tempfile.mkdtemp())
    several = "methods" in file.name and importlib.util.find_spec("xdist") is not None and not CPU
    words = [sys.executable, "-m", "pytest", str(file), "-q", "-rA", "-p", "no:cacheprovider"]
    words += ["--durations=5", f"--basetemp={folder / 't'}", *(["-n", "4"] if several else [])]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            words,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "4"},
            start_new_session=True,
        )
    return process, folder / "log"


def wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Exit status, None where it took too long and was stopped."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def outcome(text: str) -> dict[str, object]:
    """What pytest counted, and its failures; of one that was stopped, what its letters tell."""
    lines = text.splitlines()
    failures = [line.partition(" ")[2][:240] for line in lines if line.startswith(("FAILED", "ERROR "))]
    counted = re.compile(r"\d+ (passed|failed|skipped|errors?)\b.* in ")
    last = next((line for line in reversed(lines) if counted.search(line)), "")
    count = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}
    if not last:
        letters = Counter("".join(re.findall(r"^[.FEsx]+(?= |$)", text, re.MULTILINE)))
        count = {"passed": letters["."], "failed": letters["F"] + letters["E"], "skipped": letters["s"]}
    failed = count.get("failed", 0) + count.get("error", 0)
    last = last.strip("= ") or "stopped before its end"
    kept = {"passed": count.get("passed", 0), "failed": failed, "skipped": count.get("skipped", 0)}
    return {**kept, "failures": failures, "last": last}
