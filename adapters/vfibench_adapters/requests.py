"""What every adapter checks before it predicts."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError


def check_request(card: AdapterCard, frames: Tensor, times: Sequence[float]) -> None:
    """See that the card knows this number of frames and, where it gives the midpoint alone, the time.

    Args:
        card: of the method.
        frames: [B, N, 3, H, W].
        times: asked for.

    Raises:
        VfibenchError: it does not.
    """
    if frames.shape[1] not in card.inputs:
        expected = " or ".join(map(str, sorted(card.inputs)))
        raise VfibenchError(f"{card.name}: expected {expected} frames, found {frames.shape[1]}")
    if card.times == "midpoint" and set(times) != {0.5}:
        raise VfibenchError(f"{card.name}: expected the time 0.5, found {list(times)}")
