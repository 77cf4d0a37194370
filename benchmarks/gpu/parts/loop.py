"""The whole loop, decode, predict, score: frames/s, and where the time goes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, OUT, Facts
from benchmarks.gpu.clocks import sync
from benchmarks.gpu.kinds import kind_of
from benchmarks.gpu.material import FRAMES, UCF101, data_root, job_for, run_job
from vfibench.frames.files import read_image
from vfibench.running import measuring, predictors
from vfibench.system.devices import usual_workers

CORES = usual_workers(torch.device("cuda"))
STAGES = (
    (measuring.Measurer, "_decode", "decode"),
    (measuring.Measurer, "_stage", "stack and pin"),
    (measuring.Measurer, "_predict", "network's thread"),
    (measuring.Measurer, "_values", "start scoring"),
    (measuring.Measurer, "_score", "wait for scores"),
    (predictors.AdapterPredictor, "__call__", "start predicting"),
)
ARMS: list[tuple[str, str, int, dict[str, Any]]] = [
    ("rife-starter, defaults", "rife-starter", CORES, {}),
    ("blend, defaults", "blend", CORES, {}),
    ("superslomo-starter, defaults", "superslomo-starter", CORES, {}),
    ("rife-starter, 8 threads", "rife-starter", min(8, CORES), {}),
    ("rife-starter, batch 16", "rife-starter", CORES, {"batch_size": 16}),
    (
        "superslomo-starter, bf16, batch 16",
        "superslomo-starter",
        CORES,
        {"batch_size": 16, "precision": "bf16"},
    ),
    (
        "superslomo-starter, tf32, batch 16",
        "superslomo-starter",
        CORES,
        {"batch_size": 16, "precision": "tf32"},
    ),
    ("rife-starter, every default column", "rife-starter", CORES, {"metrics": None}),
    ("blend, all definitions", "blend", CORES, {"definitions": ("all",)}),
]


def ask() -> None:
    """Decoding, then the loop by method, batch, precision and columns, then a profile of the device."""
    asking.ask("decoding alone", decoding, 12)
    for label, method, workers, options in ARMS[: 2 if CPU else len(ARMS)]:
        run = lambda method=method, workers=workers, options=options: arm(method, workers, **options)  # noqa: E731
        asking.ask(label, run, 40 if CPU else 14)
    asking.ask("what the device does", profiled, 40 if CPU else 25)


def decoding() -> Facts:
    """Triplets/s that threads can decode."""
    files = [path / name for path in sorted((data_root() / UCF101).iterdir()) for name in FRAMES]
    chosen = files[:12] if CPU else files
    found = {}
    for threads in sorted({1, min(8, CORES), CORES}):
        with ThreadPoolExecutor(threads) as pool:
            start = time.perf_counter()
            list(pool.map(read_image, chosen))
            found[f"{threads} threads"] = len(chosen) / 3 / (time.perf_counter() - start)
    return {"unit": "triplets/s", **found}


def arm(method: str, workers: int, metrics: Sequence[str] | None = ("ssim3d",), **options: Any) -> Facts:
    """Triplets/s of a steady run of some seconds, and seconds by stage."""
    usual = 4 if CPU else 100
    run_job(job_for(method, count=2 if CPU else 48, metrics=metrics, **options), workers)  # warms up
    start = time.perf_counter()
    run_job(job_for(method, count=usual, metrics=metrics, **options), workers)
    rate = usual / (time.perf_counter() - start)
    copies = 1 if CPU else max(1, min(60, round(3 * rate / 100)))
    job = job_for(method, copies=copies, count=usual if CPU else None, metrics=metrics, **options)
    processor, start = time.process_time(), time.perf_counter()
    with Stages() as stages:
        store = run_job(job, workers)
    wall, done = time.perf_counter() - start, len(store.rows)
    steady = [line for line in store.timings if not line.warmup] or store.timings
    network = sum(line.predict_s for line in steady) / max(1, sum(line.frames for line in steady))
    bad = [row.message for row in store.rows if row.status != "ok"]
    return {
        "triplets": done,
        "triplets_s": done / wall,
        "workers": workers,
        "cores_busy": (time.process_time() - processor) / wall,
        "predict_ms_frame": 1e3 * network,
        "network_thread_busy": stages.seconds["network's thread"] / wall,
        "peak_mib": max(line.peak_mb for line in store.timings),
        "ms_a_triplet": {name: round(1e3 * spent / done, 3) for name, spent in stages.seconds.items()},
        "failed": len(bad),
        "first": bad[:1],
    }


class Stages:
    """Seconds spent in the stages of the loop, over all threads, while it is entered."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._inner = [getattr(owner, name) for owner, name, _ in STAGES]

    def __enter__(self) -> Stages:
        for (owner, name, label), inner in zip(STAGES, self._inner, strict=True):
            setattr(owner, name, self._timed(inner, label))
        return self

    def __exit__(self, *_: object) -> None:
        for (owner, name, _), inner in zip(STAGES, self._inner, strict=True):
            setattr(owner, name, inner)

    def _timed(self, inner: Any, label: str) -> Any:
        def call(*arguments: Any) -> Any:
            start = time.perf_counter()
            try:
                return inner(*arguments)
            finally:
                with self._lock:
                    self.seconds[label] += time.perf_counter() - start

        return call


def profiled() -> Facts:
    """Milliseconds for each kind of kernel; the table of all of them is in profile.txt."""
    run_job(job_for("rife-starter", count=4, metrics=("ssim3d",)), 2)
    sync()
    start = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU if CPU else ProfilerActivity.CUDA]) as seen:
        store = run_job(job_for("rife-starter", count=4 if CPU else 100, metrics=("ssim3d",)), CORES)
        sync()
    wall = time.perf_counter() - start
    averages, column = seen.key_averages(), "self_cpu_time_total" if CPU else "self_device_time_total"
    table = averages.table(sort_by=column, row_limit=60, max_name_column_width=90)
    (OUT / "profile.txt").write_text(table)
    took: Counter[str] = Counter()
    for each in averages:
        took[kind_of(each.key)] += getattr(each, column) / 1e6
    share = {name: round(1e3 * spent / len(store.rows), 4) for name, spent in took.most_common()}
    return {"triplets": len(store.rows), "busy_share": took.total() / wall, "ms_a_triplet": share}
