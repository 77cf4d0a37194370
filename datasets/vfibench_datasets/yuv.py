"""Raw 8-bit 4:2:0 video: planes of a frame one after the other, frame after frame, no header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError
from vfibench_datasets.files import FileDataset, FileSample

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from vfibench.contracts import UInt8Array

_MARK = "#"  # between a file and which frame of it


def frame_name(file: str, number: int, size: tuple[int, int]) -> str:
    """What a RawItem calls frame `number` (from 0) of a file of pictures of `size` (width, height)."""
    return f"{file}{_MARK}{number}x{size[0]}x{size[1]}"


@dataclass(frozen=True)
class RawItem(FileSample):
    """A sample whose pictures are frames of raw video, each called by `frame_name`."""

    @classmethod
    def of(cls, item: FileSample) -> RawItem:
        """The same sample, whose names are such."""
        return cls(item.id, item.inputs, item.targets, item.times, item.tags, fault=item.fault)

    @property
    def files(self) -> tuple[str, ...]:
        """The files the frames are in, each once."""
        return tuple(dict.fromkeys(name.partition(_MARK)[0] for name in self.pictures))


def count_frames(path: Path, size: tuple[int, int]) -> int:
    """Whole frames in a raw file of pictures of `size` (width, height); 0 where there is no file."""
    return path.stat().st_size // frame_bytes(size) if path.is_file() else 0


def broken(path: Path, size: tuple[int, int]) -> str:
    """Why a raw file is of no use: it ends within a frame of `size` (width, height); "" where it does not."""
    held, each = path.stat().st_size if path.is_file() else 0, frame_bytes(size)
    if held % each == 0:
        return ""
    return f"it ends within a frame: {held} bytes, yuv420p frames of {size[0]}x{size[1]} have {each} each"


def frame_bytes(size: tuple[int, int]) -> int:
    """Bytes of one 4:2:0 frame of even (width, height)."""
    return size[0] * size[1] * 3 // 2


def read_frame(path: Path, number: int, size: tuple[int, int]) -> UInt8Array:
    """Decode frame `number` (from 0) of a raw file of pictures of `size`, (width, height).

    Returns:
        [3, H, W] uint8 RGB, a channel-first view of interleaved memory; see `to_rgb`.

    Raises:
        VfibenchError: the file cannot be read, or ends before the frame does.
    """
    import numpy as np

    (width, height), each = size, frame_bytes(size)
    try:
        data = np.fromfile(path, np.uint8, each, offset=number * each)
    except OSError as error:
        raise VfibenchError(
            f"cannot read video {path}: {error.strerror or error}", "restore the file"
        ) from error
    if data.size != each:
        raise VfibenchError(f"expected frame {number} in {path}, found its end", "restore the original file")
    luma, chroma = np.split(data, [width * height])
    planes = chroma.reshape(2, height // 2, width // 2)
    return to_rgb(luma.reshape(height, width), *(plane.repeat(2, 0).repeat(2, 1) for plane in planes))


def to_rgb(luma: UInt8Array, blue: UInt8Array, red: UInt8Array) -> UInt8Array:
    """BT.601 over the full range, as JPEG has it: a grey keeps its level, black is 0 and white is 255.

    Args:
        luma, blue, red: Y, Cb and Cr, [H, W] each.

    Returns:
        [3, H, W], rounded; 0.299 R + 0.587 G + 0.114 B gives Y back where no colour had to be clipped.
    """
    import numpy as np

    y, u, v = luma.astype(np.float32), _signed(blue), _signed(red)
    rgb = np.stack([y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u], axis=-1)
    whole: UInt8Array = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return whole.transpose(2, 0, 1)


def _signed(plane: UInt8Array) -> npt.NDArray[np.float32]:
    import numpy as np

    return plane.astype(np.float32) - 128


class RawDataset(FileDataset):
    """A FileDataset over RawItems."""

    def _read(self, name: str, size: tuple[int, int] | None) -> UInt8Array:  # noqa: ARG002 the name says it
        file, _, frame = name.partition(_MARK)
        number, width, height = map(int, frame.split("x"))
        return read_frame(self.root / file, number, (width, height))
