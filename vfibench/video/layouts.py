"""The same values in another pixel format, by FFmpeg's scaler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from vfibench.video.colour import FULL, Coding, Plane, coding_of

if TYPE_CHECKING:
    from av import VideoFrame


def filled(frame: VideoFrame, planes: Iterable[Plane]) -> VideoFrame:
    """The frame, with these values in its components, in FFmpeg's order."""
    for component, values in zip(frame.format.components, planes, strict=True):
        plane = frame.planes[component.plane]
        padded = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
        padded[:, : plane.width] = values
        plane.update(padded.tobytes())
    return frame


def planar(frame: VideoFrame, coding: Coding | None = None) -> VideoFrame:
    """The frame with a plane per component: itself, or the same values in another layout."""
    wanted = (coding or coding_of(frame)).pixel_format
    if frame.format.name == wanted:
        return frame
    # The values of "yuvj" are the same: its name alone says that they are full range.
    return converted(frame, wanted, FULL if frame.format.name.startswith("yuvj") else None)


def converted(frame: VideoFrame, pixel_format: str, level: int | None = None) -> VideoFrame:
    """The frame in another pixel format, by FFmpeg's scaler, on one thread.

    On several threads it has been seen to lose rows of chroma now and then (PyAV 18.1 with FFmpeg 8.1,
    P010 to planes).

    Args:
        level: the range of both, as FFmpeg counts it; None where neither is YUV of another range.
    """
    return frame.reformat(format=pixel_format, src_color_range=level, dst_color_range=level, threads=1)
