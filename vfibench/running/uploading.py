"""From decoded samples to the device: stacked and pinned where they are decoded, then sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from vfibench.contracts import Sample


@dataclass(frozen=True)
class Staged:
    """Samples of one shape, stacked on the host; on their way to a GPU in pinned memory, ready to be sent.

    Attributes:
        frames: [B, N, H, W, 3] uint8, interleaved as pictures on disk are.
        targets: [B, T, H, W, 3] uint8.
        masks: [B, H, W] bool, or None.
    """

    frames: torch.Tensor
    targets: torch.Tensor
    masks: torch.Tensor | None


def stage(samples: Sequence[Sample], device: torch.device) -> Staged:
    """Stack samples of one shape; on a decoding thread, so that the thread that predicts need not."""
    masks = [sample.mask for sample in samples if sample.mask is not None]
    return Staged(
        stacked([sample.frames.transpose(0, 2, 3, 1) for sample in samples], device),
        stacked([sample.targets.transpose(0, 2, 3, 1) for sample in samples], device),
        stacked(masks, device) if masks else None,
    )


def stacked(arrays: Sequence[npt.NDArray[np.generic]], device: torch.device) -> torch.Tensor:
    """Arrays of one shape as [B, ...] on the host; written at once to pinned memory where a GPU will read."""
    if device.type != "cuda":
        return torch.from_numpy(np.stack(arrays))
    first = torch.from_numpy(arrays[0][:0])
    made = torch.empty((len(arrays), *arrays[0].shape), dtype=first.dtype, pin_memory=True)
    np.stack(arrays, out=made.numpy())
    return made


def pinned(host: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A copy in pinned memory where a GPU will read it, else the tensor itself."""
    return host.pin_memory() if device.type == "cuda" else host


def sent(host: torch.Tensor, device: torch.device) -> torch.Tensor:
    """What was stacked, on the device; from pinned memory nobody waits for the copy."""
    return host.to(device, non_blocking=True)


def frames_sent(host: torch.Tensor, device: torch.device) -> torch.Tensor:
    """[B, K, H, W, 3] on the host to [B, K, 3, H, W] on the device, still interleaved in memory."""
    return sent(host, device).permute(0, 1, 4, 2, 3)


def masks_sent(masks: torch.Tensor | None, times: int, device: torch.device) -> torch.Tensor | None:
    """[B, H, W] masks on the host to [B * times, H, W] on the device; None for none."""
    return None if masks is None else sent(masks, device).repeat_interleave(times, dim=0)
