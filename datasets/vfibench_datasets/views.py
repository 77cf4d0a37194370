"""What a benchmark shows of each decoded picture: a smaller copy or the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

View = Callable[["UInt8Array"], "UInt8Array"]
"""[3, H, W] uint8 to [3, H', W'] uint8, both channel-first views of interleaved memory."""


def area_resize(width: int, height: int) -> View:
    """Resize by area, OpenCV's INTER_AREA: for half the size the mean of 2x2 pixels, ties up."""

    def view(picture: UInt8Array) -> UInt8Array:
        import cv2
        import numpy as np

        interleaved = np.ascontiguousarray(picture.transpose(1, 2, 0))
        small = cv2.resize(interleaved, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8).transpose(2, 0, 1)

    return view


def centre_crop(width: int, height: int) -> View:
    """Cut the middle out; of an odd remainder the larger part is cut off at the bottom or right."""

    def view(picture: UInt8Array) -> UInt8Array:
        top, left = (picture.shape[1] - height) // 2, (picture.shape[2] - width) // 2
        return picture[:, top : top + height, left : left + width]

    return view
