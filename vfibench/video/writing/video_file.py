"""A video file, with everything else that the source held."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
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
from vfibench.video.writing.hdr import with_hdr
from vfibench.video.writing.painter import Painter, Target, shaped, target_for
from vfibench.video.writing.sink import Boundary, Output
from vfibench.video.writing.stretching import Stretched

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
        slow: how much longer sound becomes where time is not the source's, None where it is left out.
        shift: seconds that are added to the time stamps of stretched sound.

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
        slow: Fraction | None = None,
        shift: Fraction = Fraction(0),
    ) -> None:
        self._scale = scale
        self._notes = source.notes
        self._durations: dict[int, int] = {}  # in ticks, by time stamp
        self._first: int | None = None  # of what was written, in ticks
        self._end = 0
        self._begin: int | None = None  # when the first packet is decoded
        self._copies: dict[int, Stream] = {}
        self._stretched: dict[int, Stretched] = {}
        self._slow, self._shift = slow, shift
        self._next_copy: Copied | None = None
        self.path = path
        encoder = with_hdr(encoder, first.frame, source.notes)
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
        context, self._encoder = stream.codec_context, encoder
        self._look = Look(
            (self._scale * first.frame.width, self._scale * first.frame.height),
            target,
            self._tick,
            first.frame,
        )
        self._look.put_on(context, enlarged=self._scale > 1)
        stream.time_base = self._tick
        if isinstance(source, VideoSource):
            if source.stream.sample_aspect_ratio:
                context.sample_aspect_ratio = source.stream.sample_aspect_ratio
            if (matrix := _display_matrix(first.frame)) is not None:
                stream.set_display_matrix(matrix)
            self._container.metadata.update(source.container.metadata)
            if same_time:
                self._keep(source)
            else:
                self._stretch(source)
            self._attach(source)
        self._stream = stream
        self._container.start_encoding()
        if unknown := set(context.options) & set(encoder.options):
            raise ValueError(f"it has no option {', '.join(sorted(unknown))}")

    def new_encoder(self) -> av.VideoCodecContext:
        """One like that of the file, for a segment of its own."""
        mine = self._stream.codec_context
        context = av.CodecContext.create(self._encoder.name, "w")
        assert isinstance(context, av.VideoCodecContext)
        self._look.put_on(context, enlarged=self._scale > 1)
        context.framerate, context.flags = mine.framerate, mine.flags
        if mine.sample_aspect_ratio:
            context.sample_aspect_ratio = mine.sample_aspect_ratio
        context.options = dict(self._encoder.options)
        context.open()
        return context

    def join(self, packets: Iterator[av.Packet[Any]], copies: Iterator[Copied], *, all_of_it: bool) -> None:
        """Write packets that were encoded before, and those of other streams; then close.

        Args:
            packets: of the pictures.
            copies: of other streams.
            all_of_it: whether others go on to their own end, or with the pictures.
        """
        try:
            waiting: av.Packet[Any] | None = None
            for packet in packets:
                packet.stream, packet.time_base = self._stream, self._tick
                self._seen(packet)
                if waiting is not None:
                    self._copy_until(copies, waiting.dts)
                    self._container.mux_one(waiting)
                waiting = packet
            self._copy_until(copies, self._end)
            for copied in [self._next_copy, *copies] if all_of_it else ():
                if copied is not None:
                    self.write(copied)
            for one in self._stretched.values():
                one.end()
            if waiting is not None:
                self._durations[waiting.pts or 0] = waiting.duration or 0
                self._mux_last(waiting)
        finally:
            self._container.close()

    def _seen(self, packet: av.Packet[Any]) -> None:
        """Note when the pictures begin and end."""
        if packet.pts is not None:
            self._first = packet.pts if self._first is None else min(self._first, packet.pts)
            self._end = max(self._end, packet.pts + (packet.duration or 0))
            self._begin = packet.dts if self._begin is None else self._begin

    def _copy_until(self, copies: Iterator[Copied], ticks: int | None) -> None:
        """Other packets up to a time of the pictures."""
        while ticks is not None:  # a packet without a time comes when it comes
            copied = self._next_copy or next(copies, None)
            self._next_copy = copied
            if copied is None:
                return
            packet = copied.packet
            base = Fraction(packet.time_base or 0)
            time = (packet.dts or 0) * base
            if packet.stream.index in self._stretched and self._slow is not None:
                time = time * self._slow + self._shift
            if packet.dts is not None and time > ticks * self._tick:
                return
            self._next_copy = None
            self.write(copied)

    def _stretch(self, source: VideoSource) -> None:
        """What becomes of other streams where time is another."""
        sounds = [one for one in source.streams if one.type == "audio" and self._slow is not None]
        for one in sounds:
            assert self._slow is not None
            self._stretched[one.index] = Stretched(self._container, one, self._slow, self._shift)
        left = sorted({_KINDS[one.type] for one in source.streams if one not in sounds})
        if left:
            hint = ", --audio stretch keeps sound" if "sound" in left else ""
            self._notes.add(f"{' and '.join(left)} left out: time is stretched{hint}")

    def _attach(self, source: VideoSource) -> None:
        """Attachments, such as the fonts of subtitles, where the container has them."""
        files = [one for one in source.container.streams if one.type == "attachment"]
        for one in files:
            held: Any = one
            if "matroska" not in self._container.format.name or not held.data:
                self._notes.add(f"attachments ({len(files)}) do not go into this container: left out")
                return
            name, kind = one.metadata.get("filename", "attachment"), held.mimetype or ""
            self._container.add_attachment(name, kind or "application/octet-stream", held.data)

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

    def write(self, item: Output | Copied | Boundary) -> None:
        """See `Sink`."""
        if isinstance(item, Boundary):
            return
        if isinstance(item, Copied):
            if (stretched := self._stretched.get(item.stream.index)) is not None:
                stretched.take(item.packet)
            if (stream := self._copies.get(item.stream.index)) is not None:
                item.packet.stream = stream
                self._container.mux_one(item.packet)
            return
        frame = self.timed(item)
        self._first = frame.pts if self._first is None else self._first
        self._end = (frame.pts or 0) + (frame.duration or 0)
        self._mux(self._stream.encode(frame))

    def timed(self, item: Output) -> av.VideoFrame:
        """A frame as the encoder is given it."""
        frame = self._painter.frame(item.content)
        frame.time_base = self._tick
        frame.pts = round(item.stamp / self._tick)
        frame.duration = round(item.duration / self._tick)
        frame.pict_type = av.video.frame.PictureType.NONE  # the encoder's own choice, not the source's
        self._durations[frame.pts] = frame.duration
        return frame

    def duration_of(self, packet: av.Packet[Any]) -> int:
        """Of a packet of a frame that was given, in ticks."""
        return self._durations.pop(packet.pts or 0, packet.duration or 0)

    def _mux(self, packets: list[av.Packet[Any]]) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self.duration_of(packet)
                self._begin = packet.dts if self._begin is None else self._begin
            self._container.mux_one(packet)

    def close(self) -> None:
        """See `Sink`."""
        try:
            packets = self._stream.encode(None)
            for one in self._stretched.values():
                one.end()
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


@dataclass(frozen=True)
class Look:
    """How an encoder is told that its pictures look.

    Attributes:
        size: (width, height).
        target: what it is given.
        tick: seconds that all time stamps are multiples of.
        first: a frame of the source, whose colour tags are kept.
    """

    size: tuple[int, int]
    target: Target
    tick: Fraction
    first: av.VideoFrame

    def put_on(self, context: av.VideoCodecContext, *, enlarged: bool) -> None:
        """Set all of it; what values mean where the frames were converted, or what players would guess."""
        context.width, context.height = self.size
        context.pix_fmt, context.time_base = self.target.layout, self.tick
        first, coding = self.first, self.target.coding
        context.color_primaries, context.color_trc = int(first.color_primaries), int(first.color_trc)
        if coding.kind == "yuv":
            # What is not specified players guess by the size, which may be another one now.
            unknown = (0, UNSPECIFIED) if enlarged else (0,)
            known = int(first.colorspace) not in unknown
            context.colorspace = int(first.colorspace) if known else coding.matrix
            context.color_range = FULL if coding.full else LIMITED if not known else int(first.color_range)
        elif coding.kind == "gray":
            context.color_range = FULL if coding.full else LIMITED


def _display_matrix(frame: av.VideoFrame) -> list[int] | None:
    """How a player turns the picture, as the container says it."""
    kept: Any = frame.side_data  # PyAV's own types tell of motion vectors alone
    for found in kept:
        if found.type.name == "DISPLAYMATRIX":
            return list(struct.unpack("<9i", bytes(memoryview(found))[:36]))
    return None
