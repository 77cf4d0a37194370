"""A starter's training: steps/s by width, batch and precision, samples/s of its source, and the command."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import torch

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, DEVICE, Facts
from benchmarks.gpu.clocks import clock
from vfibench.registry import SOURCES, load_target
from vfibench.trainable import Batch, SourceOptions
from vfibench.training.objectives import build_objective
from vfibench.training.recipes import Recipe, as_toml, changed, read_recipe
from vfibench.training.samples import Place, Samples, batches, placed
from vfibench.training.state import State

RECIPE = "superslomo-starter-96"
BATCH = 2 if CPU else 8
WORKERS = 0 if CPU else max(1, (os.cpu_count() or 2) - 2)
STEPS = [(8, 2)] if CPU else [(8, 8), (8, 64), (32, 16)]
"""(width, batch) of the networks."""


def ask() -> None:
    """The source first, since its batch is what the steps learn."""
    recipe, ready = read_recipe(RECIPE), list[Batch]()
    asking.ask("source", lambda: source(recipe, ready), 25)
    if not ready:
        return
    for width, batch in STEPS:
        for precision in ("fp32",) if CPU else ("fp32", "bf16", "fp16"):
            one = lambda w=width, b=batch, p=precision: step(recipe, ready[0], w, b, p)  # noqa: E731
            asking.ask(f"steps, width {width}, batch {batch}, {precision}", one, 25 if CPU else 12)
    asking.ask("vfibench train", lambda: command(recipe), 60 if CPU else 45)


def source(recipe: Recipe, ready: list[Batch]) -> Facts:
    """Samples/s that worker processes make; the first batch is kept in `ready`."""
    made = load_target(SOURCES.card(recipe.data.source).target)(
        SourceOptions(seed=1, inputs=recipe.data.inputs)
    )
    samples, done, start = Samples(made, recipe.data, 1), 0, time.perf_counter()
    for batch in batches(samples, Place(), 0, 2 if CPU else 60, BATCH, WORKERS, not CPU):
        if not ready:
            ready.append(batch)
            start = time.perf_counter()
            continue
        done += BATCH
        if time.perf_counter() - start > 8:
            break
    return {"samples_s": done / (time.perf_counter() - start), "workers": WORKERS, "crop": recipe.data.crop}


def step(recipe: Recipe, ready: Batch, width: int, batch: int, precision: str) -> Facts:
    """Forward, backward and optimiser on one batch; torch's own settings, so that fp32 convolves in TF32."""
    training = msgspec.structs.replace(recipe.training, precision=precision)
    recipe = msgspec.structs.replace(recipe, training=training, network={**recipe.network, "width": width})
    torch.manual_seed(0)
    state = State(recipe, build_objective(recipe, Place(), None)[0], torch.device(DEVICE), Place())
    times = -(-batch // len(ready.frames))
    there = placed(ready, torch.device(DEVICE))
    several = Batch(
        *(None if each is None else each.repeat(times, *[1] * (each.ndim - 1))[:batch] for each in there)
    )
    if not CPU:
        torch.cuda.reset_peak_memory_stats()
    first = float(state.learn(several)["total"])
    took = clock(lambda: state.learn(several), 0.1 if CPU else 1.2, 40, 1)
    return {
        "steps_s": 1e3 / took["queued_ms"],
        "samples_s": 1e3 * batch / took["queued_ms"],
        "launch_ms": took["launch_ms"],
        "loss": [first, float(state.learn(several)["total"])],
        "peak_mib": None if CPU else torch.cuda.max_memory_allocated() >> 20,
    }


def command(recipe: Recipe) -> Facts:
    """The command from end to end, short."""
    steps, folder = 2 if CPU else 60, Path(tempfile.mkdtemp())
    short = changed(recipe, steps=steps, batch=BATCH)
    plan = msgspec.structs.replace(short.training, validate_on=BATCH, validate_every=steps, save_every=steps)
    schedule = msgspec.structs.replace(short.schedule, warmup=1)
    path = folder / "short.toml"
    path.write_text(as_toml(msgspec.structs.replace(short, training=plan, schedule=schedule)))
    words = [sys.executable, "-m", "vfibench", "train", "--recipe", str(path), "--out", str(folder / "out")]
    words += ["--device", DEVICE.partition(":")[0], "--workers", str(WORKERS)]
    start = time.perf_counter()
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=55)
    files = sorted(each.name for each in (folder / "out").glob("*"))
    said = (done.stdout + done.stderr)[-300:]
    return {"exit": done.returncode, "seconds": time.perf_counter() - start, "files": files, "said": said}
