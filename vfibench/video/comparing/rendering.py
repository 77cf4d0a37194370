"""Moments to a video or a folder of PNG files: pictures labelled, arranged, with errors and scores below."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image

from vfibench.video.comparing.errors import LIMIT, error_map
from vfibench.video.comparing.fitting import Size, fitted
from vfibench.video.comparing.layouts import BLINK, columns_of, divided, swept, tiled, up
from vfibench.video.comparing.lettering import letter_size, write
from vfibench.video.comparing.scores import COLUMNS, Scored, labelled
from vfibench.video.comparing.strip import Strip
from vfibench.video.comparing.timeline import Moment
from vfibench.video.flow import Drain
from vfibench.video.interpolating.times import words
from vfibench.video.writing.encoders import chosen_encoder
from vfibench.video.writing.look import tick_of
from vfibench.video.writing.places import is_folder
from vfibench.video.writing.rgb_video import RgbVideo

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array
    from vfibench.video.comparing.wish import Wish

BEHIND = 8  # pictures that wait for the encoder


class Sink(Protocol):
    """Takes (picture [H, W, 3], when it is shown, for how long).

    Attributes:
        about: what it writes, in words.
    """

    about: str

    def write(self, item: tuple[UInt8Array, Fraction, Fraction]) -> None:
        """Take one."""

    def close(self) -> None:
        """Finish."""


class PngFolder:
    """A folder of numbered PNG files; see `Sink`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("[0-9]" * 8 + ".png"):
            stale.unlink()
        self.about = "PNG files"
        self._folder, self._number = folder, 0

    def write(self, item: tuple[UInt8Array, Fraction, Fraction]) -> None:
        """See `Sink`."""
        Image.fromarray(item[0]).save(self._folder / f"{self._number:08d}.png", compress_level=3)
        self._number += 1

    def close(self) -> None:
        """See `Sink`."""


class Drawing:
    """Draws moments.

    Args:
        wish: layout, divider, labels, errors.
        names: of the inputs, the reference last where there is one.
        size: of each picture.
        scored: scores against the reference, None where there is none.

    Attributes:
        layout: the one that is drawn.
    """

    def __init__(self, wish: Wish, names: Sequence[str], size: Size, scored: Scored | None) -> None:
        self._wish, self._size = wish, size
        self._reference = scored.reference if scored else None
        self._names = labelled(names, self._reference)
        self.layout = wish.layout or ("side" if len(names) == 2 else "grid")
        self._letters = letter_size(size[1])
        self._strip: Strip | None = None
        if wish.strip and scored is not None:
            others = [n for n in range(len(names)) if n != self._reference]
            shown = [scored.scores[n] for n in others]
            width = self.draw(blank(len(names), size)).shape[1]
            named = [self._names[n] for n in others]
            self._strip = Strip(width, named, shown, COLUMNS, max(12, self._letters * 3 // 4))

    def draw(self, moment: Moment) -> UInt8Array:
        """One picture [H, W, 3] of even size."""
        pictures = [fitted(frame.pixels, self._size).copy() for frame in moment.frames]
        whole = self._arranged(moment, pictures)
        if self._strip is not None:
            whole = np.concatenate([whole, self._strip.at(moment.number)])
        height, width = whole.shape[:2]
        return np.pad(whole, ((0, height % 2), (0, width % 2), (0, 0)))

    def _arranged(self, moment: Moment, pictures: list[UInt8Array]) -> UInt8Array:
        if self.layout not in ("split", "blink"):
            cells = [self._cell(moment, pictures, place) for place in range(len(pictures))]
            return tiled(cells, columns_of(self.layout, len(cells)))
        maps = self._maps(moment, pictures)
        rows = [self._joined(moment, pictures, labels=True)]
        return np.concatenate([*rows, *([self._joined(moment, maps, labels=False)] if maps else [])])

    def _joined(self, moment: Moment, pictures: Sequence[UInt8Array], *, labels: bool) -> UInt8Array:
        """Two pictures as one, by the divider or in turns."""
        if self.layout == "blink":
            place = up(moment.stamp, 2)
            whole = pictures[place].copy()
            if labels:
                self._label(whole, self._names[place], moment, place)
            return whole
        share = swept(moment.stamp) if self._wish.divider is None else self._wish.divider
        whole = divided(pictures[:2], share)
        if labels and self._wish.labels:
            at = round(share * whole.shape[1])
            for place, part in enumerate((whole[:, :at], whole[:, at:])):
                if part.shape[1] > 2 * self._letters:
                    write(part, self._names[place], self._letters, right=place == 1)
            self._time(whole, moment, 0)
        return whole

    def _cell(self, moment: Moment, pictures: Sequence[UInt8Array], place: int) -> UInt8Array:
        picture = pictures[place]
        under = self._map(moment, pictures, place)
        if under is not None:
            picture = np.concatenate([picture, under])
        self._label(picture[: self._size[1]], self._names[place], moment, place)
        return picture

    def _label(self, picture: UInt8Array, name: str, moment: Moment, place: int) -> None:
        if self._wish.labels:
            write(picture, name, self._letters)
            self._time(picture, moment, place)

    def _time(self, picture: UInt8Array, moment: Moment, place: int) -> None:
        text = f"{moment.frames[place].number}  {float(moment.stamp):.3f} s"
        write(picture, text, self._letters, bottom=True)

    def _maps(self, moment: Moment, pictures: Sequence[UInt8Array]) -> list[UInt8Array]:
        found = [self._map(moment, pictures, place) for place in (0, 1)]
        return [one for one in found if one is not None]

    def _map(self, moment: Moment, pictures: Sequence[UInt8Array], place: int) -> UInt8Array | None:
        """The error of a picture, black for the reference; None where none is asked for."""
        if not self._wish.errors or self._reference is None:
            return None
        if not moment.same(place, self._reference):
            found = np.zeros_like(pictures[place])
            write(found, "no frame of the reference at this time", max(12, self._letters * 2 // 3))
            return found
        found = error_map(pictures[place], pictures[self._reference])
        if self._wish.labels and place != self._reference:
            write(found, f"error, black 0 to pale {LIMIT} of 255", max(12, self._letters * 2 // 3))
        return found


def blank(count: int, size: Size) -> Moment:
    """A moment of black pictures, to see how large a drawing is."""
    from vfibench.video.comparing.inputs import Frame

    black = np.zeros((size[1], size[0], 3), np.uint8)
    frame = Frame(0, Fraction(0), Fraction(1), black)
    return Moment(0, Fraction(0), Fraction(1), (frame,) * count)


def render_video(
    wish: Wish,
    shown: Callable[[], Iterator[Moment]],
    names: Sequence[str],
    size: Size,
    scored: Scored | None,
    rate: Fraction,
) -> str:
    """Write the video or the folder; what was written, in words.

    Raises:
        VfibenchError: the encoder or the container does not take it.
    """
    drawing = Drawing(wish, names, size, scored)
    height, width = drawing.draw(blank(len(names), size)).shape[:2]
    sink: Sink
    if is_folder(wish.output):
        sink = PngFolder(wish.output)
    else:
        encoder = chosen_encoder(wish.codec, wish.output, wish.crf, wish.preset, wish.options, "")
        sink = RgbVideo(wish.output, encoder, (width, height), rate, tick_of(1 / rate, Fraction(1, 1000)))
    drain = Drain(sink.write, BEHIND)
    try:
        for moment in shown():
            drain.put((drawing.draw(moment), moment.stamp, moment.duration))
    finally:
        try:
            drain.close()
        finally:
            sink.close()
    told = f"{drawing.layout}, {width}x{height}, {words(rate)} frames/s, {sink.about}"
    return f"{told}, each shown for {float(BLINK):g} s" if drawing.layout == "blink" else told
