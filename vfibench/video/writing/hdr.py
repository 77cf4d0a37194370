"""HDR's side data (SMPTE ST 2086 and CTA 861.3) as options of the encoders that write it into every scene."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av

from vfibench.video.reading.source import Notes
from vfibench.video.writing.encoders import Encoder

PARAMS = {"libx265": "x265-params", "libx264": "x264-params", "libsvtav1": "svtav1-params"}
"""The option that an encoder takes them in."""
CHROMATICITY, LUMINANCE = 50_000, 10_000
"""Steps of H.264 and H.265 per unit, and per candela per square metre."""

Point = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Mastering:
    """The display that a film was mastered on.

    Attributes:
        red, green, blue, white: chromaticities, (x, y) of CIE 1931.
        darkest, brightest: in candela per square metre.
    """

    red: Point
    green: Point
    blue: Point
    white: Point
    darkest: Fraction
    brightest: Fraction


def mastering_of(frame: av.VideoFrame) -> Mastering | None:
    """FFmpeg's AVMasteringDisplayMetadata of a frame, where it is whole."""
    data = _side_data(frame, "MASTERING_DISPLAY_METADATA")
    if data is None or len(data) < 88:
        return None
    numbers = struct.unpack("=22i", data[:88])
    if not all(numbers[20:]):  # whether there are primaries, and luminances
        return None
    parts = [Fraction(numbers[k], numbers[k + 1] or 1) for k in range(0, 20, 2)]
    points = [(parts[k], parts[k + 1]) for k in range(0, 8, 2)]
    return Mastering(points[0], points[1], points[2], points[3], parts[8], parts[9])


def light_of(frame: av.VideoFrame) -> tuple[int, int] | None:
    """The largest light level of a pixel, and of a frame's mean, in candela per square metre."""
    data = _side_data(frame, "CONTENT_LIGHT_LEVEL")
    return None if data is None or len(data) < 8 else struct.unpack("=2I", data[:8])


def with_hdr(encoder: Encoder, first: av.VideoFrame, notes: Notes) -> Encoder:
    """The encoder, told of the side data of the source's first frame; a note where it does not write any."""
    mastering, light = mastering_of(first), light_of(first)
    if mastering is None and light is None:
        return encoder
    option = PARAMS.get(encoder.name)
    if option is None:
        notes.add(f"{encoder.name} does not write HDR's mastering display and light level: left out")
        return encoder
    given = encoder.options.get(option, "")
    words = [given, *_words(encoder.name, mastering, light, given)]
    return replace(encoder, options={**encoder.options, option: ":".join(filter(None, words))})


def _words(name: str, mastering: Mastering | None, light: tuple[int, int] | None, given: str) -> list[str]:
    """Those that the user has not given."""
    names = {"libx265": ("master-display", "max-cll"), "libx264": ("mastering-display", "cll")}
    display, level = names.get(name, ("mastering-display", "content-light"))
    found = ["hdr10=1"] if name == "libx265" and "hdr10" not in given else []
    if mastering is not None and display not in given:
        found.append(f"{display}={_display(mastering, decimals=name == 'libsvtav1')}")
    if light is not None and level not in given:
        found.append(f"{level}={light[0]},{light[1]}")
    return found


def _display(mastering: Mastering, *, decimals: bool) -> str:
    def number(value: Fraction, steps: int) -> str:
        return f"{float(value):.5f}" if decimals else str(round(value * steps))

    points = (("G", mastering.green), ("B", mastering.blue), ("R", mastering.red), ("WP", mastering.white))
    told = "".join(f"{name}({number(x, CHROMATICITY)},{number(y, CHROMATICITY)})" for name, (x, y) in points)
    ends = (mastering.brightest, mastering.darkest)
    return f"{told}L({','.join(number(end, LUMINANCE) for end in ends)})"


def _side_data(frame: av.VideoFrame, name: str) -> bytes | None:
    kept: Any = frame.side_data
    return next((bytes(one) for one in kept if one.type.name == name), None)
