"""Pictures: reading and writing them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.errors import VfibenchError
from vfibench.system.files import unwritable, whole

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from vfibench.contracts import UInt8Array

    Float32Array = npt.NDArray[np.float32]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
"""Of files that may be frames."""
PREDICTIONS = (*SUFFIXES, ".npy", ".npz", ".exr")
"""Of files that may be predictions."""
RANGE = (-1.0, 2.0)
"""How far raw predictions may reach: networks leave [0, 1] a little; what is far off has another range."""


def read_interleaved(path: Path) -> UInt8Array:
    """The picture as `read_image` has it, [H, W, 3], contiguous."""
    import numpy as np

    return np.ascontiguousarray(read_image(path).transpose(1, 2, 0))


def read_image(path: Path, *, colours_alone: bool = False) -> UInt8Array:
    """Decode a frame; `vfibench.frames.decoding` decides what may be one.

    Args:
        path: of the file.
        colours_alone: leave transparency aside and take the colours behind it; for a picture whose bytes are
            known.

    Returns:
        [3, H, W] uint8 RGB; a channel-first view of interleaved memory, so that a batch of them is
        channels_last without a copy.

    Raises:
        VfibenchError: the file is missing, damaged, no picture, or one that 8-bit RGB cannot hold; the
            message names it.
    """
    from vfibench.frames.decoding import eight_bit

    with _told(path, "a picture that is exact in 8-bit RGB"):
        return eight_bit(path.read_bytes(), colours_alone).transpose(2, 0, 1)


def read_prediction(path: Path) -> UInt8Array | Float32Array:
    """Decode a prediction made elsewhere.

    Returns:
        [3, H, W] RGB: uint8 levels, or raw float32 where the file has more than 8 bits; 16 bits become
        value / 65535, floating point is taken as it is, with NaN and infinity.

    Raises:
        VfibenchError: as `read_image`; or floating point far outside of [0, 1].
    """
    from vfibench.frames import arrays
    from vfibench.frames.decoding import decoded

    readers = {arrays.NPY: arrays.read_npy, arrays.NPZ: arrays.read_npz, arrays.EXR: arrays.read_exr}
    with _told(path, "a prediction in RGB"):
        data = path.read_bytes()
        read = next((reader for magic, reader in readers.items() if data.startswith(magic)), decoded)
        return _as_raw(read(data)).transpose(2, 0, 1)


def _as_raw(pixels: npt.NDArray[Any]) -> UInt8Array | Float32Array:
    """[H, W, 3]: uint8 as it is, all else float32."""
    import numpy as np

    from vfibench.frames.decoding import Unfit

    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return pixels.astype(np.float32) / np.float32(65535)
    numbers = pixels[np.isfinite(pixels)]
    if numbers.size and not (RANGE[0] <= numbers.min() and numbers.max() <= RANGE[1]):
        raise Unfit(f"values from {numbers.min():g} to {numbers.max():g}", "save RGB in [0, 1]")
    return pixels.astype(np.float32)


def image_size(path: Path) -> tuple[int, int]:
    """(width, height) from a picture's header alone.

    Raises:
        VfibenchError: the file is missing or no picture.
    """
    from PIL import Image

    with _told(path, "a picture"), Image.open(path) as image:
        return image.size


@contextmanager
def _told(path: Path, wanted: str) -> Iterator[None]:
    """What decoding raises as one line that names the file."""
    from PIL import Image

    from vfibench.frames.decoding import Unfit

    try:
        yield
    except FileNotFoundError as error:
        raise VfibenchError(f"missing image {path}", "restore the file") from error
    except Unfit as error:
        raise VfibenchError(f"expected {wanted}, found {error.found}, in {path}", error.hint) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        reason = re.sub(r" <_io\.BytesIO[^>]*>", "", str(error).partition("\n")[0])
        raise VfibenchError(f"cannot read image {path}: {reason}", "restore the file") from error


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
