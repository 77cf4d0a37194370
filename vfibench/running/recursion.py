"""Times that a method does not give by itself, reached through those that it does."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch


def by_recursion(
    midpoint: Callable[[torch.Tensor], torch.Tensor], frames: torch.Tensor, times: Sequence[float]
) -> torch.Tensor:
    """Reach dyadic times with a midpoint method: 1/4 is the midpoint of frame 0 and the frame at 1/2.

    Args:
        midpoint: [B, 2, 3, H, W] -> [B, 1, 3, H, W].
        frames: [B, 2, 3, H, W].
        times: multiples of a power of 1/2.
    """
    known = {0.0: frames[:, 0], 1.0: frames[:, 1]}

    def at(time: float, low: float, high: float) -> torch.Tensor:
        middle = (low + high) / 2
        if middle not in known:
            pair = torch.stack([known[low], known[high]], dim=1)
            # A copy: the method may answer the next pair in the same memory.
            known[middle] = midpoint(pair)[:, 0].to(frames.dtype, copy=True)
        if time == middle:
            return known[middle]
        return at(time, low, middle) if time < middle else at(time, middle, high)

    return torch.stack([at(time, 0.0, 1.0) for time in times], dim=1)


def by_pairs(
    between: Callable[[torch.Tensor, tuple[float, ...]], torch.Tensor],
    frames: torch.Tensor,
    times: Sequence[float],
) -> torch.Tensor:
    """Reach any time among N frames with a method of two: from its neighbours, or the frame itself.

    Args:
        between: ([B, 2, 3, H, W], times in (0, 1)) -> [B, T, 3, H, W], in memory that it leaves alone.
        frames: [B, N, 3, H, W], frame k at time k - (N/2 - 1).
        times: from the first frame's to the last one's.
    """
    places = [time + frames.shape[1] // 2 - 1 for time in times]
    made: dict[float, torch.Tensor] = {}
    for left in sorted({math.floor(place) for place in places}):
        made[left] = frames[:, left]
        inside = [place for place in places if left < place < left + 1]
        if inside:
            pair = frames[:, left : left + 2].clone()  # a method may write to what it is given
            predicted = between(pair, tuple(place - left for place in inside))
            made |= zip(inside, predicted.unbind(1), strict=True)
    return torch.stack([made[place] for place in places], dim=1)


def is_dyadic(time: float) -> bool:
    """Whether recursion over midpoints reaches `time` (down to 1/64)."""
    return 0 < time < 1 and (time * 64).is_integer()
