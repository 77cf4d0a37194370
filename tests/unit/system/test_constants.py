"""What is uploaded once and not for each batch; the GPU is one of torch's fake ones, without numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from vfibench.contracts import Padding
from vfibench.frames import resize
from vfibench.frames.padding import pad
from vfibench.metrics.rounding import through_imagenet
from vfibench.system.constants import constant

GPU = torch.device("cuda", 0)


class Uploads(TorchDispatchMode):
    """Counts operations that a tensor on the CPU goes into and one on a GPU comes out of."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        given = [each for each in args if isinstance(each, torch.Tensor) and each.dim()]
        if isinstance(made, torch.Tensor) and made.device.type == "cuda":
            self.count += any(each.device.type == "cpu" for each in given)
        return made


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Fake constants of a test must not stay for the next one."""
    constant.cache_clear()
    resize.placed_taps.cache_clear()
    yield
    constant.cache_clear()
    resize.placed_taps.cache_clear()


def padded(frames: torch.Tensor) -> object:
    return pad(frames, Padding(32, "constant", value=(0.4, 0.5, 0.6)))


@pytest.mark.parametrize(
    "call",
    [
        padded,
        through_imagenet,
        lambda frames: resize.reduced(frames, 4),
        lambda frames: resize.enlarged(frames, 2),
    ],
    ids=["padding", "rounding", "reducing", "enlarging"],
)
def test_the_second_batch_uploads_nothing(call: Callable[[torch.Tensor], object]) -> None:
    with FakeTensorMode(allow_non_fake_inputs=True), torch.inference_mode():
        frames = torch.empty(2, 3, 40, 72, device=GPU)
        with Uploads() as first:
            call(frames)
        with Uploads() as second:
            call(frames)
    assert first.count > 0
    assert second.count == 0


def test_what_is_kept_can_be_used_where_gradients_are_needed() -> None:
    with torch.inference_mode():
        resize.enlarged(torch.zeros(1, 3, 4, 4), 2)
        padded(torch.zeros(1, 3, 4, 4))
    frames = torch.rand(1, 3, 4, 4, requires_grad=True)
    resize.enlarged(frames, 2).sum().backward()
    assert frames.grad is not None
    assert frames.grad.sum() == pytest.approx(3 * 8 * 8)  # weights of each output pixel sum to 1
    padded(frames).sum().backward()  # type: ignore[attr-defined]


def test_each_type_has_weights_of_its_own() -> None:
    low = resize.enlarged(torch.full((1, 1, 4, 4), 0.1), 2)
    high = resize.enlarged(torch.full((1, 1, 4, 4), 0.1, dtype=torch.float64), 2)
    assert (low.dtype, high.dtype) == (torch.float32, torch.float64)
    assert float((high - 0.1).abs().max()) < 1e-15
