"""A video file, with everything else that the source held."""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Stream

from vfibench.errors import VfibenchError
from vfibench.video.colour import FULL, LIMITED, UNSPECIFIED, Coding
from vfibench.video.reading.source import Copied, Picture, Source
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.writing.encoders import Encoder
from vfibench.video.writing.painter import Painter, Target, shaped, target_for
from vfibench.video.writing.sink import Output

_KINDS = {"audio": "sound", "subtitle": "subtitles"}
MP4S = ("mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v", "ismv")
LARGEST = 2**31 - 1
FINE = 90_000  # ticks per second where exact ones do not fit


class VideoSink:
    """A video file; see `Sink`.

    Args:
        path: its suffix names the container.
        encoder: see `vfibench.video.writing.encoders`.
        source: whose other streams, tags and chapters are kept.
        first: its first frame, which all others are like.
        coding: of the source's frames.
        rate: frames per second on average, for the headers.
        tick: seconds that all time stamps are multiples of.
        same_time: whether time is the source's, so that sound still belongs to the pictures.
        scale: how many times as large as the source's its pictures are.

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
        scale: int = 1,
    ) -> None:
        self._scale = scale
        self._notes = source.notes
        self._durations: dict[int, int] = {}  # in ticks, by time stamp
        self._first: int | None = None  # of what was written, in ticks
        self._end = 0
        self._begin: int | None = None  # when the first packet is decoded
        self._copies: dict[int, Stream] = {}
        target = target_for(encoder, coding, first.frame, source.notes)
        like = shaped(first.frame, scale)
        self._painter = Painter(coding, target, like)
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
                f"{encoder.name} does not take {like.width}x{like.height} pixels of "
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
        context, scale = stream.codec_context, self._scale
        context.width, context.height = scale * first.frame.width, scale * first.frame.height
        context.pix_fmt = target.layout
        context.time_base = self._tick
        stream.time_base = self._tick
        _tag(context, first.frame, target.coding, enlarged=scale > 1)
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


def tick_of(*steps: Fraction) -> Fraction:
    """The longest tick of a whole fraction of a second that all steps are multiples of.

    >>> tick_of(Fraction(1, 12800), Fraction(1, 60))
    Fraction(1, 38400)
    """
    ticks = math.lcm(*(step.denominator for step in steps))
    return Fraction(1, ticks if ticks <= LARGEST else FINE)


def _tag(context: av.VideoCodecContext, first: av.VideoFrame, target: Coding, *, enlarged: bool) -> None:
    """The source's colour tags, and what its values mean where the frames were converted."""
    context.color_primaries, context.color_trc = int(first.color_primaries), int(first.color_trc)
    if target.kind == "yuv":
        known = int(first.colorspace) not in (
            (0, UNSPECIFIED) if enlarged else (0,)
        )  # size decides for players
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
