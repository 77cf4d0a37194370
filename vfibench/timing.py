"""`vfibench speed`: a method's own time, memory, parameters and arithmetic at a given frame size."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from vfibench.predictors import AUTOCAST
from vfibench.statistics import percentile

if TYPE_CHECKING:
    from vfibench.methods import Method


@dataclass(frozen=True)
class Speed:
    """What `measure_speed` found.

    Attributes:
        method, weights: what was timed; weights are "random", a file name or "none".
        device, precision, threads: on what.
        width, height, batch, inputs, times: the call's size.
        runs, warmup: timed and untimed calls.
        ms_median, ms_p95: of one call, milliseconds.
        ms_frame: median divided by batch x times, amortised.
        frames_per_s: 1000 / ms_frame.
        parameters: scalars in the network; 0 for a method that learns nothing, None where a learned one
            shows no torch modules.
        gflops: 2 x multiply-adds of one call as torch's flop counter sees them (convolutions, matrix
            products), in 1e9; None where it cannot follow.
        peak_mb: peak memory: CUDA allocator, or the process's resident set.
    """

    method: str
    weights: str
    device: str
    precision: str
    threads: int
    width: int
    height: int
    batch: int
    inputs: int
    times: int
    runs: int
    warmup: int
    ms_median: float
    ms_p95: float
    ms_frame: float
    frames_per_s: float
    parameters: int | None
    gflops: float | None
    peak_mb: float

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return asdict(self)


def measure_speed(
    method: Method,
    width: int,
    height: int,
    *,
    device: str = "cpu",
    precision: str = "fp32",
    batch: int = 1,
    inputs: int | None = None,
    times: int = 1,
    runs: int = 20,
    warmup: int = 3,
) -> Speed:
    """Time `method.predict` on random frames, synchronised, after a warm-up.

    Padding is applied before the clock starts: a size the network cannot take is timed at the padded size.

    Args:
        method: opened here; random weights are fine.
        width, height: of the frames, pixels.
        inputs: input frames, the method's largest count where None.
        times: target times k/(times + 1) of each call.
    """
    from vfibench.frames import pad

    target = torch.device(device)
    adapter = method.open(target)
    count = inputs or max(method.card.inputs)
    generator = torch.Generator().manual_seed(0)
    frames = torch.rand(batch, count, 3, height, width, generator=generator).to(target)
    frames = pad(frames, method.card.padding)
    moments = tuple((k + 1) / (times + 1) for k in range(times))

    def call() -> None:
        with (
            torch.inference_mode(),
            torch.autocast(target.type, AUTOCAST[precision], AUTOCAST[precision] is not None),
        ):
            adapter.predict(frames, moments)

    if target.type == "cuda":
        torch.cuda.reset_peak_memory_stats(target)
    spent = timed(call, runs, warmup, target)
    median = 1e3 * percentile(spent, 0.5)
    shared = batch * times
    return Speed(
        method=method.label,
        weights=method.weights.name if method.weights else ("random" if method.card.learned else "none"),
        device=device,
        precision=precision,
        threads=torch.get_num_threads(),
        width=width,
        height=height,
        batch=batch,
        inputs=count,
        times=times,
        runs=runs,
        warmup=warmup,
        ms_median=median,
        ms_p95=1e3 * percentile(spent, 0.95),
        ms_frame=median / shared,
        frames_per_s=1e3 * shared / median,
        parameters=parameters(adapter) if method.card.learned else 0,
        gflops=gflops(call),
        peak_mb=peak_memory_mb(target),
    )


def timed(call: Callable[[], None], runs: int, warmup: int, device: torch.device) -> list[float]:
    """Seconds of each of `runs` calls, the device idle before and after each."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    for _ in range(warmup):
        call()
    spent: list[float] = []
    for _ in range(runs):
        wait()
        start = time.perf_counter()
        call()
        wait()
        spent.append(time.perf_counter() - start)
    return spent


def parameters(adapter: object) -> int | None:
    """Scalars in the torch modules an adapter is or holds as attributes, None where there are none."""
    slots = [name for cls in type(adapter).__mro__ for name in getattr(cls, "__slots__", ())]
    names = [*getattr(adapter, "__dict__", ()), *slots]
    held = [adapter, *(getattr(adapter, name, None) for name in names)]
    modules = [value for value in held if isinstance(value, torch.nn.Module)]
    unique = {id(p): p.numel() for module in modules for p in module.parameters()}
    return sum(unique.values()) if modules else None


def gflops(call: Callable[[], None]) -> float | None:
    """1e9 floating-point operations of one call (2 x multiply-adds), by torch's flop counter."""
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with FlopCounterMode(display=False) as counter:
            call()
    except (RuntimeError, NotImplementedError):
        return None
    return float(counter.get_total_flops()) / 1e9


def peak_memory_mb(device: torch.device) -> float:
    """Peak memory so far in MiB: CUDA's allocator, or the largest resident set of this process."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    import resource
    import sys

    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)
