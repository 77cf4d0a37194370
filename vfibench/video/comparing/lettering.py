"""Names and numbers written on pictures, light on a darkened box, so that they can be read on anything."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

SMALLEST, SHARE = 12, 20
"""Pixels of the letters: so many, or a part of the picture's height."""
SHADE = 0.3
"""Of the picture's own brightness that is left behind letters."""


def letter_size(height: int) -> int:
    """Pixels of letters on a picture of this height.

    >>> letter_size(120), letter_size(1080)
    (12, 54)
    """
    return max(SMALLEST, height // SHARE)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=512)
def lettering(text: str, size: int) -> npt.NDArray[np.float32]:
    """How much of each pixel a line of text covers, [h, w] in [0, 1], with a margin."""
    font = _font(size)
    left, top, right, bottom = font.getbbox(text or " ")
    ascent = font.getbbox("Ágj")
    margin = max(2, size // 4)
    width = int(right - min(left, 0)) + 2 * margin
    height = int(max(bottom, ascent[3]) - min(top, ascent[1])) + 2 * margin
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).text((margin, margin - min(top, ascent[1])), text, fill=255, font=font)
    return np.asarray(image, np.float32) / np.float32(255)


def fitting(text: str, size: int, width: int) -> str:
    """The text, its end cut where it is too wide."""
    while len(text) > 1 and lettering(text, size).shape[1] > width:
        text = text[:-2].rstrip() + "…"
    return text


def write(picture: UInt8Array, text: str, size: int, *, right: bool = False, bottom: bool = False) -> None:
    """Write a line of text into a corner of a picture [H, W, 3], in place.

    Args:
        picture: written to.
        text: one line; its end is cut where the picture is too narrow.
        size: of the letters, in pixels.
        right, bottom: the corner.
    """
    height, width = picture.shape[:2]
    cover = lettering(fitting(text, size, width), size)[:height, :width, None]
    rows = slice(height - cover.shape[0], height) if bottom else slice(0, cover.shape[0])
    columns = slice(width - cover.shape[1], width) if right else slice(0, cover.shape[1])
    shaded = picture[rows, columns] * SHADE
    picture[rows, columns] = np.rint(shaded + (255 - shaded) * cover).astype(np.uint8)
