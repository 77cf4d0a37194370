"""What is called before and while a method is timed; the GPU is pretended, and so is the clock."""

from __future__ import annotations

import pytest
import torch
from pretended_gpu import GPU, pretend

from vfibench.methods.resolving import resolve
from vfibench.speed import timing
from vfibench.speed.timing import CallSize, measure_speed, prepared, timed, warmed_up

CPU = torch.device("cpu")


class Clock:
    """Passes when a call is made."""

    def __init__(self, seconds: float) -> None:
        self.now, self.calls, self.each = 0.0, 0, seconds

    def perf_counter(self) -> float:
        return self.now

    def call(self) -> int:
        self.calls += 1
        self.now += self.each
        return self.calls


@pytest.mark.parametrize(
    ("device", "least", "each", "calls"),
    [
        (CPU, 3, 0.01, 3),
        (CPU, 0, 0.01, 0),
        (GPU, 3, 0.25, 4),
        (GPU, 3, 2.0, 3),
        (GPU, 0, 0.25, 0),
    ],
)
def test_a_gpu_is_warmed_up_for_a_second_and_a_cpu_by_calls(monkeypatch, device, least, each, calls):
    log, clock, seen = pretend(monkeypatch), Clock(each), []
    monkeypatch.setattr(timing, "time", clock)
    seconds = timing.AWAKE if device == GPU else 0.0
    assert warmed_up(clock.call, least, device, seconds, seen.append) == clock.calls == calls
    assert seen == [*range(1, calls + 1)]  # every answer is looked at
    assert len([what for what, _ in log.calls if what == "synchronize"]) == (calls if device == GPU else 0)


def test_each_timed_call_begins_and_ends_with_an_idle_gpu(monkeypatch):
    log, clock, seen = pretend(monkeypatch), Clock(0.5), []
    monkeypatch.setattr(timing, "time", clock)
    assert timed(clock.call, 3, GPU, seen.append) == [0.5, 0.5, 0.5]
    assert [what for what, _ in log.calls] == ["synchronize"] * 6
    assert seen == [1, 2, 3]


def test_the_calls_before_are_those_that_were_made():
    found = measure_speed(resolve("nearest"), CallSize(24, 16), runs=2, warmup=1)
    assert (found.runs, found.warmup) == (2, 1)
    arm = prepared(resolve("blend"), CallSize(24, 16))
    assert arm.warm_up(2) == 2
    assert len(arm.seconds(4)) == 4
