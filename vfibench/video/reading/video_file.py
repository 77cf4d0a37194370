"""A video file as a source of frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Stream

from vfibench.errors import VfibenchError
from vfibench.video.library import exact
from vfibench.video.reading.source import Clip, Copied, Item, Notes, Picture, check_alike, reason, usual_step

INDEXED = ("mov", "matroska")
"""Containers where a seek finds the key frame before a time; others are decoded from their beginning."""
REORDERED = 16
"""Frames by which a time stamp may be late and is taken for one of another order, as AVI and MPEG-PS have."""


class VideoSource:
    """A video file; see `Source`."""

    def __init__(self, path: Path, clip: Clip) -> None:
        self.path = path
        self.notes = Notes()
        self._clip = clip
        try:
            self.container = av.open(str(path), metadata_errors="replace")
        except (av.FFmpegError, OSError) as error:
            raise VfibenchError(f"expected a video, found {path}: {reason(error)}") from error
        pictures = [one for one in self.container.streams.video if not _is_cover(one)]
        if not pictures:
            kinds = " and ".join(sorted({one.type for one in self.container.streams})) or "nothing"
            raise VfibenchError(f"expected a video with pictures, found {kinds} alone in {path}")
        self.stream = pictures[0]
        self.stream.thread_type = "AUTO"
        self.rate = exact(self.stream.average_rate) or exact(self.stream.guessed_rate)
        self.count = self.stream.frames or None
        self.streams = [
            one for one in self.container.streams if one.type in ("audio", "subtitle") and clip.whole
        ]
        self.whole = clip.whole
        apart = [one for one in self.container.streams if one not in (self.stream, *self.streams)]
        left = Counter(
            "cover" if _is_cover(one) else one.type for one in apart if one.type in ("video", "data")
        )
        if left:
            told = ", ".join(f"{kind} ({count})" for kind, count in sorted(left.items()))
            self.notes.add(f"other streams are left out: {told}")
        if not clip.whole and len(self.container.streams) > 1:
            self.notes.add("sound and subtitles are left out of a part of a video")
        base = exact(self.stream.time_base) or Fraction(0)
        self.origin = (self.stream.start_time or 0) * base
        if self._clip.start and self.container.format.name.startswith(INDEXED):
            self.container.seek(int((self._clip.start + self.origin) * av.time_base), backward=True)

    def items(self) -> Iterator[Item]:
        """See `Source`."""
        taken = 0
        last: Picture | None = None
        for item in self._decoded():
            if isinstance(item, Copied):
                yield item
                continue
            picture = self._placed(item, taken, last)
            time = picture.stamp - self.origin
            if not self._clip.begun(time):
                continue
            if self._clip.over(time):
                return
            yield picture
            last, taken = picture, taken + 1
            if taken == self._clip.frames:
                return

    def _decoded(self) -> Iterator[av.VideoFrame | Copied]:
        damaged = 0
        for packet in self._packets():
            if packet.stream.index != self.stream.index:
                if packet.dts is not None:
                    yield Copied(packet, packet.stream)
                continue
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                damaged += 1
                told = reason(error)
                continue
            yield from (frame for frame in frames if isinstance(frame, av.VideoFrame))
        if damaged:
            self.notes.add(
                f"damaged packets that could not be decoded: {damaged} ({told}); their frames are missing"
            )

    def _packets(self) -> Iterator[av.Packet[Stream]]:
        """Those of the wanted streams, and an empty one at the end that asks for the last frames."""
        try:
            yield from self.container.demux(self.stream, *self.streams)
        except av.FFmpegError as error:
            self.notes.add(f"the file is damaged ({reason(error)}): what lies behind is missing")

    def _placed(self, frame: av.VideoFrame, number: int, last: Picture | None) -> Picture:
        """The frame with its time; one without a stamp follows the last one at the stream's rate."""
        if frame.is_corrupt:
            self.notes.add("the decoder marks frames as damaged: they are used as it gives them")
        base = exact(frame.time_base) or exact(self.stream.time_base) or Fraction(1, 90000)
        duration = frame.duration * base if frame.duration else Fraction(0)
        step = last.duration if last is not None and last.duration else usual_step(self.rate)
        if frame.pts is not None:
            stamp = frame.pts * base
        else:
            self.notes.add("some frames have no time stamp: they follow the frame before at the usual rate")
            stamp = last.stamp + step if last is not None else Fraction(0)
        if last is not None:
            if last.stamp - REORDERED * step < stamp <= last.stamp:
                self.notes.add("some time stamps did not rise: their frames follow at the usual rate")
                stamp = last.stamp + step
            elif stamp <= last.stamp:
                raise VfibenchError(
                    f"expected time stamps that rise, found {float(stamp):.3f} s after "
                    f"{float(last.stamp):.3f} s at frame {number} of {self.path}",
                    "write the file anew first, such as: ffmpeg -fflags +genpts -i IN -c copy OUT",
                )
            check_alike(last.frame, frame, number, self.path)
        return Picture(number, frame, stamp, duration)

    def close(self) -> None:
        """See `Source`."""
        with suppress(av.FFmpegError):
            self.container.close()


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & stream.disposition.__class__.attached_pic)
