"""Which device a word stands for; the GPUs are pretended."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.running.plan import Request
from vfibench.system import gpus as gpus_room
from vfibench.system.devices import chosen_device, usual_workers


@pytest.fixture
def gpus(monkeypatch):
    """Pretend that this machine has so many GPUs."""
    monkeypatch.delenv("LOCAL_RANK", raising=False)

    def pretend(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return pretend


@pytest.mark.parametrize(
    ("asked", "rank", "found"),
    [
        ("cuda", None, "cuda:0"),
        ("cuda", "3", "cuda:3"),
        ("", None, "cuda:0"),
        ("", "2", "cuda:2"),
        ("cuda:1", None, "cuda:1"),
        ("cuda:1", "3", "cuda:1"),
        ("cpu", "3", "cpu"),
    ],
)
def test_a_gpu_always_has_its_index(gpus, monkeypatch, asked: str, rank: str | None, found: str) -> None:
    gpus(4)
    if rank is not None:
        monkeypatch.setenv("LOCAL_RANK", rank)
    device = chosen_device(asked)
    assert str(device) == found
    assert device.index is not None or device.type == "cpu"
    assert Request(device=asked).place == device


def test_without_a_gpu_the_best_there_is_is_the_cpu(gpus) -> None:
    gpus(0)
    assert chosen_device() == torch.device("cpu")


@pytest.mark.parametrize("asked", ["cuda", "cuda:0"])
def test_a_gpu_that_is_not_there_is_refused(gpus, asked: str) -> None:
    gpus(0)
    with pytest.raises(VfibenchError, match=f"expected a CUDA device for --device {asked}, found 0"):
        chosen_device(asked)


def test_more_processes_than_gpus_are_refused(gpus, monkeypatch) -> None:
    gpus(2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(VfibenchError, match="found 2"):
        chosen_device("cuda")


@pytest.mark.parametrize("asked", ["tpu", "cuda:", "cuda:x", "cuda:-1", "CUDA"])
def test_other_words_are_refused(gpus, asked: str) -> None:
    gpus(1)
    with pytest.raises(VfibenchError, match="expected --device cpu, cuda or cuda:N"):
        chosen_device(asked)


def test_a_gpu_is_fed_by_every_core_and_a_cpu_keeps_some_for_the_network(monkeypatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 32)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(24)), raising=False)
    assert usual_workers(torch.device("cuda", 0)) == 24
    assert usual_workers(torch.device("cpu")) == 8
    monkeypatch.delattr(os, "sched_getaffinity")
    assert usual_workers(torch.device("cuda", 0)) == 32


@pytest.fixture
def drivers(monkeypatch):
    """Pretend what the system and nvidia-smi say of the driver; None: there is no such thing."""

    def pretend(module: str | None, smi: str | None) -> None:
        def read(path: Path) -> str:
            if module is None:
                raise FileNotFoundError(path)
            return module

        def call(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            if smi is None:
                raise FileNotFoundError(words[0])
            return subprocess.CompletedProcess(words, 0, stdout=smi)

        monkeypatch.setattr(Path, "read_text", read)
        monkeypatch.setattr(subprocess, "run", call)
        gpus_room.driver_version.cache_clear()

    yield pretend
    gpus_room.driver_version.cache_clear()


@pytest.mark.parametrize(
    ("module", "smi", "found"),
    [
        ("570.86.15\n", None, "570.86.15"),
        (None, "570.86.15\n570.86.15\n", "570.86.15"),
        (None, "", None),
        (None, None, None),
    ],
)
def test_the_drivers_version_is_asked_where_it_is_told(drivers, module, smi, found) -> None:
    drivers(module, smi)
    assert gpus_room.driver_version() == found
