"""Keeping a user's speed settings out of the scores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Convolve float32 in float32: neither autocast nor TF32 nor bfloat16 inside, settings restored after."""
    switches = _switches()
    before = [getattr(owner, name) for owner, name, _ in switches]
    try:
        for owner, name, value in switches:
            setattr(owner, name, value)
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        for (owner, name, _), value in zip(switches, before, strict=True):
            setattr(owner, name, value)


def _switches() -> list[tuple[Any, str, Any]]:
    """Owner, name and exact value of torch's settings for convolutions."""
    backends: Any = torch.backends
    if not hasattr(backends.cudnn, "conv"):  # before torch 2.9, which objects to the old name
        return [(backends.cudnn, "allow_tf32", False)]
    return [(backends.cudnn.conv, "fp32_precision", "ieee"), (backends.mkldnn.conv, "fp32_precision", "ieee")]
