"""What is compared: videos, animations, folders of pictures, and the saved images of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from vfibench.frames.folders import named_folder
from vfibench.video.colour import coding_of, planes_of, to_levels
from vfibench.video.comparing.saved import SavedImages, is_saved
from vfibench.video.layouts import planar
from vfibench.video.reading.opening import open_source
from vfibench.video.reading.source import Clip, Picture, usual_step

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

USUAL_RATE = Fraction(25)
"""Frames per second of pictures that have no times of their own."""


@dataclass(frozen=True)
class Frame:
    """A frame of an input.

    Attributes:
        number: from 0, in the order in which frames are shown.
        stamp: when it is shown, in seconds from the input's first frame, or from the beginning of the part.
        end: until when.
        pixels: [H, W, 3] uint8 RGB, the right way up.
    """

    number: int
    stamp: Fraction
    end: Fraction
    pixels: UInt8Array


class Input(Protocol):
    """Something that has frames, which can be gone through again and again.

    Attributes:
        name: unique among those that are compared.
        rate: frames per second on average.
        count: number of frames, None where it is not known before.
    """

    @property
    def name(self) -> str:
        """See the class."""

    @property
    def rate(self) -> Fraction:
        """See the class."""

    @property
    def count(self) -> int | None:
        """See the class."""

    def frames(self, clip: Clip) -> Iterator[Frame]:
        """The frames of a part, in order.

        Raises:
            VfibenchError: the input is damaged, or its frames are not alike.
        """


@dataclass(frozen=True)
class VideoInput:
    """A video, an animation or a folder of pictures; see `Input`."""

    name: str
    path: Path
    rate: Fraction
    count: int | None

    def frames(self, clip: Clip) -> Iterator[Frame]:
        """See `Input`."""
        source = open_source(self.path, self.rate if self.path.is_dir() else None, clip)
        try:
            pictures = (item for item in source.items() if isinstance(item, Picture))
            begin = None if clip.start is None else source.origin + clip.start
            yield from _upright(pictures, self.rate, begin)
        finally:
            source.close()


def _upright(pictures: Iterator[Picture], rate: Fraction, begin: Fraction | None) -> Iterator[Frame]:
    """Each picture with the time of the next one as its end, turned as a player turns it.

    Times count from `begin`, so that parts of inputs begin together; from the first picture where it is None.
    """
    waiting: Picture | None = None
    for picture in pictures:
        begin = picture.stamp if begin is None else begin
        if waiting is not None:
            yield _frame(waiting, begin, picture.stamp)
        waiting = picture
    if waiting is not None and begin is not None:
        yield _frame(waiting, begin, waiting.stamp + (waiting.duration or usual_step(rate)))


def _frame(picture: Picture, begin: Fraction, end: Fraction) -> Frame:
    frame = picture.frame
    coding = coding_of(frame)
    pixels = to_levels(planes_of(planar(frame, coding)), coding)
    turned = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))
    return Frame(picture.number, picture.stamp - begin, end - begin, turned)


@dataclass(frozen=True)
class SavedInput:
    """The saved images of a method in a run, in the order of its samples; see `Input`."""

    name: str
    images: SavedImages
    rate: Fraction

    @property
    def count(self) -> int | None:
        """See `Input`."""
        return len(self.images.files)

    def frames(self, clip: Clip) -> Iterator[Frame]:
        """See `Input`."""
        from vfibench.frames.files import read_interleaved

        taken = 0
        for number, file in enumerate(self.images.files):
            stamp = number / self.rate
            if not clip.begun(stamp):
                continue
            if clip.over(stamp) or taken == clip.frames:
                return
            pixels = read_interleaved(file)
            shown = stamp - (clip.start or 0)
            yield Frame(taken, shown, shown + 1 / self.rate, pixels)
            taken += 1


def open_inputs(words: Sequence[str], rate: Fraction | None) -> list[Input]:
    """Each word with "PATH", "PATH=NAME", "RUN:METHOD" or "RUN:METHOD=NAME"; names are made different.

    Args:
        words: as on the command line.
        rate: frames per second of folders of pictures and of saved images, None for 25.

    Raises:
        VfibenchError: there is nothing, or no frame, at one of them.
    """
    found = [_opened(word, rate) for word in words]
    many = Counter(one.name for one in found)
    seen: Counter[str] = Counter()
    for place, one in enumerate(found):
        if many[one.name] > 1:
            seen[one.name] += 1
            found[place] = replace(one, name=f"{one.name} ({seen[one.name]})")
    return list(found)


def _opened(word: str, rate: Fraction | None) -> VideoInput | SavedInput:
    if is_saved(word):
        images = SavedImages.of(word)
        return SavedInput(images.name, images, rate or USUAL_RATE)
    path, name = named_folder(word)
    in_fps = (rate or USUAL_RATE) if path.is_dir() else None
    source = open_source(path, in_fps, Clip())
    source.close()
    return VideoInput(name, path, source.rate or USUAL_RATE, source.count)
