"""From the motion between two frames to the frame at a time between them, as Super SloMo does it.

Jiang et al., CVPR 2018, arXiv 1712.00080.
"""

from __future__ import annotations

import torch
from torch import Tensor


def flows_at(time: float | Tensor, onward: Tensor, back: Tensor) -> tuple[Tensor, Tensor]:
    """Flows from time t to both frames, as motion of constant speed has them (equation 4).

    Args:
        time: t in (0, 1), one for all samples or [B, 1, 1, 1].
        onward, back: [B, 2, H, W], flow from the first frame to the second, and from the second to the first.

    Returns:
        F_t0 and F_t1, to the first and to the second frame, each [B, 2, H, W] in float32 at least: half
        precision would move pixels in steps.
    """
    onward, back = (flow.to(torch.promote_types(flow.dtype, torch.float32)) for flow in (onward, back))
    rest = 1 - time
    return time * time * back - rest * time * onward, rest * rest * onward - time * rest * back


def blend(
    time: float | Tensor, warped_0: Tensor, warped_1: Tensor, visible_0: Tensor, epsilon: float = 0.0
) -> Tensor:
    """Average of both warped frames by visibility and by nearness in time.

    Args:
        time: t in (0, 1), one for all samples or [B, 1, 1, 1].
        warped_0, warped_1: [B, 3, H, W], the first and the second frame as seen from time t.
        visible_0: [B, 1, H, W] in [0, 1], how far the first frame sees a pixel; the second sees the rest.
        epsilon: added to the sum of the weights.

    Returns:
        [B, 3, H, W].
    """
    weight_0, weight_1 = (1 - time) * visible_0, time * (1 - visible_0)
    return (weight_0 * warped_0 + weight_1 * warped_1) / (weight_0 + weight_1 + epsilon)
