"""Pictures of one frame as a page carries them: cut to its budget, encoded as data URIs.

A page holds its pictures itself: it loads nothing, and a canvas may read them back on file://. They are
lossless, so what a reader enlarges or exports is what was scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, features

from vfibench_reports.contents.picking import Contender
from vfibench_reports.kit.small_pictures import image_uri
from vfibench_reports.sample.heat_maps import heat_map
from vfibench_reports.sample.scenes import CROP, FramePictures, focus

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

BUDGET = 2_600_000  # characters of all pictures of a page: it stays below 2.8 MB with all else
WANTED = 4  # methods a page shows whole, or a window small enough for them
LARGEST_WEBP = 16383  # pixels a side
OVERVIEW = 320  # width of the picture that tells where a window lies


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture, in its pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, pixels: UInt8Array) -> UInt8Array:
        """[H, W, 3] to [height, width, 3], a view."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True)
class Shown:
    """A method's pictures as data URIs."""

    contender: Contender
    picture: str
    absolute: str
    signed: str

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.picture) + len(self.absolute) + len(self.signed)


@dataclass(frozen=True)
class Encoded:
    """What a page shows of a scene.

    Attributes:
        window: the part of the pictures that is shown.
        before, after, truth: data URIs.
        methods: those that fit, best first.
        absent: (name, reason) of the others.
    """

    window: Window
    before: str
    after: str
    truth: str
    methods: tuple[Shown, ...]
    absent: tuple[tuple[str, str], ...]


def encode(scene: FramePictures, budget: int = BUDGET) -> Encoded:
    """The pictures of a page, within its budget.

    Of large pictures a window is shown, where methods differ most, so that the best `WANTED` methods fit;
    methods beyond the budget are left out, the worst first.

    Args:
        scene: the pictures.
        budget: characters of all data URIs together.
    """
    window, (x, y) = whole(scene.truth), focus(scene)
    truth = data_uri(_image(scene.truth))
    wanted = min(WANTED, len(scene.made))
    # A method is its picture, about as large as the ground truth, and two heat maps of about half that.
    needed = len(truth) * (3 + 1.5 * wanted)
    if needed > budget:
        window = around(window, x, y, (budget / needed) ** 0.5)
    while True:
        found = _encode(scene, window, budget)
        if len(found.methods) >= wanted or min(window.width, window.height) <= CROP:
            return found
        window = around(window, x, y, 0.9)


def _encode(scene: FramePictures, window: Window, budget: int) -> Encoded:
    before, after, truth = (
        data_uri(_image(window.cut(pixels))) for pixels in (scene.before, scene.after, scene.truth)
    )
    found = Encoded(window, before, after, truth, (), scene.absent)
    left = budget - len(before) - len(after) - len(truth)
    for number, shown in enumerate(_methods(scene, window)):
        left -= shown.size
        if left < 0:
            out = tuple((contender.name, "no room on this page") for contender, _ in scene.made[number:])
            return replace(found, absent=scene.absent + out)
        found = replace(found, methods=(*found.methods, shown))
    return found


def _methods(scene: FramePictures, window: Window) -> Iterator[Shown]:
    """Methods one after the other, so that none is encoded once the budget is spent."""
    truth = window.cut(scene.truth)
    for contender, whole_picture in scene.made:
        pixels = window.cut(whole_picture)
        yield Shown(
            contender,
            data_uri(_image(pixels)),
            data_uri(heat_map("absolute", pixels, truth)),
            data_uri(heat_map("signed", pixels, truth)),
        )


def whole(pixels: UInt8Array) -> Window:
    """All of a picture [H, W, 3]."""
    return Window(0, 0, pixels.shape[1], pixels.shape[0])


def around(window: Window, x: int, y: int, share: float) -> Window:
    """A part of a window: both sides times `share`, in multiples of 16, (x, y) in the middle if possible."""
    width, height = (
        min(side, max(CROP, int(side * share) // 16 * 16)) for side in (window.width, window.height)
    )
    left = min(max(x - width // 2, window.left), window.left + window.width - width)
    top = min(max(y - height // 2, window.top), window.top + window.height - height)
    return Window(left, top, width, height)


def _image(pixels: UInt8Array) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels))


def data_uri(image: Image.Image) -> str:
    """The image without loss: as WebP, a quarter smaller than PNG on every kind of picture tried, or as PNG.

    PNG it is where this Pillow has no WebP, or for a picture that is too long for it.
    """
    stream = BytesIO()
    if features.check("webp") and max(image.size) <= LARGEST_WEBP:
        image.convert("RGB").save(stream, "WEBP", lossless=True, quality=60, method=4)
        return image_uri("webp", stream)
    image.save(stream, "PNG", compress_level=9)
    return image_uri("png", stream)


def thumbnail(pixels: UInt8Array, width: int) -> str:
    """A small JPEG of a picture [H, W, 3], to find one's way only."""
    image, stream = _image(pixels), BytesIO()
    size = (width, max(1, round(width * image.height / image.width)))
    (image.resize(size, Image.Resampling.LANCZOS) if width < image.width else image).save(
        stream, "JPEG", quality=80
    )
    return image_uri("jpeg", stream)


def left_out(absent: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """(reason, names) of contenders that a page does not show, each reason once."""
    found: dict[str, list[str]] = {}
    for name, reason in absent:
        found.setdefault(reason, []).append(name)
    return list(found.items())
