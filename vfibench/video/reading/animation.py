"""An animated GIF, WebP or PNG as a source of frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.stream import Stream

from vfibench.errors import VfibenchError
from vfibench.video.layouts import planar
from vfibench.video.reading.source import Clip, Item, Notes, Picture, reason

if TYPE_CHECKING:
    from PIL import Image

ANIMATIONS = (".gif", ".webp", ".apng")
"""What Pillow reads frame by frame, with each frame's duration."""


class AnimationSource:
    """An animated GIF, WebP or PNG, read by Pillow; see `Source`."""

    def __init__(self, path: Path, clip: Clip) -> None:
        from PIL import Image

        self.path = path
        self.origin = Fraction(0)
        self.notes = Notes()
        self.streams: list[Stream] = []
        self._clip = clip
        try:
            self._image = Image.open(path)
        except OSError as error:
            raise VfibenchError(f"expected an animation, found {path}: {reason(error)}") from error
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


def _shown_for(image: Image.Image) -> Fraction:
    """Seconds; a tenth, as browsers have it, where the file says 0."""
    return Fraction(image.info.get("duration", 0) or 100).limit_denominator(1000) / 1000
