"""How long a prediction took: measured here, or told by a method that runs in another process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import torch


class Watch(Protocol):
    """What knows how long a prediction took."""

    def seconds(self) -> float:
        """The network's own time."""


@dataclass(frozen=True)
class Told:
    """A time measured elsewhere, as a method in another process does."""

    total: float

    def seconds(self) -> float:
        """The time told."""
        return self.total


def whose(watch: Stopwatch, told: list[float | None]) -> Watch:
    """The method's own measurements where it made one a call, else ours."""
    known = [seconds for seconds in told if seconds is not None]
    return Told(sum(known)) if known and len(known) == len(told) else watch


class Stopwatch:
    """Times a block of device work: CUDA events where there is CUDA, else the wall clock."""

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._marks: list[Any] = []

    def __enter__(self) -> Stopwatch:
        self._mark()
        return self

    def __exit__(self, *_: object) -> None:
        self._mark()

    def _mark(self) -> None:
        if not self._cuda:
            self._marks.append(time.perf_counter())
            return
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        self._marks.append(event)

    def seconds(self) -> float:
        """Duration of the block; waits for the device to reach its end."""
        start, end = self._marks
        if not self._cuda:
            return float(end - start)
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3
