"""Pictures: reading and writing them."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

from vfibench.errors import VfibenchError
from vfibench.system.files import unwritable, whole

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array


PNG = b"\x89PNG\r\n\x1a\n"
RGB_8 = b"\x08\x02\x00\x00\x00"  # IHDR from byte 24: 8 bits, RGB, not interlaced
IEND = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def read_image(path: Path) -> UInt8Array:
    """Decode an image file.

    Returns:
        [3, H, W] uint8 RGB; a channel-first view of interleaved memory, so that a batch of them is
        channels_last without a copy. Grey and palette images are converted to RGB.

    Raises:
        VfibenchError: the file is missing, truncated or no image; the message names it.
    """
    import numpy as np
    from PIL import Image

    try:
        data = path.read_bytes()
        pixels = _plain_png(data)
        if pixels is None:
            with Image.open(BytesIO(data)) as image:
                pixels = np.array(image if image.mode == "RGB" else image.convert("RGB"))
    except FileNotFoundError as error:
        raise VfibenchError(f"missing image {path}", "restore the file") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = re.sub(r" <_io\.BytesIO[^>]*>", "", str(error).partition("\n")[0])
        raise VfibenchError(f"cannot read image {path}: {reason}", "restore the file") from error
    return pixels.transpose(2, 0, 1)


def _plain_png(data: bytes) -> UInt8Array | None:
    """Decode a whole 8-bit RGB PNG with OpenCV, a quarter faster than Pillow; None for anything else.

    PNG is lossless, so the pixels are the same. Everything odd, and everything broken, is left to Pillow:
    OpenCV would write a line of its own to standard error.
    """
    import cv2
    import numpy as np

    if not (data.startswith(PNG) and data[24:29] == RGB_8 and data.endswith(IEND) and _chunks_hold(data)):
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        return cast("UInt8Array | None", cv2.imdecode(np.frombuffer(data, np.uint8), flags))
    except cv2.error:  # such as more pixels than it is willing to decode
        return None


def _chunks_hold(png: bytes) -> bool:
    """Whether chunk follows chunk (length, name, body, CRC-32 of name and body) to the very end."""
    view, at = memoryview(png), len(PNG)
    while at < len(png):
        end = at + 8 + int.from_bytes(view[at : at + 4])
        if view[end : end + 4] != zlib.crc32(view[at + 4 : end]).to_bytes(4):
            return False
        at = end + 4
    return True


def write_image(path: Path, pixels: UInt8Array) -> None:
    """Write [3, H, W] uint8 RGB as PNG, whole or not at all, making its folder.

    Raises:
        VfibenchError: the folder is read-only, or the disk is full.
    """
    from PIL import Image

    try:
        with whole(path, durable=False) as file:
            Image.fromarray(pixels.transpose(1, 2, 0)).save(file, "PNG", compress_level=1)
    except OSError as error:
        raise unwritable(path, error) from error


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that puts im2 before im10."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]
