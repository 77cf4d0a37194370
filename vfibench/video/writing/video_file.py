"""A video file, with everything else that the source held."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from vfibench.video.colour import Coding
from vfibench.video.reading.source import Copied, Picture, Source
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.writing.containers import opened, removed_if_refused
from vfibench.video.writing.encoders import Encoder
from vfibench.video.writing.hdr import with_hdr
from vfibench.video.writing.look import Look, display_matrix
from vfibench.video.writing.others import Others
from vfibench.video.writing.painter import Painter, Target, shaped, target_for
from vfibench.video.writing.sink import Boundary, Output

MP4S = ("mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v", "ismv")


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
        self._durations: dict[int, int] = {}  # in ticks, by time stamp
        self._first: int | None = None  # of what was written, in ticks
        self._end = 0
        self._begin: int | None = None  # when the first packet is decoded
        self._others: Others | None = None
        self._slow, self._shift = slow, shift
        self._next_copy: Copied | None = None
        self.path = path
        encoder = with_hdr(encoder, first.frame, source.notes)
        target = target_for(encoder, coding, first.frame, source.notes)
        like = shaped(first.frame, scale)
        self._painter = Painter(coding, target, like)
        self._container = opened(path)
        self._tick = tick
        self._is_mp4 = self._container.format.name in MP4S
        what = f"{encoder.name} does not take {like.width}x{like.height} pixels of {target.layout}"
        with removed_if_refused(path, self._container, what):
            self._open(encoder, source, first, target, rate, same_time)
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
            self._scale > 1,
        )
        self._look.put_on(context)
        stream.time_base = self._tick
        if isinstance(source, VideoSource):
            if source.stream.sample_aspect_ratio:
                context.sample_aspect_ratio = source.stream.sample_aspect_ratio
            if (matrix := display_matrix(first.frame)) is not None:
                stream.set_display_matrix(matrix)
            self._others = Others(self._container, source, same_time, self._slow, self._shift, source.notes)
        self._stream = stream
        self._container.start_encoding()
        if unknown := set(context.options) & set(encoder.options):
            raise ValueError(f"it has no option {', '.join(sorted(unknown))}")

    def new_encoder(self) -> av.VideoCodecContext:
        """One like that of the file, for a segment of its own."""
        mine = self._stream.codec_context
        context = av.CodecContext.create(self._encoder.name, "w")
        assert isinstance(context, av.VideoCodecContext)
        self._look.put_on(context)
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
            if self._others is not None:
                self._others.end()
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
            time = None if self._others is None else self._others.time_of(copied)
            if time is not None and time > ticks * self._tick:
                return
            self._next_copy = None
            self.write(copied)

    def write(self, item: Output | Copied | Boundary) -> None:
        """See `Sink`."""
        if isinstance(item, Boundary):
            return
        if isinstance(item, Copied):
            if self._others is not None:
                self._others.take(item)
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
            if self._others is not None:
                self._others.end()
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
