"""Time on the device, and the precisions that networks are asked in."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from benchmarks.gpu.asking import CPU, DEVICE
from vfibench.system.precision import computing_in

MODES = ("fp32", "bf16") if CPU else ("fp32", "tf32", "bf16", "fp16")


def sync() -> None:
    """Wait until the device has done everything."""
    if not CPU:
        torch.cuda.synchronize()


@contextmanager
def mode(precision: str) -> Iterator[None]:
    """Inference as `vfibench run --precision` has it."""
    with torch.inference_mode(), computing_in(precision, torch.device(DEVICE)):
        yield


def clock(
    call: Callable[[], object], seconds: float = 0.35, most: int = 40, warm: int = 2
) -> dict[str, float]:
    """Milliseconds of a call.

    Returns:
        ms: of a call alone, the device idle before and after (median).
        queued_ms: of calls in a queue, each.
        launch_ms: of the host, for starting one.
    """
    for _ in range(warm):
        call()
    sync()
    spent: list[float] = []
    began = time.perf_counter()
    while not spent or (time.perf_counter() - began < seconds and len(spent) < most):
        start = time.perf_counter()
        call()
        sync()
        spent.append(time.perf_counter() - start)
    alone = statistics.median(spent)
    count = max(1, min(most, int(seconds / alone)))
    start = time.perf_counter()
    for _ in range(count):
        call()
    started = time.perf_counter() - start
    sync()
    queued = time.perf_counter() - start
    return {"ms": 1e3 * alone, "queued_ms": 1e3 * queued / count, "launch_ms": 1e3 * started / count}


def wake() -> None:
    """Some work, so that clocks are up."""
    side = 256 if CPU else 4096
    a = torch.rand(side, side, device=DEVICE)
    end = time.perf_counter() + (0.05 if CPU else 1.0)
    while time.perf_counter() < end:
        a @ a
        sync()


def graphed(call: Callable[[], object]) -> Callable[[], None]:
    """The call's kernels without the host's part: a CUDA graph of it."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(2):
            call()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay
