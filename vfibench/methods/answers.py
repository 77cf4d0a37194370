"""What a method may answer: frames of the promised shape, as floating-point numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfibench.errors import SampleError

if TYPE_CHECKING:
    import torch


def check_shape(raw: object, expected: tuple[int, ...]) -> None:
    """SampleError where a method did not return what the contract says."""
    import torch

    if not isinstance(raw, torch.Tensor):
        raise SampleError(f"expected a tensor from the method, found {type(raw).__name__}")
    if tuple(raw.shape) != expected:
        names = "[B, T, 3, H, W]"
        raise SampleError(f"expected {names} = {list(expected)} from the method, found {list(raw.shape)}")
    if not raw.is_floating_point():
        raise SampleError(f"expected floating-point frames from the method, found {raw.dtype}")


def check_finite(raw: torch.Tensor) -> None:
    """SampleError where a method returned NaN or infinity."""
    import torch

    if not bool(torch.isfinite(raw).all()):
        raise SampleError("expected finite frames from the method, found NaN or infinity")
