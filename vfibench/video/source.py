"""Frames as they are decoded, each with its exact time stamp, and what else the file holds, as packets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import av
from av.stream import Stream

from vfibench.errors import VfibenchError
from vfibench.frames.files import SUFFIXES
from vfibench.frames.folders import frame_names
from vfibench.video.colour import FULL, Coding, coding_of
from vfibench.video.library import exact

if TYPE_CHECKING:
    from PIL import Image

INDEXED = ("mov", "matroska")
"""Containers where a seek finds the key frame before a time; others are decoded from their beginning."""
ANIMATIONS = (".gif", ".webp", ".apng")
"""What Pillow reads frame by frame, with each frame's duration."""


REORDERED = 16
"""Frames by which a time stamp may be late and is taken for one of another order, as AVI and MPEG-PS have."""


@dataclass(frozen=True)
class Picture:
    """A frame of the source.

    Attributes:
        number: from 0, in the order in which frames are shown.
        frame: as decoded; its planes are not to be written to.
        stamp: when it is shown, in seconds.
        duration: for how long, in seconds, 0 where the file does not say.
        file: the picture file it was read from, None for a frame of a video.
    """

    number: int
    frame: av.VideoFrame
    stamp: Fraction
    duration: Fraction
    file: Path | None = None


@dataclass(frozen=True)
class Copied:
    """A packet of sound, subtitles or data, which goes through as it is."""

    packet: av.Packet[Stream]
    stream: Stream


Item = Picture | Copied


@dataclass(frozen=True)
class Clip:
    """A part of a source.

    Attributes:
        start, end: in seconds, None for the whole; frames from `start` up to `end`, which is not included.
        frames: at most so many frames, None for all.
    """

    start: Fraction | None = None
    end: Fraction | None = None
    frames: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self == Clip()

    def begun(self, time: Fraction) -> bool:
        """Whether the part has begun at a time."""
        return self.start is None or time >= self.start

    def over(self, time: Fraction) -> bool:
        """Whether the part is over at a time."""
        return self.end is not None and time >= self.end


@dataclass
class Notes:
    """What was met on the way that a user should know, each once."""

    told: dict[str, None] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Keep a line."""
        self.told[line] = None


class Source(Protocol):
    """Where frames come from.

    Attributes:
        path: what was given.
        rate: frames per second on average, None where the source does not say.
        count: number of frames as the file says, None where it does not.
        streams: the streams whose packets are among the items.
        notes: what a user should know.
    """

    path: Path
    rate: Fraction | None
    count: int | None
    streams: list[Stream]
    notes: Notes

    def items(self) -> Iterator[Item]:
        """Frames in the order they are shown, other packets between them.

        Raises:
            VfibenchError: damage, or frames of another size than the first.
        """

    def close(self) -> None:
        """Let go of the file."""


class VideoSource:
    """A video file; see `Source`."""

    def __init__(self, path: Path, clip: Clip) -> None:
        self.path = path
        self.notes = Notes()
        self._clip = clip
        try:
            self.container = av.open(str(path), metadata_errors="replace")
        except (av.FFmpegError, OSError) as error:
            raise VfibenchError(f"expected a video, found {path}: {_reason(error)}") from error
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
        if not clip.whole and len(self.container.streams) > 1:
            self.notes.add("sound and subtitles are left out of a part of a video")
        base = exact(self.stream.time_base) or Fraction(0)
        self._origin = (self.stream.start_time or 0) * base
        if self._clip.start and self.container.format.name.startswith(INDEXED):
            self.container.seek(int((self._clip.start + self._origin) * av.time_base), backward=True)

    def items(self) -> Iterator[Item]:
        """See `Source`."""
        taken = 0
        last: Picture | None = None
        for item in self._decoded():
            if isinstance(item, Copied):
                yield item
                continue
            picture = self._placed(item, taken, last)
            time = picture.stamp - self._origin
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
                reason = _reason(error)
                continue
            yield from (frame for frame in frames if isinstance(frame, av.VideoFrame))
        if damaged:
            self.notes.add(
                f"damaged packets that could not be decoded: {damaged} ({reason}); their frames are missing"
            )

    def _packets(self) -> Iterator[av.Packet[Stream]]:
        """Those of the wanted streams, and an empty one at the end that asks for the last frames."""
        try:
            yield from self.container.demux(self.stream, *self.streams)
        except av.FFmpegError as error:
            self.notes.add(f"the file is damaged ({_reason(error)}): what lies behind is missing")

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
            _check_alike(last.frame, frame, number, self.path)
        return Picture(number, frame, stamp, duration)

    def close(self) -> None:
        """See `Source`."""
        with suppress(av.FFmpegError):
            self.container.close()


class FolderSource:
    """A folder of pictures in the order of their names; see `Source`."""

    def __init__(self, path: Path, rate: Fraction, clip: Clip) -> None:
        self.path = path
        self.rate: Fraction | None = rate
        self.notes = Notes()
        self.streams: list[Stream] = []
        files = [path / name for name in frame_names(path, SUFFIXES).frames]
        if not files:
            raise VfibenchError(f"expected a folder of pictures, found none in {path}")
        times = [number / rate for number in range(len(files))]
        part = [
            file for file, time in zip(files, times, strict=True) if clip.begun(time) and not clip.over(time)
        ]
        self._files = part[: clip.frames]
        self.count: int | None = len(self._files)

    def items(self) -> Iterator[Item]:
        """See `Source`."""
        assert self.rate is not None
        first: av.VideoFrame | None = None
        for number, file in enumerate(self._files):
            frame = _read_picture(file)
            first = first or frame
            _check_alike(first, frame, number, file)
            yield Picture(number, frame, number / self.rate, 1 / self.rate, file)

    def close(self) -> None:
        """See `Source`."""


class AnimationSource:
    """An animated GIF, WebP or PNG, read by Pillow; see `Source`."""

    def __init__(self, path: Path, clip: Clip) -> None:
        from PIL import Image

        self.path = path
        self.notes = Notes()
        self.streams: list[Stream] = []
        self._clip = clip
        try:
            self._image = Image.open(path)
        except OSError as error:
            raise VfibenchError(f"expected an animation, found {path}: {_reason(error)}") from error
        self.count: int | None = getattr(self._image, "n_frames", 1)
        durations = [_shown_for(image) for image in self._images()]
        self.rate: Fraction | None = len(durations) / sum(durations, Fraction(0))

    def items(self) -> Iterator[Item]:
        """See `Source`."""
        import numpy as np

        mode, layout = ("RGBA", "rgba") if self._image.has_transparency_data else ("RGB", "rgb24")
        stamp, taken = Fraction(0), 0
        for image in self._images():
            pixels = np.asarray(image.convert(mode))
            duration = _shown_for(image)
            begins = stamp
            stamp += duration
            if not self._clip.begun(begins):
                continue
            if self._clip.over(begins) or taken == self._clip.frames:
                return
            yield Picture(taken, planar(av.VideoFrame.from_ndarray(pixels, layout)), begins, duration)
            taken += 1

    def _images(self) -> Iterator[Image.Image]:
        from PIL import ImageSequence

        for image in ImageSequence.Iterator(self._image):
            image.load()  # a WebP knows its durations by then
            yield image

    def close(self) -> None:
        """See `Source`."""
        self._image.close()


def open_source(path: Path, in_fps: Fraction | None, clip: Clip) -> Source:
    """A video file, a folder of pictures, or an animation.

    Raises:
        VfibenchError: there is none, or a folder without --in-fps.
    """
    if path.is_dir():
        if in_fps is None:
            raise VfibenchError("expected --in-fps with a folder of pictures", "such as: --in-fps 25")
        return FolderSource(path, in_fps, clip)
    if in_fps is not None:
        raise VfibenchError(f"expected --in-fps with a folder of pictures alone, found {path}")
    if not path.exists():
        raise VfibenchError(f"expected a video or a folder of pictures, found nothing at {path}")
    if path.suffix.lower() in ANIMATIONS:
        return AnimationSource(path, clip)
    return VideoSource(path, clip)


def usual_step(rate: Fraction | None) -> Fraction:
    """Seconds from one frame to the next, of a source that may not say its rate."""
    return 1 / rate if rate else Fraction(1, 25)


def planar(frame: av.VideoFrame, coding: Coding | None = None) -> av.VideoFrame:
    """The frame with a plane per component: itself, or the same values in another layout."""
    wanted = (coding or coding_of(frame)).pixel_format
    if frame.format.name == wanted:
        return frame
    # The values of "yuvj" are the same: its name alone says that they are full range.
    return converted(frame, wanted, FULL if frame.format.name.startswith("yuvj") else None)


def converted(frame: av.VideoFrame, pixel_format: str, level: int | None = None) -> av.VideoFrame:
    """The frame in another pixel format, by FFmpeg's scaler, on one thread.

    On several threads it has been seen to lose rows of chroma now and then (PyAV 18.1 with FFmpeg 8.1,
    P010 to planes).

    Args:
        level: the range of both, as FFmpeg counts it; None where neither is YUV of another range.
    """
    return frame.reformat(format=pixel_format, src_color_range=level, dst_color_range=level, threads=1)


def _read_picture(file: Path) -> av.VideoFrame:
    try:
        with av.open(str(file)) as container:
            frame = next(container.decode(video=0))
    except (av.FFmpegError, OSError, StopIteration) as error:
        raise VfibenchError(f"expected a picture, found {file}: {_reason(error)}") from error
    assert isinstance(frame, av.VideoFrame)
    return planar(frame)


def _check_alike(first: av.VideoFrame, frame: av.VideoFrame, number: int, path: Path) -> None:
    expected, found = ((one.width, one.height, one.format.name) for one in (first, frame))
    if expected != found:
        raise VfibenchError(
            f"expected frames of {expected[0]}x{expected[1]} in {expected[2]}, found frame {number} of "
            f"{found[0]}x{found[1]} in {found[2]} in {path}",
            "split the video there, and interpolate the parts",
        )


def _shown_for(image: Image.Image) -> Fraction:
    """Seconds; a tenth, as browsers have it, where the file says 0."""
    return Fraction(image.info.get("duration", 0) or 100).limit_denominator(1000) / 1000


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & stream.disposition.__class__.attached_pic)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error) or type(error).__name__
