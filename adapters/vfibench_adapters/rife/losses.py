"""What RIFE is trained for: nearness on all scales of a picture, and a student's flow near its teacher's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from vfibench.errors import VfibenchError
from vfibench_adapters.rife.network import Estimate

LEVELS = 5
SMALLEST = 3 << (LEVELS - 1)  # pixels a side: the smallest level must be wider than what is mirrored
BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
MARGIN = 0.01  # how much worse than the teacher's a merged pixel must be for its flow to be taught


def laplacian_l1(made: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of two Laplacian pyramids, summed over five levels; in float32.

    Each level (Burt and Adelson, 1983) is a picture less its low-pass part: smoothed both ways by the
    binomial kernel of five taps, edges mirrored, halved by dropping every second pixel, brought back by
    putting zeros in their places and smoothing again, four times as strong. The smallest picture that
    remains is left out. A pyramid is linear, so one of the difference is enough, and its steps are products
    with small matrices: on a CPU, gradients of convolutions of one channel take twenty times as long.

    Args:
        made, truth: [B, C, H, W] of 48 pixels a side or more.

    Raises:
        VfibenchError: smaller pictures.
    """
    if min(made.shape[-2:]) < SMALLEST:
        found = "x".join(map(str, made.shape[-2:]))
        raise VfibenchError(f"Laplacian pyramid: expected {SMALLEST} pixels a side or more, found {found}")
    with torch.autocast(made.device.type, enabled=False):
        current = (made.float() - truth.float()).contiguous()
        total = current.new_zeros(())
        for _ in range(LEVELS):
            rows, columns = (_smoothing(size, current.device) for size in current.shape[-2:])
            small = rows[::2] @ current @ columns[::2].T
            low = (2 * rows[:, ::2]) @ small @ (2 * columns[:, ::2]).T
            total = total + (current - low).abs().mean()
            current = small
    return total


@lru_cache(maxsize=32)
def _smoothing(size: int, device: torch.device) -> Tensor:
    """[size, size]: a line of pixels to its smoothed one, mirrored around its outermost pixels."""
    with torch.inference_mode(False):  # training may go on with what validation has made
        matrix = torch.zeros(size, size)
        for place in range(size):
            for reach, weight in enumerate(BINOMIAL, -2):
                source = abs(place + reach)
                matrix[place, min(source, 2 * (size - 1) - source)] += weight
        return matrix.to(device)


def distillation(levels: Sequence[Estimate], teacher: Estimate, truth: Tensor) -> Tensor:
    """Distance of each level's flow to the teacher's, root mean square over its four channels.

    Only pixels count whose merged colours are off by 0.01 more than the teacher's, mean over channels; the
    sum over levels is averaged over all pixels. Nothing is taught to the teacher.

    Args:
        levels: the student's estimates.
        teacher: the privileged one.
        truth: [B, 3, H, W].
    """
    with torch.no_grad():
        allowed = _off(teacher, truth) + MARGIN
        worse = [(_off(level, truth) > allowed).float() for level in levels]
    target = teacher.flow.detach()
    apart = [torch.linalg.vector_norm(target - level.flow, dim=1, keepdim=True) / 2 for level in levels]
    return torch.stack([(one * mask).mean() for one, mask in zip(apart, worse, strict=True)]).sum()


def _off(estimate: Estimate, truth: Tensor) -> Tensor:
    """[B, 1, H, W], mean absolute difference of the merged frame over channels."""
    return (estimate.merged - truth).abs().mean(1, keepdim=True)
