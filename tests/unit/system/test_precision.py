"""In which precision networks and metrics compute; torch's settings for CUDA can be set without a GPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.system.precision import (
    check_precision,
    computing_in,
    cpu_switches,
    cuda_switches,
    full_precision,
    told,
)

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
LATER = pytest.mark.skipif(not hasattr(torch.backends.cudnn, "conv"), reason="names of torch 2.9 and later")


def settings() -> dict[str, str]:
    return told(cuda_switches()) | told(cpu_switches())


def products() -> tuple[bool, str]:
    """Whether convolutions on CUDA may be TF32, and what torch says of matrix products."""
    return torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """torch as it begins, whatever a test sets."""
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("highest")
    yield
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("highest")


@pytest.mark.parametrize(("precision", "found"), [("fp32", (False, "highest")), ("tf32", (True, "high"))])
def test_products_of_float32_are_tf32_only_where_that_is_asked_for(precision: str, found: object) -> None:
    with computing_in(precision, GPU):
        assert products() == found
    with full_precision(GPU):
        assert products() == (False, "highest")


@LATER
def test_the_later_names_say_the_same() -> None:
    for precision, word in (("fp32", "ieee"), ("tf32", "tf32")):
        with computing_in(precision, GPU):
            backends: Any = torch.backends
            owners = (backends.cudnn.conv, backends.cudnn.rnn, backends.cuda.matmul)
            assert [owner.fp32_precision for owner in owners] == [word] * 3
    with full_precision(CPU):
        assert torch.backends.mkldnn.conv.fp32_precision == "ieee"


@pytest.mark.parametrize("start", ["highest", "high", "medium"])
@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "tf32"])
def test_a_users_settings_are_as_they_were_afterwards(precision: str, allowed: bool, start: str) -> None:
    torch.backends.cudnn.allow_tf32 = allowed
    torch.set_float32_matmul_precision(start)
    before = settings()
    with computing_in(precision, GPU), full_precision(GPU), full_precision(CPU):
        assert settings() != before or (start, allowed) == ("highest", False)
    assert settings() == before


def fail_inside() -> None:
    with computing_in("fp32", GPU), full_precision(CPU):
        raise RuntimeError("inside")


def test_they_are_restored_where_something_fails_inside() -> None:
    before = settings()
    with pytest.raises(RuntimeError, match="inside"):
        fail_inside()
    assert settings() == before


def test_a_method_may_ask_torch_by_the_older_names_inside() -> None:
    for precision in ("fp32", "tf32"):
        with computing_in(precision, GPU):
            before = settings()
            with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
                assert not torch.backends.cudnn.allow_tf32
            assert torch.backends.cudnn.allow_tf32 == (precision == "tf32")
            assert settings()["float32_matmul_precision"] == before["float32_matmul_precision"]


@pytest.mark.parametrize("device", [CPU, GPU], ids=str)
def test_many_threads_leave_the_settings_as_they_found_them(device: torch.device) -> None:
    before, gate = settings(), threading.Barrier(8)
    seen = []

    def score(_: int) -> None:
        gate.wait()
        for _ in range(200):
            with full_precision(device):
                seen.append(products() if device.type == "cuda" else None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(score, range(8)))
    assert set(seen) == {(False, "highest") if device.type == "cuda" else None}
    assert settings() == before
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        pass  # raises where the names disagree


def test_the_first_out_of_two_leaves_the_settings_to_the_other() -> None:
    first, second = full_precision(GPU), full_precision(GPU)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert products() == (False, "highest")
    second.__exit__(None, None, None)
    assert products() == (True, "highest")


def test_scores_are_ieee_while_a_network_on_another_thread_wants_tf32() -> None:
    with computing_in("tf32", GPU):
        with full_precision(GPU):
            assert products() == (False, "highest")
        assert products() == (True, "high")


def test_scoring_on_a_cpu_touches_no_setting_of_cuda() -> None:
    before = told(cuda_switches())
    with full_precision(CPU), computing_in("fp32", CPU):
        assert told(cuda_switches()) == before


@pytest.mark.parametrize(("precision", "lower"), [("fp16", torch.float16), ("bf16", torch.bfloat16)])
def test_half_precisions_are_autocasts(precision: str, lower: torch.dtype) -> None:
    a = torch.ones(2, 2)
    with computing_in(precision, CPU):
        assert (a @ a).dtype == lower
        with full_precision(CPU):
            assert (a @ a).dtype == torch.float32
    assert (a @ a).dtype == torch.float32


def test_tf32_is_for_cuda_and_other_words_for_nobody() -> None:
    check_precision("tf32", GPU)
    with pytest.raises(
        VfibenchError, match="expected a CUDA device for --precision tf32, found --device cpu"
    ):
        check_precision("tf32", CPU)
    with pytest.raises(
        VfibenchError, match=r"expected --precision fp32 \| fp16 \| bf16 \| tf32, found 'fp8'"
    ):
        check_precision("fp8", GPU)


def test_an_older_torch_has_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(torch.backends.cudnn, "conv"):
        monkeypatch.delattr(type(torch.backends.cudnn), "conv")
        monkeypatch.delattr(type(torch.backends.mkldnn), "conv")
    assert [switch.name for switch in cuda_switches()] == ["cudnn.allow_tf32", "float32_matmul_precision"]
    assert cpu_switches() == []
    with computing_in("fp32", GPU), full_precision(CPU):
        assert products() == (False, "highest")
    assert products() == (True, "highest")
