"""Motion and occlusion of real frames, estimated from the ground truth and the two inputs around it.

The method, version 1. All three pictures are made grey and reduced to at most 448 pixels on their longer side
(area means, never enlarged). Optical flow is DIS (Kroeger et al., "Fast optical flow using dense inverse
search", ECCV 2016) as OpenCV implements it, preset "medium": from the target to the nearer input, then to the
farther one, with the first flow's mirror image, lengthened as the time asks, as its starting point. So things
that move evenly are found although they move far; what the pictures say decides. The motion of a pixel is its
way from the one input to the other; the figure is the 90th percentile of its length.

A pixel counts as seen by an input where its flow ends on the frame, at most half a pixel beyond the outermost
centres, and the flow back from there, started at the inverse of the flow, comes home:
|f + b|^2 <= 0.05 (|f|^2 + |b|^2) + 1 (after Sundaram, Brox and Keutzer, ECCV 2010, with limits of our own).

Targets are worked on side by side, each in one thread of OpenCV; the number of threads changes no figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from vfibench.contracts import BoolArray, UInt8Array

    Float32Array = npt.NDArray[np.float32]

HOW = "estimated from the ground truth (DIS optical flow at 448 px, version 1)"
LONGEST = 448  # pixels of the longer side flow is estimated at
SHARE = 0.9  # of the pixels that move no farther than the figure
RELATIVE, ABSOLUTE = 0.05, 1.0  # how far from home a flow may end: share of its square, square pixels
SHORTEST = 8, 12  # pixels that DIS needs on the shorter and on the longer side
ROUNDS = 3  # of the fixed-point iteration that inverts a flow


class Flow:
    """DIS optical flow between two grey pictures; keeps buffers, so one thread's own."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOpticalFlow_PRESET_MEDIUM)

    def __call__(
        self, source: UInt8Array, target: UInt8Array, start: Float32Array | None = None
    ) -> Float32Array:
        """[H, W, 2]: the way of each pixel of `source` to its place in `target`, begun at `start`."""
        begun = cast("Float32Array", start)  # None begins at rest, which OpenCV's types do not say
        return np.asarray(self._dis.calc(source, target, begun), np.float32)


def estimate(
    first: UInt8Array, target: UInt8Array, second: UInt8Array, time: float, mask: BoolArray | None = None
) -> tuple[float, float]:
    """Motion and occlusion of a target between two inputs.

    Args:
        first, second: [3, h, w] RGB, the inputs.
        target: [3, H, W] RGB, H x W the same or larger in proportion.
        time: of the target between the inputs, in 0..1.
        mask: [H, W], True where pixels count; None for all.

    Returns:
        The 90th percentile of motion from the one input to the other in pixels of the target, and the share
        of the target's pixels that the two do not both show, in 0..1. NaN where no pixel counts, and where
        the reduced pictures are smaller than `SHORTEST`.
    """
    size = working_size(first, target, second)
    if min(size) < SHORTEST[0] or max(size) < SHORTEST[1]:
        return float("nan"), float("nan")
    before, middle, after = (grey(picture, size) for picture in (first, target, second))
    flow = Flow()
    to_first, to_second = flows(flow, before, middle, after, time)
    both = seen(flow, middle, before, to_first) & seen(flow, middle, after, to_second)
    counted = np.ones(both.shape, bool) if mask is None else reduced_mask(mask, size)
    if not counted.any():
        return float("nan"), float("nan")
    way = (to_second - to_first)[counted] * (target.shape[-1] / size[0])
    length = np.hypot(way[:, 0], way[:, 1])
    return float(np.quantile(length, SHARE)), float(1.0 - both[counted].mean())


def flows(
    flow: Flow, before: UInt8Array, middle: UInt8Array, after: UInt8Array, time: float
) -> tuple[Float32Array, Float32Array]:
    """From the middle to both sides, the nearer one first; its mirror image starts the other."""
    near, far = (before, after) if time <= 0.5 else (after, before)
    way = min(time, 1.0 - time)
    to_near = flow(middle, near)
    start = to_near * np.float32((way - 1.0) / way) if way > 0 else None
    to_far = flow(middle, far, start)
    return (to_near, to_far) if time <= 0.5 else (to_far, to_near)


def seen(flow: Flow, middle: UInt8Array, side: UInt8Array, there: Float32Array) -> BoolArray:
    """[H, W]: whether a pixel's way to one side ends inside the frame and leads back."""
    back = flow(side, middle, inverse(there))
    x, y = places(there)
    home = follow(back, there)
    error = ((there + home) ** 2).sum(-1)
    limit = RELATIVE * ((there**2).sum(-1) + (home**2).sum(-1)) + ABSOLUTE
    height, width = middle.shape
    inside = (abs(x - (width - 1) / 2) <= width / 2) & (abs(y - (height - 1) / 2) <= height / 2)
    return np.asarray(inside & (error <= limit))


def inverse(flow: Float32Array) -> Float32Array:
    """[H, W, 2]: about the flow back, by b(y) = -f(y + b(y))."""
    back = -flow
    for _ in range(ROUNDS):
        back = -follow(flow, back)
    return back


def follow(field: Float32Array, flow: Float32Array) -> Float32Array:
    """[H, W, 2]: what `field` says where each pixel's flow ends; the frame's edge goes on outside."""
    x, y = places(flow)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def places(flow: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Where each pixel's flow ends: x [H, W] and y [H, W]."""
    y, x = np.indices(flow.shape[:2], np.float32)
    return x + flow[..., 0], y + flow[..., 1]


def working_size(*pictures: UInt8Array) -> tuple[int, int]:
    """(width, height) that all are reduced to: that of the smallest, at most `LONGEST` on the longer side."""
    height, width = min((picture.shape[1:] for picture in pictures), key=max)
    shrink = min(1.0, LONGEST / max(height, width))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def grey(picture: UInt8Array, size: tuple[int, int]) -> UInt8Array:
    """[3, H, W] RGB as [h, w] grey levels."""
    levels = cv2.cvtColor(np.ascontiguousarray(picture.transpose(1, 2, 0)), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), np.uint8)


def reduced_mask(mask: BoolArray, size: tuple[int, int]) -> BoolArray:
    """A mask at the working size: what at least half counts."""
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(share >= 0.5)


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV in one thread, then as before; its setting is the whole process's."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
