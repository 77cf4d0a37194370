"""Device, versions, settings, clocks after a pause, and ceilings of copy, product, launch and upload."""

from __future__ import annotations

import statistics
import subprocess
import time

import msgspec
import torch

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, DEVICE, Facts, note
from benchmarks.gpu.clocks import clock, sync, wake
from benchmarks.gpu.material import UCF101, data_root
from vfibench.speed.timing import timed
from vfibench.system.provenance import collect


def ask() -> None:
    """Everything a reader of the other parts must know first."""
    facts = msgspec.to_builtins(collect(DEVICE))
    note("provenance", **{name: facts[name] for name in ("versions", "git", "platform", "device")})
    if not CPU:
        asking.ask("nvidia-smi", nvidia_smi, 12)
    asking.ask("clocks after a pause", clocks, 15)
    asking.ask("ceilings", ceilings, 20)
    note("frames", root=str(data_root()), folders=len(list((data_root() / UCF101).iterdir())))


def nvidia_smi() -> Facts:
    """Clocks, temperature and power before anything has run."""
    query = "name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,temperature.gpu,power.draw"
    words = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=10, check=True)
    return {"asked": query, "idle": said.stdout.strip()}


def clocks() -> Facts:
    """A convolution after two idle seconds, and after a second of work: what `speed` warms up for."""
    side = 64 if CPU else 512
    x, layer = torch.rand(4, 64, side, side, device=DEVICE), torch.nn.Conv2d(64, 64, 3, padding=1).to(DEVICE)
    with torch.inference_mode():
        layer(x)
        sync()
        time.sleep(0 if CPU else 2)
        idle = timed(lambda: layer(x), 20, torch.device(DEVICE), lambda _: None)
        wake()
        busy = timed(lambda: layer(x), 20, torch.device(DEVICE), lambda _: None)
    return {"idle_ms": 1e3 * statistics.median(idle), "busy_ms": 1e3 * statistics.median(busy)}


def ceilings() -> Facts:
    """GB/s of copies and uploads, TFLOP/s of products by type, and microseconds to start a kernel."""
    size, side = (2**20, 256) if CPU else (2**30, 8192)
    source = torch.empty(size, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    found = {"copy_GBs": 2 * size / clock(lambda: target.copy_(source), 0.2)["queued_ms"] / 1e6}
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        x = torch.randn(side, side, device=DEVICE, dtype=dtype)
        took = clock(lambda x=x: x @ x, 0.2, 12)["queued_ms"]
        found[f"{str(dtype).partition('.')[2]}_TFLOPs"] = 2 * side**3 / took / 1e9
    one = torch.zeros(1, device=DEVICE)
    found["launch_us"] = 1e3 * clock(lambda: one.add_(1), 0.05, 3000)["queued_ms"]
    part = target[: size // 8]
    for pinned in (True, False):
        host = torch.empty(size // 8, dtype=torch.uint8, pin_memory=pinned and not CPU)
        took = clock(lambda host=host: part.copy_(host, non_blocking=True), 0.1, 10)["queued_ms"]
        found[f"upload_{'pinned' if pinned else 'pageable'}_GBs"] = size / 8 / took / 1e6
    return found
