"""Pictures of one size: that of the first input or the reference; others are resized, and it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

Size = tuple[int, int]
"""(width, height)."""


def size_of(pixels: UInt8Array) -> Size:
    """Of a picture [H, W, 3]."""
    return pixels.shape[1], pixels.shape[0]


def fitted(pixels: UInt8Array, size: Size) -> UInt8Array:
    """The picture [H, W, 3] at a size, bicubic; itself where it has it."""
    if size_of(pixels) == size:
        return pixels
    import cv2
    import numpy as np

    smaller = size[0] < pixels.shape[1]
    found = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.ascontiguousarray(found, dtype=np.uint8)


def shrunk(size: Size, most: int) -> Size:
    """A size in even numbers of pixels, at most so many in width.

    >>> shrunk((1280, 721), 640), shrunk((321, 200), 640)
    ((640, 360), (320, 200))
    """
    share = min(1.0, most / size[0])
    width, height = (max(2, 2 * round(side * share / 2 - 1e-9)) for side in size)
    return min(width, most), height
