"""Frames of a video by number, as the 8-bit RGB that is scored, asked for from several threads at once."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError
from vfibench.video.colour import Coding, Plane, planes_of, to_levels
from vfibench.video.footage.looking import Footage, digest_of
from vfibench.video.layouts import planar
from vfibench.video.reading.opening import open_source
from vfibench.video.reading.source import Clip, Picture, Source

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

REMEMBERED = 256 * 2**20
"""Bytes of frames that are kept, about: windows overlap, and threads ask for them out of order."""
AT_LEAST = 24
"""Frames that are kept in any case."""


class Frames:
    """The frames of a video.

    Frames are decoded in order, and jumps go to the key frame before. Each is compared with what it was when
    the video was looked through: where decoding from a key frame gives anything else, as after an open group
    of pictures, it is decoded from the beginning of the file.

    Args:
        footage: the video.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from vfibench.video.footage.looking import footage_of
        >>> shown = [Image.new("RGB", (32, 16), (40 * n,) * 3) for n in range(4)]
        >>> shown[0].save("four.gif", save_all=True, append_images=shown[1:])
        >>> Frames(footage_of(Path("four.gif"))).rgb(2)[:, 0, 0].tolist()
        [80, 80, 80]
    """

    def __init__(self, footage: Footage) -> None:
        self._footage = footage
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._keys = [0, *(n for n, seen in enumerate(footage.frames) if seen.key and n)]
        width, height = footage.size
        self._most = max(AT_LEAST, REMEMBERED // (3 * width * height))
        self._source: Source | None = None
        self._pictures: Iterator[Picture] = iter(())
        self._next = 0  # the number of the next picture
        self._from_key = False

    def rgb(self, number: int) -> UInt8Array:
        """Frame `number`, [3, H, W] uint8, interleaved in memory; not to be written to.

        Raises:
            VfibenchError: the file is not what was looked through.
        """
        with self._lock:
            kept = self._kept.get(number) or self._decoded(number)
            self._kept.move_to_end(number)
        return kept.rgb(self._footage.coding)

    def close(self) -> None:
        """Let go of the file and of all frames; whoever asks again opens it again."""
        with self._lock:
            if self._source is not None:
                self._source.close()
            self._source = None
            self._kept.clear()

    def _decoded(self, number: int) -> _Kept:
        key = self._keys[bisect_right(self._keys, number) - 1]
        if self._source is None or not key <= self._next <= number:
            self._go_to(key)
        while True:
            picture = next(self._pictures, None)
            if picture is None or not self._keep(picture):
                if not self._from_key:
                    raise VfibenchError(
                        f"expected frame {number} of {self._footage.path} as it was before, found another",
                        "the file has changed meanwhile: run the command again",
                    )
                self._go_to(0)
            elif self._next > number:
                return self._kept[number]

    def _keep(self, picture: Picture) -> bool:
        """Remember the next picture; False where it is not the one that was seen."""
        number, seen = self._next, self._footage.frames
        planes = planes_of(planar(picture.frame, self._footage.coding))
        if number >= len(seen) or digest_of(planes) != seen[number].digest:
            return False
        self._next += 1
        self._kept.setdefault(number, _Kept(planes))
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return True

    def _go_to(self, number: int) -> None:
        if self._source is not None:
            self._source.close()
        footage = self._footage
        start = footage.frames[number].stamp - footage.origin if number else None
        self._source = open_source(footage.path, None, Clip(start=start))
        self._pictures = (item for item in self._source.items() if isinstance(item, Picture))
        self._next, self._from_key = number, bool(number)


class _Kept:
    """A decoded frame, whose RGB is made once, by the first thread that asks for it."""

    def __init__(self, planes: list[Plane]) -> None:
        self._lock = threading.Lock()
        self._planes = planes
        self._rgb: UInt8Array | None = None

    def rgb(self, coding: Coding) -> UInt8Array:
        with self._lock:
            if self._rgb is None:
                self._rgb = to_levels(self._planes, coding).transpose(2, 0, 1)
                self._planes = []
            return self._rgb
