"""A video in segments, each encoded by itself, so that an interrupted one goes on after the last whole one.

Segments are files of encoded packets. At the end they are put into the container without encoding anything
again, with sound and all else from the source.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import av

from vfibench.video.reading.source import Copied
from vfibench.video.writing.resuming import parts_of
from vfibench.video.writing.sink import Boundary, Output
from vfibench.video.writing.video_file import VideoSink

FRAMES = 240
"""Output frames of a segment, at least; about as often encoders begin anew by themselves."""
RECORD = struct.Struct("<qqqBI")
"""Of a packet: time stamp, decoding time, duration, whether it is a key frame, and bytes that follow."""
NONE = -(2**63)
"""A decoding time that is not known."""


class SegmentedSink:
    """A video file made of segments; see `Sink`.

    Args:
        output: the file.
        whole: what segments are put into at the end, at a path of its own.
        copies: gives the packets of sound and subtitles.

    Attributes:
        done: frames in finished segments.
        finished: to be set before `close` where no frame is missing at the end.
    """

    def __init__(self, output: Path, whole: VideoSink, copies: Iterator[Copied]) -> None:
        self._output, self._whole, self._copies = output, whole, copies
        self._folder = parts_of(output)
        for torn in self._folder.glob("*.part"):
            torn.unlink()
        self._finished = finished_segments(self._folder)
        self.done = sum(frames for _, frames in self._finished)
        self.about = f"{whole.about}, in segments of {FRAMES} frames"
        self.finished = False
        self._context: av.VideoCodecContext | None = None
        self._file: IO[bytes] | None = None
        self._frames = 0

    def write(self, item: Output | Copied | Boundary) -> None:
        """See `Sink`; packets of sound come from the source at the end."""
        if isinstance(item, Boundary):
            self._end_segment()
        elif isinstance(item, Output):
            if self._context is None or self._file is None:
                self._context = self._whole.new_encoder()
                self._file = self._part.open("wb")
            frame = self._whole.timed(item)
            self._store([*self._context.encode(frame)])
            self._frames += 1

    @property
    def _part(self) -> Path:
        return self._folder / f"{len(self._finished):06d}.part"

    def _store(self, packets: list[av.Packet[Any]]) -> None:
        assert self._file is not None
        for packet in packets:
            duration = self._whole.duration_of(packet)
            dts = NONE if packet.dts is None else packet.dts
            data = bytes(packet)
            self._file.write(RECORD.pack(packet.pts, dts, duration, packet.is_keyframe, len(data)) + data)

    def _flush(self) -> None:
        if self._context is not None and self._file is not None:
            try:
                self._store([*self._context.encode(None)])
            finally:
                self._file.close()
                self._context = self._file = None

    def _end_segment(self) -> None:
        if self._frames:
            part = self._part
            self._flush()
            whole = self._folder / f"{len(self._finished):06d}.{self._frames}.packets"
            part.replace(whole)
            self._finished.append((whole, self._frames))
            self._frames = 0

    def close(self) -> None:
        """Put all segments, and what there is of an unfinished one, into the file."""
        files = [file for file, _ in self._finished]
        try:
            if self._frames:
                files.append(self._part)
                self._flush()
        finally:
            self._whole.join(_packets(files), self._copies, all_of_it=self.finished)
            with suppress(FileNotFoundError):
                self._whole.path.replace(self._output)


def finished_segments(folder: Path) -> list[tuple[Path, int]]:
    """Those in a row from the first one on: (file, frames) each.

    >>> finished_segments(Path("."))
    []
    """
    found = []
    for number in range(1_000_000):
        files = sorted(folder.glob(f"{number:06d}.*.packets"))
        if not files:
            break
        found.append((files[0], int(files[0].name.split(".")[1])))
    return found


def _packets(files: list[Path]) -> Iterator[av.Packet[Any]]:
    for file in files:
        with file.open("rb") as stream:
            while len(head := stream.read(RECORD.size)) == RECORD.size:
                pts, dts, duration, key, size = RECORD.unpack(head)
                data = stream.read(size)
                if len(data) < size:
                    return
                packet: av.Packet[Any] = av.Packet(data)
                packet.pts, packet.dts, packet.duration = pts, None if dts == NONE else dts, duration
                packet.is_keyframe = bool(key)
                yield packet
