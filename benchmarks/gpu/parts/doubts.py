"""One question for each doubt that reading the code left: what is right is known, what is found is noted."""

from __future__ import annotations

import gc
import time
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, DEVICE, Facts
from benchmarks.gpu.clocks import sync
from benchmarks.gpu.material import given, job_for, opened, run_job, triplets
from vfibench.metrics.catalog import RULES
from vfibench.metrics.scorer import Scorer
from vfibench.running import measuring
from vfibench.running.plan import Job
from vfibench.speed.timing import wait_for
from vfibench.system.devices import chosen_device
from vfibench.system.precision import computing_in, cuda_switches, told


def ask() -> None:
    """First what would make wrong scores or none, then what costs time."""
    asking.ask("--device cuda without a number", unnumbered, 25)
    asking.ask("TF32 in a convolution and a product", rounding, 15)
    asking.ask("settings after a run by many threads", settings, 40)
    asking.ask("a batch too large for the memory", memory, 45)
    asking.ask("scores on the device against the CPU", scores, 60)
    asking.ask("the same run by 1 thread and by 8", threads, 40)
    asking.ask("waits of the host in a batch", waits, 40)
    asking.ask("threads that wait for scores", sleeping, 20)


def unnumbered() -> Facts:
    """The README's own spelling."""
    device = str(chosen_device(DEVICE.partition(":")[0]))
    store = run_job(job_for(device=device, count=4), device=device)
    return {"device": device, "rows": Counter(row.status for row in store.rows), "right": {"ok": 4}}


def rounding() -> Facts:
    """Relative error of a convolution and a product, against float64: 1e-7 is float32, 3e-4 is TF32."""
    x, layer, a = torch.randn(2, 64, 96, 96), torch.nn.Conv2d(64, 64, 3), torch.randn(512, 512)
    found = {}
    with torch.inference_mode():
        true, product = layer.double()(x.double()), a.double() @ a.double()
        layer, x, a = layer.float().to(DEVICE), x.to(DEVICE), a.to(DEVICE)
        for precision in ("fp32",) if CPU else ("fp32", "tf32"):
            with computing_in(precision, torch.device(DEVICE)):
                made, multiplied = layer(x), a @ a
            for kind, ours, exact in (("convolution", made, true), ("product", multiplied, product)):
                found[f"{precision} {kind}"] = float((ours.cpu().double() - exact).norm() / exact.norm())
    return found


def settings() -> Facts:
    """Torch's settings are after a run as they were before."""
    before = told(cuda_switches())
    for device in dict.fromkeys(("cpu", DEVICE)):
        job = job_for(device=device, count=8 if CPU else 64, metrics=("ssim3d",), batch_size=1)
        run_job(job, workers=8, device=device)
    after = told(cuda_switches())
    return {
        "right": after == before,
        "changed": {name: after[name] for name in after if after[name] != before[name]},
    }


def memory() -> Facts:
    """With room for two samples, batches of 2 and of 32 are scored alike: halved until they fit."""
    if CPU:
        return {"skipped": "there is no allocator to limit on a CPU"}
    name = "superslomo-starter"
    adapter, card = opened(name, DEVICE)
    frames = given(card, triplets(1)[0].to(DEVICE))
    need = {}
    for batch in (1, 2, 32):
        torch.cuda.reset_peak_memory_stats()
        with torch.inference_mode():
            adapter.predict(frames.expand(batch, -1, -1, -1, -1).contiguous(), (0.5,))
        need[batch] = torch.cuda.max_memory_allocated()
    del adapter, frames
    gc.collect()
    torch.cuda.empty_cache()
    room = min(1.35 * need[2] + 2**28, 0.7 * need[32])
    torch.cuda.set_per_process_memory_fraction(room / torch.cuda.get_device_properties(0).total_memory)
    found: dict[str, object] = {}
    try:
        for batch in (2, 32):
            store = run_job(job_for(name, batch_size=batch, count=32))
            bad = [row.message[:120] for row in store.rows if row.status != "ok"]
            found[f"batch {batch}"] = {"ok": len(store.rows) - len(bad), "failed": len(bad), "first": bad[:1]}
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    return {"needs_mib": {size: held >> 20 for size, held in need.items()}, "right": "32 ok in both", **found}


def scores() -> Facts:
    """The largest difference of each kind of score, and whether neighbours or another call change any."""
    inputs, targets = triplets(2 if CPU else 8)
    noise = torch.randn(targets.shape, generator=torch.Generator().manual_seed(0))
    made = (inputs.float() / 255).mean(1) + 0.002 * noise
    names = [name for name, rule in RULES.items() if not getattr(rule, "masked", False)]
    on_cpu = Scorer(names, torch.device("cpu"))(made, targets)
    scorer = Scorer(names, torch.device(DEVICE))
    made, targets = made.to(DEVICE), targets.to(DEVICE)
    there, alone, again = scorer(made, targets), scorer(made[:1], targets[:1]), scorer(made, targets)
    off = {name: float((there[name].cpu() - on_cpu[name]).abs().nan_to_num(0).max()) for name in names}
    kinds: dict[str, float] = {}
    for name, gap in off.items():
        kind = name.partition("@")[0]
        kinds[kind] = max(kinds.get(kind, 0.0), gap)
    return {
        "columns": len(names),
        "worst_by_kind": kinds,
        "one_alone_differs_by": max(float((alone[name][0] - there[name][0]).abs()) for name in names),
        "again_differs_by": max(
            float((again[name] - there[name]).abs().nan_to_num(0).max()) for name in names
        ),
    }


def threads() -> Facts:
    """Scores of a network by the number of threads that decode."""
    runs = []
    for workers in (1, 8, 8):
        store = run_job(job_for("rife-starter", count=4 if CPU else 100, metrics=("ssim3d",)), workers)
        runs.append({(row.sample, name): value for row in store.rows for name, value in row.scores.items()})
    worst = [max(abs(one[key] - other[key]) for key in one) for one, other in (runs[:2], runs[1:])]
    return {"threads_differ_by": worst[0], "again_differs_by": worst[1], "values": len(runs[0])}


def waits() -> Facts:
    """Where the host waits for the device on the network's thread: times a batch, by place."""
    if CPU:
        return {"skipped": "nothing to wait for on a CPU"}
    padded = job_for("superslomo-starter", count=8)
    constant = replace(padded.padding, mode="constant", value=(0.5, 0.5, 0.5), multiple=96)
    cases = {
        "blend": job_for(count=8, metrics=("ssim3d", "ie")),
        "superslomo-starter": job_for("superslomo-starter", count=8, metrics=("ssim3d", "ie")),
        "zooming-slowmo-starter, inputs reduced": job_for("zooming-slowmo-starter", count=8),
        "blend, all definitions": job_for(count=8, definitions=("all",)),
        "rife-starter, fp16": job_for("rife-starter", count=8, precision="fp16"),
        "constant padding": replace(padded, padding=constant),
    }
    found = {label: waits_of(job) for label, job in cases.items()}
    return {"waits_a_batch": found, "right": {label: {} for label in cases}}


def waits_of(job: Job) -> dict[str, float]:
    """Places of one run; its first batch loads and keeps things, and is not counted."""
    inner, seen, batches = measuring.Measurer._predict, Counter[str](), [0]

    def watched(measurer: measuring.Measurer, asked: Any) -> Any:
        batches[0] += 1
        if batches[0] == 1:
            return inner(measurer, asked)
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                return inner(measurer, asked)
        finally:
            torch.cuda.set_sync_debug_mode("default")
            seen.update(f"{each.filename.rpartition('vfibench')[2]}:{each.lineno}" for each in said)

    measuring.Measurer._predict = watched
    try:
        run_job(job, workers=1)
    finally:
        measuring.Measurer._predict = inner
    return {place: count / max(1, batches[0] - 1) for place, count in seen.most_common(4)}


def sleeping() -> Facts:
    """Processor time of waiting a while for the device, by an event that sleeps and by one that spins."""
    if CPU:
        return {"skipped": "no events on a CPU"}
    found = {}
    side = torch.rand(8192, 8192, device=DEVICE)
    for blocking in (True, False):
        wait_for(torch.device(DEVICE))
        event = torch.cuda.Event(blocking=blocking)
        for _ in range(20):
            side @ side
        event.record()
        processor, start = time.process_time(), time.perf_counter()
        event.synchronize()
        wall = time.perf_counter() - start
        found["sleeping" if blocking else "spinning"] = (time.process_time() - processor) / wall
    with suppress(RuntimeError):
        sync()
    return {"cores_busy": found}
