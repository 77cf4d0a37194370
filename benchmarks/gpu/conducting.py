"""One part after the other, each in a process of its own that is stopped at its limit."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKED = ROOT / ".gpu"
LIMITS = {
    "environment": 45, "suite": 110, "doubts": 60, "parity": 90, "loop": 70,
    "kernels": 40, "speeds": 85, "training": 45, "compiling": 100,
}  # fmt: skip
"""Seconds on a GPU. On a CPU, where little is asked, each part may take what is left."""
LEAST = 10.0
"""Seconds under which a part is not begun."""
ENDING = 8.0
"""Seconds kept for the summary."""


def conduct(parts: Sequence[str], out: Path, seconds: float, device: str) -> int:
    """Run the parts within `seconds`, then write the summary; 1 where a part did not come to its end."""
    began, failed = time.monotonic(), 0
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.jsonl").unlink(missing_ok=True)
    environment = prepared(out.resolve(), device)
    with (out / "log.txt").open("w") as log:
        for part in parts:
            left = seconds - ENDING - (time.monotonic() - began)
            limit = left if device == "cpu" else min(LIMITS[part], left)
            if limit < LEAST:
                say(f"== {part}: no time left", log)
                failed = 1
                continue
            say(f"== {part}: at most {limit:.0f} s, {time.monotonic() - began:.0f} s since the start", log)
            code = run_part(part, limit, environment, log)
            if code:
                say(f"== {part} ended with status {code}", log)
                failed = 1
    words = [sys.executable, "-m", "benchmarks.gpu", "summary", "--out", str(out.resolve())]
    return max(failed, subprocess.run(words, check=False, cwd=ROOT, env=environment).returncode)


def run_part(part: str, limit: float, environment: dict[str, str], log: object) -> int:
    """Exit status of a part; what it prints is shown as it comes. At its limit it goes, with its children."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gpu", "part", part],
        cwd=ROOT,
        env=environment | {"CHECK_LIMIT": str(limit)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    stop = signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip("\n"), log)
        return process.wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, stop)


def prepared(out: Path, device: str) -> dict[str, str]:
    """The environment of the parts: the checkout and unpacked wheels on the path, nothing installed."""
    site = Path(tempfile.gettempdir()) / "vfibench-gpu-site"
    for wheel in sorted((PACKED / "wheels").glob("*.whl")):
        if importlib.util.find_spec(wheel.name.partition("-")[0]) is None:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(site)
    rooms = [ROOT / name for name in ("", "adapters", "datasets", "reports", "tests", "tests/support")]
    found = {
        "CHECK_OUT": str(out),
        "CHECK_DEVICE": device,
        "PYTHONPATH": os.pathsep.join([str(site), *map(str, rooms)]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(Path(tempfile.gettempdir()) / "vfibench-gpu-inductor"),
    }
    if (PACKED / "backbones").is_dir():
        found["VFIBENCH_BACKBONES"] = str(PACKED / "backbones")
    return {**os.environ, **found}


def say(line: str, log: object) -> None:
    """Print a line, and keep it."""
    print(line, flush=True)
    print(line, file=log, flush=True)
