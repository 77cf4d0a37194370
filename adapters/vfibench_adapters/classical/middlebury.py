"""A frame between two frames from optical flow, by the interpolation algorithm of the Middlebury benchmark.

Baker et al., "A Database and Evaluation Methodology for Optical Flow", IJCV 2011, section 3.3.2: flow is
splatted to the time that is asked for, where the vector with the smallest colour difference wins; holes are
filled from outside; pixels are fetched from both frames, or from one where the other does not see them. Here
flow comes from both sides, so that neither frame is preferred, and occlusion is where the two disagree
(Sundaram et al., "Dense Point Trajectories by GPU-accelerated Large Displacement Optical Flow", ECCV 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vfibench_adapters.blocks.warp import backward_warp, positions

RELATIVE, ABSOLUTE = 0.01, 0.5
"""Sundaram et al., equation 5: how far flow and the flow back may differ, squared, in pixels."""


@dataclass(frozen=True)
class Motion:
    """What is known of two frames before a time is asked for.

    Attributes:
        flows: from the first to the second frame and back, [1, 2, H, W] each, in pixels.
        costs: mean absolute colour difference of each pixel and where its flow leads, [H, W] each.
        seen: whether the other frame sees a pixel too, [1, 1, H, W] float32 each.
    """

    flows: tuple[Tensor, Tensor]
    costs: tuple[Tensor, Tensor]
    seen: tuple[Tensor, Tensor]


def motion_of(first: Tensor, second: Tensor, flows: tuple[Tensor, Tensor]) -> Motion:
    """Costs and occlusions of the flow between two frames [1, 3, H, W]."""
    there, back = flows
    return Motion(
        flows,
        (_cost(first, second, there), _cost(second, first, back)),
        (_seen(there, back), _seen(back, there)),
    )


def _cost(frame: Tensor, other: Tensor, flow: Tensor) -> Tensor:
    return (frame - backward_warp(other, flow, "border")).abs().mean(1)[0]


def _seen(flow: Tensor, back: Tensor) -> Tensor:
    returned = backward_warp(back, flow, "border")
    apart = (flow + returned).square().sum(1, keepdim=True)
    allowed = RELATIVE * (flow.square() + returned.square()).sum(1, keepdim=True) + ABSOLUTE
    return ((apart <= allowed) & _inside(flow)).float()


def _inside(flow: Tensor) -> Tensor:
    """[1, 1, H, W]: whether flow leads from a pixel to a place in the picture."""
    height, width = flow.shape[-2:]
    x, y = positions(flow, flow)
    return ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))[:, None]


def between(first: Tensor, second: Tensor, motion: Motion, time: float) -> Tensor:
    """The frame at `time` in (0, 1).

    Args:
        first, second: [1, 3, H, W].
        motion: of the two.
        time: 0 is the first frame.

    Returns:
        [1, 3, H, W].
    """
    flow = flow_at(motion, time)
    to_first, to_second = -time * flow, (1 - time) * flow
    known = [
        (_inside(to) & (backward_warp(seen, to) > 0.5)).float()
        for to, seen in zip((to_first, to_second), motion.seen, strict=True)
    ]
    inside = [_inside(to).float() for to in (to_first, to_second)]
    # A pixel that one frame alone sees is fetched from there: its flow in that frame has no way back.
    alone = [inside[k] * (1 - known[k]) * known[1 - k] + inside[k] * (1 - inside[1 - k]) for k in (0, 1)]
    shares = [(1 - time) * (1 - alone[1]) + time * alone[0], time * (1 - alone[0]) + (1 - time) * alone[1]]
    fetched = backward_warp(first, to_first, "border"), backward_warp(second, to_second, "border")
    return shares[0] * fetched[0] + shares[1] * fetched[1]


def flow_at(motion: Motion, time: float) -> Tensor:
    """Motion from the first to the second frame of what is at each pixel at `time`, [1, 2, H, W]."""
    there, back = motion.flows
    height, width = there.shape[-2:]
    vectors = torch.cat([there[0].flatten(1), -back[0].flatten(1)], 1)  # [2, 2 * H * W]
    places = [
        torch.stack(positions(flow, share * flow)).flatten(1)
        for flow, share in ((there, time), (back, 1 - time))
    ]
    where = torch.cat(places, 1)
    costs = torch.cat([cost.flatten() for cost in motion.costs])
    targets, costs = _splatted(where, costs, height, width)
    best = torch.full((height * width,), torch.inf).scatter_reduce(0, targets, costs, "amin")
    none = vectors.shape[1]
    numbers = torch.arange(none).repeat(4)
    wins = torch.where((costs == best[targets]) & costs.isfinite(), numbers, none)
    # Of equal vectors the first wins, whatever the order in which threads come.
    winner = torch.full((height * width,), none).scatter_reduce(0, targets, wins, "amin")
    if (hit := winner < none).all():
        return vectors[:, winner].view(1, 2, height, width)
    winner = winner[nearest(hit.view(height, width))]
    return vectors[:, winner].view(1, 2, height, width)


def _splatted(where: Tensor, costs: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """The four pixels around each position, and the cost of it there: infinite where it is not within one."""
    left, top = where.floor()
    targets, found = [], []
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = left + dx, top + dy
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (x - where[0] < 1) & (y - where[1] < 1)
        targets.append(y.clamp(0, height - 1).long() * width + x.clamp(0, width - 1).long())
        found.append(torch.where(inside, costs, torch.inf))
    return torch.cat(targets), torch.cat(found)


def nearest(hit: Tensor) -> Tensor:
    """For each pixel the index of the nearest one of `hit` [H, W], [H * W]."""
    import cv2
    import numpy as np

    missing = (~hit).numpy().astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(missing, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    label = torch.from_numpy(labels).flatten().long()
    index = torch.zeros(int(label.max()) + 1, dtype=torch.long)
    known = hit.flatten()
    index[label[known]] = known.nonzero()[:, 0]
    return index[label]
