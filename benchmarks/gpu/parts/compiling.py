"""torch.compile of two starters: seconds to compile, by batch, and ms a frame beside plain calls."""

from __future__ import annotations

import functools
import time

import torch

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, DEVICE, Facts
from benchmarks.gpu.clocks import clock, mode, sync, wake
from benchmarks.gpu.material import opened
from vfibench.frames.padding import pad
from vfibench.system.compiling import compiled

ARMS = (("superslomo-starter", "tf32"), ("rife-starter", "tf32"), ("superslomo-starter", "bf16"))


def ask() -> None:
    """A second size of batch is compiled again, a third one should not be."""
    wake()
    if CPU:  # the proof is of the script, not of the compiler, which takes minutes on two cores
        torch.compile = functools.partial(torch.compile, backend="eager")
    for name, precision in (("rife-starter", "fp32"),) if CPU else ARMS:
        asking.ask(f"{name} {precision}", lambda n=name, p=precision: arm(n, p), 60)


def arm(name: str, precision: str) -> Facts:
    """By batch: seconds of the first call, ms a frame compiled and plain, dB between the two."""
    adapter, card = opened(name, DEVICE)
    call, found = compiled(adapter.predict), {}
    width, height = (64, 64) if CPU else (448, 256)
    for batch in (2, 1) if CPU else (8, 1, 5):
        frames = pad(torch.rand(batch, card.inputs[0], 3, height, width, device=DEVICE), card.padding)
        with mode(precision):
            plain = clock(lambda f=frames: adapter.predict(f, (0.5,)), 0.2, 20)
            start = time.perf_counter()
            made = call(frames, (0.5,))
            sync()
            first = time.perf_counter() - start
            took = clock(lambda f=frames: call(f, (0.5,)), 0.2, 20)
            error = (made.double() - adapter.predict(frames, (0.5,)).double()).square().mean()
        found[f"b{batch}"] = {
            "compile_s": first,
            "plain_ms": plain["queued_ms"] / batch,
            "compiled_ms": took["queued_ms"] / batch,
            "agreement_db": float(-10 * error.clamp(min=1e-20).log10()),
        }
    return found
