"""Whether a JPEG holds all that its picture is made of, which its decoder does not say."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from vfibench.frames.png import Broken

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

PROGRESSIVE, END = b"\xff\xc2", b"\xff\xd9"
MORE = b"\xaa" * 400
"""Bits that would be taken for blocks: they changed all of 807 cut pictures, where zeros changed 706."""


def check_scan(jpeg: bytes, pixels: UInt8Array) -> None:
    """Make sure that a JPEG that has its end also has all before it.

    libjpeg fills what is missing with grey. Then more bytes before the end mark would be read as blocks and
    change the picture; after a whole scan they are skipped. The second decoding is made only where the last
    pixel is as grey as missing ones are, or where scans refine one another.

    Args:
        jpeg: the file.
        pixels: [H, W, 3] uint8 RGB, as Pillow decoded it.

    Raises:
        Broken: something is missing.
    """
    import numpy as np
    from PIL import Image

    progressive = PROGRESSIVE in jpeg
    brightness = float(pixels[-1, -1] @ np.array([0.299, 0.587, 0.114]))
    if not progressive and abs(brightness - 128) > 2:
        return
    end = jpeg.rfind(END)
    try:
        with Image.open(BytesIO(jpeg[:end] + MORE + jpeg[end:])) as image:
            same = np.array_equal(np.array(image.convert("RGB")), pixels)
    except OSError:  # more bytes made it fail: they were wanted
        same = False
    if not same:
        raise Broken("its pixels end early")
