"""Where frames go: a video file, with everything else that the source held, or a folder of pictures."""

from __future__ import annotations

import math
import shutil
import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import torch
from av.stream import Stream

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
from vfibench.video.encoders import Encoder, pixel_format_for
from vfibench.video.source import (
    Copied,
    Notes,
    Picture,
    Source,
    VideoSource,
    converted,
    planar,
)

_KINDS = {"audio": "sound", "subtitle": "subtitles"}
MP4S = ("mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v", "ismv")
LARGEST = 2**31 - 1
FINE = 90_000  # ticks per second where exact ones do not fit


@dataclass(frozen=True)
class Made:
    """A made picture: RGB [3, H, W] float32 on any device, and its opacity, None for a picture without."""

    rgb: torch.Tensor
    alpha: Plane | None = None


@dataclass(frozen=True)
class Output:
    """A frame to be written: a source frame as it is, or a made one, when it is shown and for how long."""

    content: Picture | Made
    stamp: Fraction
    duration: Fraction


class Sink(Protocol):
    """Takes frames in the order they are shown.

    Attributes:
        about: what it writes, in words.
    """

    about: str

    def write(self, item: Output | Copied) -> None:
        """Take one frame or packet."""

    def close(self) -> None:
        """Finish the file; what was written can be played, also after an error."""


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
        planes = from_rgb(made.rgb.cpu(), self._painted_in, self._chroma)
        if self._painted_in.alpha:
            planes.append(self._opacity(made.alpha, planes[0]))
        frame = _blank(self._painted_in, self._like)
        for component, values in zip(frame.format.components, planes, strict=True):
            plane = frame.planes[component.plane]
            row = plane.line_size // values.itemsize
            padded = np.zeros((plane.height, row), values.dtype)
            padded[:, : plane.width] = values
            plane.update(padded.tobytes())
        return frame

    def _opacity(self, alpha: Plane | None, like: Plane) -> Plane:
        top = 2**self._painted_in.bits - 1
        if alpha is None:
            return np.full_like(like, top)
        scaled = alpha.astype(np.float64) * top / (2**self._source.bits - 1)
        codes: Plane = scaled.round().astype(like.dtype)
        return codes


class VideoSink:
    """A video file; see `Sink`.

    Args:
        path: its suffix names the container.
        encoder: see `vfibench.video.encoders`.
        source: whose other streams, tags and chapters are kept.
        first: its first frame, which all others are like.
        coding: of the source's frames.
        rate: frames per second on average, for the headers.
        tick: seconds that all time stamps are multiples of.
        same_time: whether time is the source's, so that sound still belongs to the pictures.

    Raises:
        VfibenchError: no container of that suffix, or an encoder that does not take these frames.
    """

    def __init__(
        self,
        path: Path,
        encoder: Encoder,
        source: Source,
        first: Picture,
        coding: Coding,
        rate: Fraction,
        tick: Fraction,
        same_time: bool,
    ) -> None:
        self._notes = source.notes
        self._durations: dict[int, int] = {}  # in ticks, by time stamp
        self._first: int | None = None  # of what was written, in ticks
        self._end = 0
        self._begin: int | None = None  # when the first packet is decoded
        self._copies: dict[int, Stream] = {}
        target = target_for(encoder, coding, first.frame, source.notes)
        self._painter = Painter(coding, target, first.frame)
        try:
            self._container = av.open(str(path), "w")
        except (av.FFmpegError, ValueError, OSError) as error:
            raise VfibenchError(
                f"expected an output with a suffix that FFmpeg knows, such as .mp4, .mkv, .mov or .webm, "
                f"found {path}: {error}"
            ) from error
        self._tick = tick
        self._is_mp4 = self._container.format.name in MP4S
        try:
            self._open(encoder, source, first, target, rate, same_time)
        except (av.FFmpegError, ValueError) as error:
            with suppress(Exception):
                self._container.close()
            path.unlink(missing_ok=True)
            raise VfibenchError(
                f"{encoder.name} does not take {first.frame.width}x{first.frame.height} pixels of "
                f"{target.layout} in {path.suffix}: {error}",
                "try another --codec or another suffix",
            ) from error
        self.about = f"{encoder.name}, {target.coding.describe()}"

    def _open(
        self,
        encoder: Encoder,
        source: Source,
        first: Picture,
        target: Target,
        rate: Fraction,
        same_time: bool,
    ) -> None:
        stream = self._container.add_stream(
            encoder.name, rate=rate.limit_denominator(100_000), options=dict(encoder.options)
        )
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height = first.frame.width, first.frame.height
        context.pix_fmt = target.layout
        context.time_base = self._tick
        stream.time_base = self._tick
        _tag(context, first.frame, target.coding)
        if isinstance(source, VideoSource):
            if source.stream.sample_aspect_ratio:
                context.sample_aspect_ratio = source.stream.sample_aspect_ratio
            if (matrix := _display_matrix(first.frame)) is not None:
                stream.set_display_matrix(matrix)
            self._container.metadata.update(source.container.metadata)
            if same_time:
                self._keep(source)
            elif source.streams:
                kinds = " and ".join(sorted({_KINDS[one.type] for one in source.streams}))
                self._notes.add(f"{kinds} left out: time is stretched")
        self._stream = stream
        self._container.start_encoding()
        if unknown := set(context.options) & set(encoder.options):
            raise ValueError(f"it has no option {', '.join(sorted(unknown))}")

    def _keep(self, source: VideoSource) -> None:
        """Open a stream for each of the source's that this container holds."""
        known = self._container.supported_codecs
        for stream in source.streams:
            name = stream.codec_context.name if stream.codec_context is not None else ""
            held = (
                {name, stream.codec_context.codec.canonical_name}
                if stream.codec_context is not None
                else set()
            )
            if held & known:
                self._copies[stream.index] = self._container.add_stream_from_template(stream)
            else:
                self._notes.add(
                    f"{_KINDS[stream.type]} ({name or 'unknown'}) does not go into this container: left out"
                )
        with suppress(av.FFmpegError, ValueError, AttributeError):
            if chapters := source.container.chapters():
                self._container.set_chapters(chapters)

    def write(self, item: Output | Copied) -> None:
        """See `Sink`."""
        if isinstance(item, Copied):
            if (stream := self._copies.get(item.stream.index)) is not None:
                item.packet.stream = stream
                self._container.mux_one(item.packet)
            return
        frame = self._painter.frame(item.content)
        frame.time_base = self._tick
        frame.pts = round(item.stamp / self._tick)
        frame.duration = round(item.duration / self._tick)
        frame.pict_type = av.video.frame.PictureType.NONE  # the encoder's own choice, not the source's
        self._durations[frame.pts] = frame.duration
        self._first = frame.pts if self._first is None else self._first
        self._end = frame.pts + frame.duration
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: list[av.Packet[Any]]) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration or 0)
                self._begin = packet.dts if self._begin is None else self._begin
            self._container.mux_one(packet)

    def close(self) -> None:
        """See `Sink`."""
        try:
            packets = self._stream.encode(None)
            self._mux(packets[:-1])
            if packets:
                self._mux_last(packets[-1])
        finally:
            self._container.close()

    def _mux_last(self, packet: av.Packet[Any]) -> None:
        """In MP4 its duration is what is missing to the whole: what is decoded last may be shown earlier."""
        dts, begin, first = packet.dts, self._begin, self._first
        if self._is_mp4 and dts is not None and begin is not None and first is not None:
            packet.duration = max(1, self._end - first - (dts - begin))
            self._container.mux_one(packet)
        else:
            self._mux([packet])


class FolderSink:
    """A folder of numbered PNG files, 8 bits or 16; see `Sink`."""

    def __init__(self, path: Path, first: Picture, coding: Coding) -> None:
        deep = coding.bits > 8
        kind = "gbrap" if coding.alpha else "gbrp"
        self._layout = ("rgba64be" if deep else "rgba") if coding.alpha else ("rgb48be" if deep else "rgb24")
        target = Target(Coding(kind + "16le" if deep else kind, 0, True), self._layout)
        self._painter = Painter(coding, target, first.frame)
        self._folder = path
        self._number = 0
        path.mkdir(parents=True, exist_ok=True)
        for stale in path.glob("[0-9]" * 8 + ".png"):  # of an output that is overwritten
            stale.unlink()
        self._encoder = av.CodecContext.create("png", "w")
        assert isinstance(self._encoder, av.VideoCodecContext)
        self._encoder.width, self._encoder.height = first.frame.width, first.frame.height
        self._encoder.pix_fmt = self._layout
        self._encoder.time_base = Fraction(1, 25)
        self.about = f"PNG, {self._layout}"

    def write(self, item: Output | Copied) -> None:
        """See `Sink`."""
        if isinstance(item, Copied):
            return
        file = self._folder / f"{self._number:08d}.png"
        content = item.content
        self._number += 1
        if (
            isinstance(content, Picture)
            and content.file is not None
            and content.file.suffix.lower() == ".png"
        ):
            shutil.copyfile(content.file, file)
            return
        frame = self._painter.frame(content)
        frame.pts, frame.time_base = self._number, Fraction(1, 25)
        file.write_bytes(b"".join(bytes(packet) for packet in self._encoder.encode(frame)))

    def close(self) -> None:
        """See `Sink`."""


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


def tick_of(*steps: Fraction) -> Fraction:
    """The longest tick of a whole fraction of a second that all steps are multiples of.

    >>> tick_of(Fraction(1, 12800), Fraction(1, 60))
    Fraction(1, 38400)
    """
    ticks = math.lcm(*(step.denominator for step in steps))
    return Fraction(1, ticks if ticks <= LARGEST else FINE)


def _blank(coding: Coding, like: av.VideoFrame) -> av.VideoFrame:
    return av.VideoFrame(like.width, like.height, coding.pixel_format)


def _tag(context: av.VideoCodecContext, first: av.VideoFrame, target: Coding) -> None:
    """The source's colour tags, and what its values mean where the frames were converted."""
    context.color_primaries, context.color_trc = int(first.color_primaries), int(first.color_trc)
    if target.kind == "yuv":
        known = int(first.colorspace) != 0
        context.colorspace = int(first.colorspace) if known else target.matrix
        context.color_range = FULL if target.full else LIMITED if not known else int(first.color_range)
    elif target.kind == "gray":
        context.color_range = FULL if target.full else LIMITED


def _display_matrix(frame: av.VideoFrame) -> list[int] | None:
    """How a player turns the picture, as the container says it."""
    kept: Any = frame.side_data  # PyAV's own types tell of motion vectors alone
    for found in kept:
        if found.type.name == "DISPLAYMATRIX":
            return list(struct.unpack("<9i", bytes(memoryview(found))[:36]))
    return None
