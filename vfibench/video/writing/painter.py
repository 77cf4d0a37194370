"""Frames in the coding of the output: those of the source untouched where it is theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import av
import numpy as np

from vfibench.errors import VfibenchError
from vfibench.video.colour import (
    ALIKE,
    FULL,
    LIMITED,
    LINES_OF_601,
    PLANAR,
    Coding,
    Plane,
    from_rgb,
    planes_of,
    to_rgb,
)
from vfibench.video.layouts import converted, filled, planar
from vfibench.video.reading.source import Notes, Picture
from vfibench.video.writing.encoders import Encoder, pixel_format_for
from vfibench.video.writing.sink import Made


@dataclass(frozen=True)
class Target:
    """What an encoder is given.

    Attributes:
        coding: of planes.
        layout: the pixel format, which holds the same values; another than the coding's where an encoder
            takes RGB in one plane alone.
    """

    coding: Coding
    layout: str


class Painter:
    """Gives frames the coding of the output; those of the source, where it is theirs, are not touched."""

    def __init__(self, source: Coding, target: Target, like: av.VideoFrame) -> None:
        self._source = source
        self._target = target.coding
        self._layout = target.layout
        self._like = like
        # What only changes its subsampling or depth goes the same way, whether it is the source's or made.
        self._scaled = (
            source.kind == self._target.kind == "yuv" and source.pixel_format != self._target.pixel_format
        )
        self._painted_in = source if self._scaled else self._target
        across = [(plane.height, plane.width) for plane in _blank(self._painted_in, like).planes]
        self._chroma = across[1] if self._painted_in.kind == "yuv" else (like.height, like.width)

    def frame(self, content: Picture | Made) -> av.VideoFrame:
        """A frame in the coding of the output, without a time."""
        if isinstance(content, Picture) and content.frame.format.name == self._layout:
            return content.frame
        found = self._painted(content) if isinstance(content, Made) else self._converted(content)
        if self._scaled:
            level = FULL if self._source.full else LIMITED
            found = converted(found, self._target.pixel_format, level)
        return found if found.format.name == self._layout else converted(found, self._layout)

    def _converted(self, picture: Picture) -> av.VideoFrame:
        frame = planar(picture.frame, self._source)
        if self._scaled or self._source.pixel_format == self._target.pixel_format:
            return frame
        planes = planes_of(frame)
        alpha = planes[-1] if self._source.alpha else None
        return self._painted(Made(to_rgb(planes, self._source), alpha))

    def _painted(self, made: Made) -> av.VideoFrame:
        assert made.rgb is not None
        planes = from_rgb(made.rgb.cpu(), self._painted_in, self._chroma)
        if self._painted_in.alpha:
            planes.append(self._opacity(made.alpha, planes[0]))
        return filled(_blank(self._painted_in, self._like), planes)

    def _opacity(self, alpha: Plane | None, like: Plane) -> Plane:
        top = 2**self._painted_in.bits - 1
        if alpha is None:
            return np.full_like(like, top)
        scaled = alpha.astype(np.float64) * top / (2**self._source.bits - 1)
        codes: Plane = scaled.round().astype(like.dtype)
        return codes


def target_for(encoder: Encoder, coding: Coding, first: av.VideoFrame, notes: Notes) -> Target:
    """What an encoder is given, which is told where values change on the way.

    Raises:
        VfibenchError: it takes nothing that is written here.
    """
    layout = encoder.pixel_format or pixel_format_for(encoder, coding.pixel_format)
    name = layout if PLANAR.fullmatch(layout) else ALIKE.get(layout, "")
    if not name:
        raise VfibenchError(
            f"expected an encoder of planes or RGB, found {encoder.name}, which takes {layout}",
            "try another --codec, or say --pixel-format",
        )
    name = name.replace("yuvj", "yuv")
    if name == coding.pixel_format:
        return Target(coding, layout)
    if name != "gbrap" or coding.pixel_format != "gbrp":  # opacity that is whole changes nothing
        notes.add(f"{encoder.name} is not given {coding.pixel_format} here: all frames become {name}")
    if coding.kind == "yuv" and name.startswith("yuv"):
        return Target(replace(coding, pixel_format=name), layout)
    return Target(Coding(name, 6 if first.height <= LINES_OF_601 else 1, False), layout)


def shaped(frame: av.VideoFrame, scale: int) -> av.VideoFrame:
    """The frame, or an empty one like it that is several times as large."""
    if scale == 1:
        return frame
    return av.VideoFrame(scale * frame.width, scale * frame.height, frame.format.name)


def _blank(coding: Coding, like: av.VideoFrame) -> av.VideoFrame:
    return av.VideoFrame(like.width, like.height, coding.pixel_format)
