"""What the chunks of a PNG say before a pixel of it is decoded, and whether the file is whole."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""Colour types, as the file's header has them."""
_SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column, first row, column step and row step of each pass."""
_PIECE = 1 << 20  # bytes inflated at a time


class Broken(ValueError):
    """Why a picture cannot be what was written: a checksum that does not fit, missing chunks or rows."""


@dataclass(frozen=True)
class Png:
    """A PNG whose chunks are whole.

    Attributes:
        width, height: pixels.
        depth: bits a sample, 1 to 16.
        colour: colour type.
        interlaced: whether rows come in the seven passes of Adam7.
        chunks: body of each kind of chunk; of IDAT all of them together, of others the first.
    """

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    chunks: dict[bytes, bytes]


def chunk_kinds(data: bytes) -> frozenset[bytes]:
    """Kinds of all chunks up to the end of a PNG; what follows its last chunk is no part of it.

    Raises:
        Broken: a chunk's length or CRC-32 does not fit, or the file ends before its last chunk.
    """
    view, at, kinds = memoryview(data), len(SIGNATURE), set[bytes]()
    while b"IEND" not in kinds:
        end = at + 8 + int.from_bytes(view[at : at + 4])
        if end + 4 > len(data):
            raise Broken("the file ends within a chunk")
        if view[end : end + 4] != zlib.crc32(view[at + 4 : end]).to_bytes(4):
            raise Broken(f"the checksum of a chunk does not fit, at byte {at}")
        kinds.add(bytes(view[at + 4 : at + 8]))
        at = end + 4
    return frozenset(kinds)


def parsed(data: bytes) -> Png:
    """The header and chunks of a PNG.

    Raises:
        Broken: see `chunk_kinds`; or the header is no PNG's.
    """
    kinds = chunk_kinds(data)
    bodies: dict[bytes, list[bytes]] = {kind: [] for kind in kinds}
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        bodies[kind].append(data[at + 8 : at + 8 + length])
        at += 12 + length
    chunks = {kind: b"".join(found) if kind == b"IDAT" else found[0] for kind, found in bodies.items()}
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13 or header[9] not in _SAMPLES or b"IDAT" not in chunks:
        raise Broken("no header, or no pixels")
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    return Png(width, height, header[8], header[9], header[12] == 1, chunks)


def check_rows(png: Png) -> None:
    """Make sure that the compressed stream holds every row; decoders leave the missing ones black.

    Raises:
        Broken: it does not, or it cannot be inflated.
    """
    expected, found = stream_bytes(png), 0
    stream, rest = zlib.decompressobj(), png.chunks[b"IDAT"]
    try:
        while not stream.eof and found <= expected:
            piece = stream.decompress(rest, _PIECE)
            rest = stream.unconsumed_tail
            if not piece and not rest:
                break
            found += len(piece)
    except zlib.error as error:
        raise Broken(f"the compressed pixels are damaged ({error})") from error
    if found < expected:
        raise Broken(f"rows are missing: {found} of {expected} bytes of pixels are there")
    if found == expected and not stream.eof:
        raise Broken("the compressed pixels have no end")


def stream_bytes(png: Png) -> int:
    """Bytes of all rows once inflated, each with the byte that names its filter.

    >>> stream_bytes(Png(5, 2, 1, GREY, False, {})), stream_bytes(Png(2, 2, 8, RGB, True, {}))
    (4, 15)
    """
    bits = png.depth * _SAMPLES[png.colour]
    passes = _PASSES if png.interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns = -(-max(png.width - left, 0) // across)
        rows = -(-max(png.height - top, 0) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns else 0
    return total
