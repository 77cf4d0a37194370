"""The number of a frame as black and white blocks in its picture, which a player reads back.

A browser does not tell for sure which frame of a video it shows; with its number in it, the frame does. Two
rows of blocks, the second one the negative of the first, survive any codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

BITS, WIDTH, HEIGHT = 20, 4, 8
COUNTER_SIZE = (BITS * WIDTH, 2 * HEIGHT)
"""(width, height) in pixels."""


def counted(number: int) -> UInt8Array:
    """The blocks of a number below 2^20, its lowest bit first, [16, 80, 3].

    >>> counted(5)[0, ::WIDTH, 0][:4].tolist()
    [255, 0, 255, 0]
    """
    bits = np.array([number >> bit & 1 for bit in range(BITS)], np.uint8)
    rows = np.stack([bits, 1 - bits]) * np.uint8(255)
    blocks = rows.repeat(HEIGHT, 0).repeat(WIDTH, 1)
    return np.repeat(blocks[..., None], 3, axis=-1)


def counter_facts(top: int) -> dict[str, int]:
    """Where the player finds the blocks; they begin at the left, `top` pixels down."""
    return {"top": top, "bits": BITS, "width": WIDTH, "height": HEIGHT}
