"""Pictures: reading and writing them, and the one padding implementation everybody shares."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

from vfibench.contracts import Padding
from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    UInt8Array = npt.NDArray[np.uint8]


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
    """Write [3, H, W] uint8 RGB as PNG, making its folder.

    Raises:
        VfibenchError: the folder is read-only, or the disk is full.
    """
    from PIL import Image

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.transpose(1, 2, 0)).save(path, compress_level=1)
    except OSError as error:
        raise VfibenchError(
            f"cannot write {path}: {error.strerror or error}", "free space there or choose another folder"
        ) from error


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that puts im2 before im10."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


def margins(height: int, width: int, padding: Padding) -> tuple[int, int, int, int]:
    """Pixels to add at (top, bottom, left, right) for a picture of this size."""

    def split(size: int) -> tuple[int, int]:
        total = size + 2 * padding.extra
        missing = -total % padding.multiple
        if total + missing == size:
            return padding.extra_when_fitting, padding.extra_when_fitting
        before = missing // 2 if padding.place == "centred" else 0
        return padding.extra + before, padding.extra + missing - before

    top, bottom = split(height)
    left, right = split(width)
    return top, bottom, left, right


def pad(frames: torch.Tensor, padding: Padding) -> torch.Tensor:
    """Enlarge frames as `padding` says.

    Args:
        frames: [..., 3, H, W], values in [0, 1].

    Returns:
        [..., 3, H', W'] with sides that are multiples of `padding.multiple`, or that much longer than one
        as its `extra_when_fitting` says; `frames` itself where nothing is missing.
    """
    import torch.nn.functional as F

    top, bottom, left, right = margins(frames.shape[-2], frames.shape[-1], padding)
    if not (top or bottom or left or right):
        return frames
    flat = frames.flatten(0, -4) if frames.dim() > 3 else frames.unsqueeze(0)
    if padding.mode == "constant":
        fill = flat.new_tensor(padding.value).view(1, 3, 1, 1)
        padded = F.pad(flat - fill, (left, right, top, bottom)) + fill
        padded[..., top : top + flat.shape[-2], left : left + flat.shape[-1]] = flat
    else:
        padded = F.pad(flat, (left, right, top, bottom), mode=padding.mode)
    return padded.reshape(*frames.shape[:-2], *padded.shape[-2:])


def crop(padded: torch.Tensor, height: int, width: int, padding: Padding, scale: int = 1) -> torch.Tensor:
    """Undo `pad` on a network's output.

    Args:
        padded: [..., scale * H', scale * W'].
        height, width: size before padding.
        scale: output size / input size of the network.

    Returns:
        [..., scale * height, scale * width], a view.
    """
    top, _, left, _ = margins(height, width, padding)
    rows = slice(scale * top, scale * (top + height))
    columns = slice(scale * left, scale * (left + width))
    return padded[..., rows, columns]
