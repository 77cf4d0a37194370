"""How far a picture is from the reference, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

LIMIT = 64
"""Levels of 255 that are the lightest colour; larger errors look like this one."""


def error_map(picture: UInt8Array, reference: UInt8Array) -> UInt8Array:
    """The mean over R, G, B of the absolute difference, in colours from black over purple to pale yellow.

    Args:
        picture, reference: [H, W, 3] of one size.

    Returns:
        [H, W, 3] RGB.
    """
    error = cv2.absdiff(picture, reference).mean(axis=2)
    levels = np.rint(np.minimum(error, LIMIT) * (255 / LIMIT)).astype(np.uint8)
    coloured = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[..., ::-1], dtype=np.uint8)
