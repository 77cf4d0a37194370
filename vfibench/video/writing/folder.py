"""A folder of numbered PNG files."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import av

from vfibench.store.album import spoilt
from vfibench.video.colour import Coding
from vfibench.video.reading.source import Copied, Picture
from vfibench.video.writing.painter import Painter, Target, shaped
from vfibench.video.writing.sink import Boundary, Output


class FolderSink:
    """A folder of numbered PNG files, 8 bits or 16; see `Sink`."""

    def __init__(
        self, path: Path, first: Picture, coding: Coding, scale: int = 1, *, keep: bool = False
    ) -> None:
        deep = coding.bits > 8
        kind = "gbrap" if coding.alpha else "gbrp"
        self._layout = ("rgba64be" if deep else "rgba") if coding.alpha else ("rgb48be" if deep else "rgb24")
        target = Target(Coding(kind + "16le" if deep else kind, 0, True), self._layout)
        self._painter = Painter(coding, target, shaped(first.frame, scale))
        self._folder = path
        self._number = 0
        path.mkdir(parents=True, exist_ok=True)
        there = {file.name for file in path.glob("[0-9]" * 8 + ".png")}
        self.done = _whole(path, there) if keep else 0
        for name in there if not keep else ():  # of an output that is overwritten
            (path / name).unlink()
        self._encoder = av.CodecContext.create("png", "w")
        assert isinstance(self._encoder, av.VideoCodecContext)
        self._encoder.width, self._encoder.height = scale * first.frame.width, scale * first.frame.height
        self._encoder.pix_fmt = self._layout
        self._encoder.time_base = Fraction(1, 25)
        self.about = f"PNG, {self._layout}"

    def write(self, item: Output | Copied | Boundary) -> None:
        """See `Sink`."""
        if not isinstance(item, Output):
            return
        file = self._folder / f"{item.number:08d}.png"
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


def _whole(folder: Path, there: set[str]) -> int:
    """How many pictures in a row are there and whole; the last ones may not be, after a power cut."""
    for number in range(len(there) + 1):
        name = f"{number:08d}.png"
        if name not in there or spoilt(folder / name):
            return number
    return len(there)
