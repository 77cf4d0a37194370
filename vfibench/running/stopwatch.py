"""How long a prediction took: measured here, or told by a method that runs in another process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from vfibench.system.devices import peak_memory_mb


class Watch(Protocol):
    """What knows how long a prediction took, and on a GPU how much memory it needed."""

    @property
    def peak_mb(self) -> float | None:
        """Peak memory of the prediction on a GPU, MiB; None where only the whole process's is known."""

    def seconds(self) -> float:
        """The network's own time."""


@dataclass(frozen=True)
class Told:
    """A time measured elsewhere, as a method in another process does."""

    total: float
    peak_mb: float | None = None

    def seconds(self) -> float:
        """The time told."""
        return self.total


def whose(watch: Stopwatch, told: list[float | None]) -> Watch:
    """The method's own measurements where it made one a call, else ours."""
    known = [seconds for seconds in told if seconds is not None]
    return Told(sum(known)) if known and len(known) == len(told) else watch


class Stopwatch:
    """Times a block of device work: CUDA events where there is CUDA, else the wall clock.

    On CUDA the allocator's peak of the block is kept as `peak_mb`: all that was held meanwhile, weights and
    earlier batches on their way to scoring included, without what scoring itself needs.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._cuda = device.type == "cuda"
        self._marks: list[Any] = []
        self.peak_mb: float | None = None

    def __enter__(self) -> Stopwatch:
        if self._cuda:
            torch.cuda.reset_peak_memory_stats(self._device)
        self._mark()
        return self

    def __exit__(self, *_: object) -> None:
        self._mark()
        if self._cuda:  # counted as kernels are queued: nobody waits for the device
            self.peak_mb = peak_memory_mb(self._device)

    def _mark(self) -> None:
        if not self._cuda:
            self._marks.append(time.perf_counter())
            return
        event = torch.cuda.Event(enable_timing=True, blocking=True)
        event.record()
        self._marks.append(event)

    def seconds(self) -> float:
        """Duration of the block; waits for the device to reach its end."""
        start, end = self._marks
        if not self._cuda:
            return float(end - start)
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3
