"""A video in segments, each encoded by itself, so that an interrupted one goes on after the last whole one.

Segments are files of encoded packets. At the end they are put into the container without encoding anything
again, with sound and all else from the source.
"""

from __future__ import annotations

import os
import struct
import zlib
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
RECORD = struct.Struct("<qqBI")
"""Of a packet: time stamp, duration, whether it is a key frame, and bytes that follow."""
TRAILER = struct.Struct("<4sI")
"""At the end of a finished segment: `MARK`, and the CRC-32 of all before; shorter than a record."""
MARK = b"vfi1"


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
        self._frames = self._sum = 0

    def write(self, item: Output | Copied | Boundary) -> None:
        """See `Sink`; packets of sound come from the source at the end."""
        if isinstance(item, Boundary):
            self._end_segment()
        elif isinstance(item, Output):
            if self._context is None or self._file is None:
                self._context = self._whole.new_encoder()
                self._file = self._part.open("wb")
                self._sum = 0
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
            data = bytes(packet)
            record = RECORD.pack(packet.pts, duration, packet.is_keyframe, len(data)) + data
            self._sum = zlib.crc32(record, self._sum)
            self._file.write(record)

    def _flush(self) -> None:
        if self._context is not None and self._file is not None:
            try:
                self._store([*self._context.encode(None)])
                self._file.write(TRAILER.pack(MARK, self._sum))
                self._file.flush()
                os.fsync(self._file.fileno())
            finally:
                self._file.close()
                self._context = self._file = None

    def _end_segment(self) -> None:
        if self._frames:
            part = self._part
            self._flush()
            whole = self._folder / f"{len(self._finished):06d}.{self._frames}.packets"
            part.replace(whole)
            with suppress(OSError):  # where folders cannot be opened, as on Windows
                _sync(self._folder)
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
            self._whole.join(_in_order(files), self._copies, all_of_it=self.finished)
            with suppress(FileNotFoundError):
                self._whole.path.replace(self._output)


def _sync(folder: Path) -> None:
    """Make sure that the names of a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def finished_segments(folder: Path) -> list[tuple[Path, int]]:
    """Those in a row from the first one on that are whole: (file, frames) each. Others are removed.

    >>> finished_segments(Path("."))
    []
    """
    found: list[tuple[Path, int]] = []
    for file in sorted(folder.glob("*.*.packets")):
        number, frames = file.name.split(".")[:2]
        if int(number) == len(found) and _is_whole(file):
            found.append((file, int(frames)))
        else:
            file.unlink()
    return found


def _is_whole(file: Path) -> bool:
    """Whether a segment ends as it was finished."""
    data = file.read_bytes()
    if len(data) < TRAILER.size:
        return False
    mark, found = TRAILER.unpack(data[-TRAILER.size :])
    return bool(mark == MARK and found == zlib.crc32(data[: -TRAILER.size]))


def _packets(files: list[Path]) -> Iterator[av.Packet[Any]]:
    for file in files:
        with file.open("rb") as stream:
            while len(head := stream.read(RECORD.size)) == RECORD.size:
                pts, duration, key, size = RECORD.unpack(head)
                packet: av.Packet[Any] = av.Packet(stream.read(size))
                packet.pts, packet.duration, packet.is_keyframe = pts, duration, bool(key)
                yield packet


def _stamps(files: list[Path]) -> Iterator[int]:
    """Time stamps of all packets in their order; what they hold is passed over."""
    for file in files:
        with file.open("rb") as stream:
            while len(head := stream.read(RECORD.size)) == RECORD.size:
                pts, _, _, size = RECORD.unpack(head)
                stream.seek(size, os.SEEK_CUR)
                yield pts


def _in_order(files: list[Path]) -> Iterator[av.Packet[Any]]:
    """Packets with decoding times that rise over all segments.

    Each encoder begins before its first frame by what it needs to reorder, in steps of its own; where the
    rate changes these times may lie before the last one's. All are set anew: the n-th packet is decoded when
    the (n - delay)-th frame is shown, the delay being the smallest that decodes none too late.
    """
    shown = list(_stamps(files))
    order = sorted(shown)
    rank = {pts: place for place, pts in enumerate(order)}
    delay = max((place - rank[pts] for place, pts in enumerate(shown)), default=0)
    step = max(1, order[1] - order[0]) if len(order) > 1 else 1
    for place, packet in enumerate(_packets(files)):
        early = place - delay
        packet.dts = order[early] if early >= 0 else order[0] + early * step
        yield packet
