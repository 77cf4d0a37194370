"""What a camera and a codec add: light that changes, noise, compression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from vfibench.contracts import UInt8Array

    Generator = np.random.Generator


def lit(rng: Generator, frames: Tensor, times: Sequence[float]) -> Tensor:
    """Change the light linearly in time, in one sample of five; [T, 3, H, W] in [0, 1]."""
    import torch

    gain, offset = (rng.normal() * 0.03, rng.normal() * 0.01) if rng.random() < 0.2 else (0.0, 0.0)
    if not gain and not offset:
        return frames
    moment = (torch.tensor(times, dtype=torch.float32) - 0.5).view(-1, 1, 1, 1)
    return frames * (1.0 + gain * moment) + offset * moment


def recorded(rng: Generator, frames: Tensor, seen: int) -> UInt8Array:
    """Frames in whole levels, of which the first `seen` (the inputs) carry noise or JPEG's traces in part.

    Targets stay clean: the mean of what a noisy target would ask for, without its noise in the gradient.

    Args:
        frames: [T, 3, H, W] in [0, 1].

    Returns:
        [T, 3, H, W] uint8.
    """
    import numpy as np

    values = frames.mul(255.0).numpy()
    if rng.random() < 0.35:
        level = rng.exponential(1.5)
        values[:seen] += level * rng.standard_normal(values[:seen].shape, dtype=np.float32)
    levels = np.clip(values + 0.5, 0.0, 255.0).astype(np.uint8)
    if rng.random() < 0.25:
        quality = int(rng.integers(50, 96))
        for index in range(seen):
            levels[index] = _compressed(levels[index], quality)
    return levels


def _compressed(frame: UInt8Array, quality: int) -> UInt8Array:
    """[3, H, W] through JPEG."""
    import cv2
    import numpy as np

    picture = np.ascontiguousarray(frame.transpose(1, 2, 0)[..., ::-1])
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    shown = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert shown is not None
    return np.asarray(shown[..., ::-1].transpose(2, 0, 1), dtype=np.uint8)
