"""What the tags of a TIFF say before a pixel of it is decoded, and whether its pixels are all there."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from vfibench.frames.png import Broken

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Little and big end first; the last two are BigTIFF's."""
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR = range(7)
UNSIGNED, FLOAT = 1, 3
ORIENTATION = 274
_BITS, _PHOTOMETRIC, _PLANES, _FORMAT = 258, 262, 284, 339
_PLACES, _SIZES = (273, 324), (279, 325)  # of strips and of tiles


@dataclass(frozen=True)
class Tiff:
    """The first picture of a TIFF.

    Attributes:
        bits: of every sample, or several numbers where they differ.
        kind: UNSIGNED, FLOAT or another number of the tag SampleFormat.
        photometric: how numbers are meant, such as RGB.
        apart: whether each channel lies in a plane of its own.
        orientation: 1 where the first row is the top one, and the first column the left one.
        pages: whether more pictures follow.
    """

    bits: tuple[int, ...]
    kind: int
    photometric: int
    apart: bool
    orientation: int
    pages: bool


def parsed(data: bytes) -> Tiff:
    """The tags of a TIFF.

    Raises:
        Broken: a tag, a strip or a tile reaches beyond the end of the file.
        ValueError, and others that Pillow raises: the tags cannot be read.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    big = data[2:4] in {b"+\0", b"\0+"}
    file, tags = BytesIO(data), ImageFileDirectory_v2(data[: 16 if big else 8])
    file.seek(tags.next)
    _check_tags(data, tags.next, big)
    tags.load(file)
    offsets, counts = (_first(tags, keys) for keys in (_PLACES, _SIZES))
    ends = [offset + count for offset, count in zip(offsets, counts, strict=True)]
    if not ends or max(ends) > len(data):
        raise Broken("the file ends before its pixels do")
    return Tiff(
        bits=tuple(sorted(set(_numbers(tags.get(_BITS, 1))))),
        kind=_numbers(tags.get(_FORMAT, UNSIGNED))[0],
        photometric=int(tags.get(_PHOTOMETRIC, BLACK_IS_ZERO)),
        apart=tags.get(_PLANES, 1) == 2,
        orientation=int(tags.get(ORIENTATION, 1)),
        pages=tags.next != 0,
    )


def _check_tags(data: bytes, start: int, big: bool) -> None:
    """Make sure that all tags are there: Pillow only warns of those that are cut off."""
    number, each, last = (8, 20, 8) if big else (2, 12, 4)
    count = int.from_bytes(data[start : start + number], "little" if data[:2] == b"II" else "big")
    if start + number + each * count + last > len(data):
        raise Broken("the file ends before its tags do")


def _first(tags: object, keys: tuple[int, ...]) -> tuple[int, ...]:
    found = [tags.get(key) for key in keys]  # type: ignore[attr-defined]
    return next((_numbers(value) for value in found if value is not None), ())


def _numbers(value: object) -> tuple[int, ...]:
    """A tag's value, which is one number or several."""
    return tuple(value) if isinstance(value, tuple) else (int(value),)  # type: ignore[call-overload]
