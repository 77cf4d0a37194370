"""Which device a word stands for; the GPUs are pretended."""

from __future__ import annotations

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.running.plan import Request
from vfibench.system.devices import chosen_device


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
