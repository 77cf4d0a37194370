"""Predictions stored as numbers: .npy and .npz arrays, and OpenEXR pictures."""

from __future__ import annotations

import math
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from vfibench.frames.decoding import Unfit
from vfibench.frames.png import Broken

if TYPE_CHECKING:
    import numpy.typing as npt

NPY, NPZ, EXR = b"\x93NUMPY", b"PK\x03\x04", b"\x76\x2f\x31\x01"
KINDS = ("uint8", "uint16", "float16", "float32", "float64")
HOW = "save float32 RGB in [0, 1], [3, H, W] or [H, W, 3]"
MOST = 3 * 178_956_970  # numbers: as many pixels as Pillow is willing to decode


def read_npy(data: bytes) -> npt.NDArray[Any]:
    """The array of a .npy file, [H, W, 3] of one of KINDS.

    Raises:
        Unfit: it is no RGB picture.
        Broken, ValueError: the file is damaged, or shorter than its header says.
    """
    return _channels_last(_array(BytesIO(data)))


def read_npz(data: bytes) -> npt.NDArray[Any]:
    """The only array of a .npz file; see `read_npy`."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise Unfit(f"{len(names)} arrays in one file", "save one array per file")
            with archive.open(names[0]) as file:
                array = _array(file)
                if file.read(1):
                    raise Broken("more bytes than its header says")
                return _channels_last(array)
    except BadZipFile as error:
        raise Broken(str(error)) from error


def _array(file: IO[bytes]) -> npt.NDArray[Any]:
    """Read what the header announces and no more; objects, which would be unpickled, are refused."""
    import numpy as np
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, kind = header(file)
    if kind.name not in KINDS:
        raise Unfit(f"numbers of type {kind.name}", HOW)
    count = math.prod(shape)
    if len(shape) != 3 or 3 not in shape or not 0 < count <= MOST:
        raise Unfit(f"an array of shape {list(shape)}", HOW)
    body = file.read(count * kind.itemsize)
    if len(body) != count * kind.itemsize:
        raise Broken(f"{len(body)} of {count * kind.itemsize} bytes are there")
    return np.frombuffer(bytearray(body), kind).reshape(shape, order="F" if by_columns else "C")


def _channels_last(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    first, last = array.shape[0] == 3, array.shape[-1] == 3
    if first == last:
        raise Unfit(f"an array of shape {list(array.shape)}", HOW)
    return array.transpose(1, 2, 0) if first else array


def read_exr(data: bytes) -> npt.NDArray[Any]:
    """The R, G and B of an OpenEXR picture, [H, W, 3] float32; values are taken as they are.

    Raises:
        Unfit: the OpenEXR library is missing, or there is no plain RGB in the file.
        Broken: it cannot be read.
    """
    import tempfile

    import numpy as np

    try:
        import OpenEXR
    except ImportError as error:
        hint = "do pip install 'vfibench[exr]', or save it as .npy"
        raise Unfit("an OpenEXR file, and no OpenEXR library", hint) from error
    with tempfile.NamedTemporaryFile(suffix=".exr") as copy:  # it opens names alone
        copy.write(data)
        copy.flush()
        try:
            with OpenEXR.File(copy.name, separate_channels=True) as file:
                channels = {name: np.array(each.pixels) for name, each in file.channels().items()}
        except Exception as error:  # RuntimeError and whatever else a damaged file brings up
            raise Broken(str(error).partition("\n")[0].replace(copy.name, "it")) from error
    if not {"R", "G", "B"} <= channels.keys():
        raise Unfit(f"channels {', '.join(channels) or 'none'}", "save R, G and B")
    if "A" in channels and (channels["A"] != 1).any():
        raise Unfit("transparent pixels", "save it without transparency")
    return np.stack([channels[name] for name in "RGB"], axis=-1).astype(np.float32)
