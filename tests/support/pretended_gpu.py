"""A GPU that is only pretended: what the harness does for one runs, while all arithmetic stays on the CPU.

Replaced are torch's calls that need a driver, and the one function that sends tensors to the device. What
is asked of the GPU is noted, with the thread that asked.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from odd_methods import Blend

from vfibench.contracts import AdapterCard
from vfibench.running import predictors, uploading
from vfibench.system import gpus
from vfibench.system.precision import cuda_switches, told

GPU = torch.device("cuda", 0)
MIB = 2**20


class Event:
    """An event that has always happened already."""

    def __init__(self, log: Log, blocking: bool) -> None:
        self._log, self._blocking = log, blocking

    def record(self) -> None:
        """Nothing to wait for."""

    def synchronize(self) -> None:
        self._log.note("wait, asleep" if self._blocking else "wait, spinning")

    def elapsed_time(self, other: Event) -> float:
        """Milliseconds."""
        return 1.5


@dataclass
class Log:
    """What was asked of the pretended GPU.

    Attributes:
        calls: (what, name of the thread), in order.
        peak: of the allocator since it was last reset, bytes; a test sets it as a method would.
        broken: from here on every call to wait for the device fails, as after a fault in a kernel.
    """

    calls: list[tuple[str, str]] = field(default_factory=list)
    peak: int = 0
    broken: bool = False

    def note(self, what: str) -> None:
        """Keep a call."""
        self.calls.append((what, threading.current_thread().name.partition("_")[0]))

    def threads(self, what: str) -> set[str]:
        """The threads that asked for something."""
        return {thread for name, thread in self.calls if name == what}

    def reset(self, _: object = None) -> None:
        """Forget the peak."""
        self.note("reset peak")
        self.peak = 0

    def synchronize(self, _: object = None) -> None:
        """Wait for the device, if it still answers."""
        self.note("synchronize")
        if self.broken:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nand more")


class Watched(Blend):
    """Takes 5 MiB of the pretended GPU a call, and notes how products of float32 are made meanwhile."""

    card = AdapterCard("watched", "pretended_gpu:Watched")
    log: ClassVar[Log]
    settings: ClassVar[list[dict[str, str]]] = []

    def predict(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        """[B, 1, 3, H, W]."""
        self.log.peak = max(self.log.peak, 5 * MIB)
        self.settings.append(told(cuda_switches()))
        return super().predict(frames, times)


class Faulty(Blend):
    """After its first call the GPU is broken, as after a fault inside a kernel."""

    card = AdapterCard("faulty", "pretended_gpu:Faulty")
    log: ClassVar[Log]
    calls: ClassVar[list[int]] = []

    def predict(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        """[B, 1, 3, H, W]."""
        self.calls.append(len(frames))
        if len(self.calls) > 1:
            self.log.broken = True
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return super().predict(frames, times)


def pretend(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Pretend that there is one GPU until the test ends."""
    log, empty = Log(), torch.empty
    for method in (Watched, Faulty):
        monkeypatch.setattr(method, "log", log, raising=False)
    Watched.settings.clear()
    Faulty.calls.clear()

    def noted(what: str, answer: object = None):
        def call(*_: object, **__: object) -> object:
            log.note(what)
            return answer

        return call

    def on_the_host(*shape: object, pin_memory: bool = False, **options: object) -> torch.Tensor:
        if pin_memory:
            log.note("pin")
        return empty(*shape, **options)

    def sent(host: torch.Tensor, device: torch.device) -> torch.Tensor:
        if device == GPU:
            log.note("send")
        return host

    found = SimpleNamespace(name="Pretended GPU", total_memory=8192 * MIB, major=9, minor=0)
    replaced = {
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "get_device_properties": lambda _: found,
        "set_device": noted("set device"),
        "synchronize": log.synchronize,
        "empty_cache": noted("empty cache"),
        "reset_peak_memory_stats": log.reset,
        "max_memory_allocated": lambda _: log.peak,
        "Event": lambda enable_timing=False, blocking=False: Event(log, blocking),
    }
    for name, answer in replaced.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    monkeypatch.setattr(torch, "empty", on_the_host)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: (log.note("pin"), tensor)[1])
    for module in (uploading, predictors):
        monkeypatch.setattr(module, "sent", sent)
    monkeypatch.setattr(gpus, "driver_version", lambda: "999.1")
    return log
