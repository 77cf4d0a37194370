"""A folder of pictures as a source of frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Stream

from vfibench.errors import VfibenchError
from vfibench.frames.files import SUFFIXES
from vfibench.frames.folders import frame_names
from vfibench.video.layouts import planar
from vfibench.video.reading.source import Clip, Item, Notes, Picture, check_alike, reason


class FolderSource:
    """A folder of pictures in the order of their names; see `Source`."""

    def __init__(self, path: Path, rate: Fraction, clip: Clip) -> None:
        self.path = path
        self.rate: Fraction | None = rate
        self.origin = Fraction(0)
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
            check_alike(first, frame, number, file)
            yield Picture(number, frame, number / self.rate, 1 / self.rate, file)

    def close(self) -> None:
        """See `Source`."""


def _read_picture(file: Path) -> av.VideoFrame:
    try:
        with av.open(str(file)) as container:
            frame = next(container.decode(video=0))
    except (av.FFmpegError, OSError, StopIteration) as error:
        raise VfibenchError(f"expected a picture, found {file}: {reason(error)}") from error
    assert isinstance(frame, av.VideoFrame)
    return planar(frame)
