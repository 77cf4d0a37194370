"""Metrics of third parties: one that breaks its contract ends the run, and whatever goes wrong names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import made_plugins
import pytest
import torch
from made_plugins import Mse, Textures
from plugged import plugged

import vfibench
from vfibench.errors import SampleError, VfibenchError
from vfibench.metrics.scorer import Scorer

NAME = r"the metric made-mse \(made-plugin\)"


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with plugged(Mse, Textures):
        yield


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch) -> Callable[..., torch.Tensor]:
    """`score(change)` scores three pictures with a metric whose answers are changed so."""

    def scored(change: Callable[[torch.Tensor], Any]) -> torch.Tensor:
        class Changed(Mse):
            def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> Any:
                return change(super().__call__(predicted, target))

        monkeypatch.setattr(made_plugins, "Mse", Changed)
        target = torch.arange(3 * 3 * 16 * 16, dtype=torch.int64).remainder(251).to(torch.uint8)
        target = target.reshape(3, 3, 16, 16)
        return Scorer(["psnr", "made-mse"], torch.device("cpu"))(target / 255 + 2 / 255, target)["made-mse"]

    return scored


def test_any_floating_type_is_converted(score):
    for change in (torch.Tensor.double, torch.Tensor.float, torch.Tensor.half):
        found = score(change)
        assert found.dtype == torch.float64
        torch.testing.assert_close(found, torch.full((3,), 4.0, dtype=torch.float64), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x.mean(), r"found float64 \[\] on cpu"),
        (lambda x: x[:, None], r"found float64 \[3, 1\] on cpu"),
        (lambda x: x[:2], r"found float64 \[2\] on cpu"),
        (lambda x: x.long(), r"found int64 \[3\] on cpu"),
        (lambda x: x.to("meta"), r"found float64 \[3\] on meta"),
        (lambda x: x.tolist(), "found list"),
        (lambda x: x.numpy(), "found ndarray"),
        (lambda x: None, "found NoneType"),
    ],
)
def test_an_answer_that_is_none_is_the_runs_error_and_names_the_metric(score, change, said: str):
    with pytest.raises(
        VfibenchError, match=rf"{NAME} breaks its contract: expected a float tensor \[3\] on cpu, {said}"
    ) as told:
        score(change)
    assert not isinstance(told.value, SampleError)


def test_a_run_ends_at_the_first_batch_of_a_metric_that_breaks_its_contract(monkeypatch):
    monkeypatch.setattr(Mse, "__call__", lambda self, predicted, target: torch.zeros(1, dtype=torch.float64))
    with pytest.raises(VfibenchError, match=f"{NAME} breaks its contract"):
        vfibench.evaluate("blend", "made-textures", metrics=("psnr", "made-mse"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no\nsuch thing"), "failed: ValueError: no"),
        (VfibenchError("pictures are too small", "take larger ones"), "failed: pictures are too small; take"),
        (SystemExit(3), "failed: SystemExit: 3"),
    ],
)
def test_a_metric_that_raises_leaves_those_frames_empty_and_the_other_columns_alone(
    monkeypatch, error: BaseException, said: str
):
    def refuse(self: Mse, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if (target[:, 0, 0, 0] > 127).any():
            raise error
        return torch.zeros(len(target), dtype=torch.float64)

    monkeypatch.setattr(Mse, "__call__", refuse)
    alone = vfibench.evaluate("blend", "made-textures", metrics=("psnr",))
    table = vfibench.evaluate("blend", "made-textures", metrics=("psnr", "made-mse"))
    failed = table[table["made-mse"].isna()]
    assert 0 < len(failed) < len(table)
    assert all(f"the metric made-mse (made-plugin) {said}" in message for message in failed["message"])
    assert (table["status"] == "ok").all()
    assert table[["psnr", "ssim"]].equals(alone[["psnr", "ssim"]])
    assert (table["made-mse"].dropna() == 0.0).all()


def test_memory_that_runs_out_in_a_metric_is_named_as_such(score):
    def hungry(answer: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory (pretended)")

    with pytest.raises(torch.OutOfMemoryError):
        score(hungry)


def test_a_factory_that_raises_or_makes_nothing_to_call_is_named(monkeypatch):
    for factory, said in (
        (lambda: {}["x"], "could not be built: KeyError: 'x'"),
        (lambda: "text", "breaks its contract: expected its factory to make a Metric, found str"),
    ):
        monkeypatch.setattr(made_plugins, "Mse", factory)
        with pytest.raises(VfibenchError, match=f"{NAME} {said}"):
            Scorer(["made-mse"], torch.device("cpu"))
