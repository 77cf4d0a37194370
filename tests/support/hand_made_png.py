"""PNG files written by hand from the specification, for every colour type and depth, whole and damaged."""

from __future__ import annotations

import struct
import zlib

import numpy as np

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rows(samples: np.ndarray, depth: int) -> bytes:
    """[H, W, C] samples as rows without filter, packed to `depth` bits."""
    lines = []
    for line in samples.reshape(len(samples), -1):
        bits = ((line[:, None].astype(np.int64) >> np.arange(depth)[::-1]) & 1).astype(np.uint8)
        lines.append(b"\0" + np.packbits(bits.ravel()).tobytes())
    return b"".join(lines)


def png(
    samples: np.ndarray,
    depth: int,
    colour: int,
    *,
    before: tuple[tuple[bytes, bytes], ...] = (),
    interlaced: bool = False,
    lost: int = 0,
) -> bytes:
    """A PNG of [H, W, C] samples.

    Args:
        before: further chunks (kind, body) before the pixels.
        interlaced: in the seven passes of Adam7.
        lost: bytes of pixels left out at the end; all checksums fit all the same.
    """
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [samples]
    raw = b"".join(rows(part, depth) for part in parts if part.size)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(raw[: len(raw) - lost])), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)
