"""What one pass over a video tells: time stamps, scenes, repeats, and a digest of every decoded frame."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.system.telling import note_once
from vfibench.video.colour import Coding, Plane, coding_of
from vfibench.video.cuts import THRESHOLD
from vfibench.video.reading.opening import open_source
from vfibench.video.reading.source import Clip
from vfibench.video.shots import Shot, cuts_by_score, measured, with_beginnings

RGB_RULE = "RGB 1"
"""Of `vfibench.video.footage.frames`: another number where the same planes become other RGB."""
EVEN = Fraction(1, 10)
"""Of a frame's usual distance: how far a frame may lie from its even place..."""
ROUNDED = Fraction(1, 1000)
"""...or so many seconds, since Matroska and WebM round time stamps to milliseconds."""


@dataclass(frozen=True)
class Seen:
    """A frame as it was decoded.

    Attributes:
        stamp: when it is shown, in seconds, as the file counts.
        digest: of its planes.
        key: whether a decoder can begin with it.
        cut: whether a scene begins with it; never so for the first frame.
        repeat: whether it repeats the frame before, exactly or nearly; see `vfibench.video.cuts`.
    """

    stamp: Fraction
    digest: bytes
    key: bool
    cut: bool
    repeat: bool


@dataclass(frozen=True)
class Footage:
    """A video that was looked through.

    Attributes:
        path: the file.
        frames: all of them, in the order they are shown.
        size: (width, height) in pixels.
        coding: how its values stand for colours.
        origin: the time stamp that a source counts `Clip.start` from.
        notes: what a user should know, such as damage.
        decoder: what decoded it, with its version.
    """

    path: Path
    frames: tuple[Seen, ...]
    size: tuple[int, int]
    coding: Coding
    origin: Fraction
    notes: tuple[str, ...]
    decoder: str

    @property
    def scenes(self) -> list[range]:
        """The numbers of the frames of each scene."""
        begins = [0, *(number for number, seen in enumerate(self.frames) if seen.cut), len(self.frames)]
        return [range(first, last) for first, last in pairwise(begins)]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every decoded frame and of how they become RGB: the same wherever decoders agree."""
        digest = hashlib.sha256(f"{RGB_RULE}, {self.coding.describe()}, {self.size}\n".encode())
        for seen in self.frames:
            digest.update(seen.digest)
        return digest.hexdigest()

    @property
    def decoding(self) -> str:
        """How its frames become the RGB that is scored, in words."""
        return f"{self.coding.describe()}, by its own matrix to 8-bit RGB; {self.decoder}"

    def repeats(self, first: int, last: int) -> bool:
        """Whether a frame after `first`, up to `last`, repeats the one before it."""
        return any(seen.repeat for seen in self.frames[first + 1 : last + 1])

    def uneven(self, first: int, last: int) -> bool:
        """Whether frames between two lie elsewhere than at even steps, as in variable frame rates."""
        stamps = [seen.stamp for seen in self.frames[first : last + 1]]
        step = (stamps[-1] - stamps[0]) / (last - first)
        allowed = max(EVEN * step, ROUNDED)
        return any(abs(stamp - stamps[0] - place * step) > allowed for place, stamp in enumerate(stamps))


def footage_of(path: Path) -> Footage:
    """Look through a video or an animation; a file that did not change is looked through once per process.

    Raises:
        VfibenchError: it is no video, its frames are not alike, or there is none.
    """
    state = path.stat()
    return _looked(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _looked(path: Path, _size: int, _changed: int) -> Footage:
    note_once(f"looking through {path.name} for cuts and repeats, and to tell its frames again", str(path))
    source = open_source(path, None, Clip())
    frames: list[Seen] = []
    first: Shot | None = None
    shots = (item for item in measured(source.items()) if isinstance(item, Shot))
    try:
        for shot, begins in with_beginnings(shots, cuts_by_score(THRESHOLD)):
            first = first or shot
            picture, repeat = shot.picture, shot.change is not None and shot.change.repeat
            key = bool(picture.frame.key_frame)
            frames.append(Seen(picture.stamp, digest_of(shot.planes), key, begins, repeat))
        if first is None:
            raise VfibenchError(f"expected frames in {path}, found none")
    finally:
        source.close()
    frame = first.picture.frame
    return Footage(
        path=path,
        frames=tuple(frames),
        size=(frame.width, frame.height),
        coding=coding_of(frame),
        origin=source.origin,
        notes=tuple(source.notes.told),
        decoder=decoder_version(),
    )


def digest_of(planes: Sequence[Plane]) -> bytes:
    """Of the values of a decoded frame, in any layout of memory."""
    digest = hashlib.blake2b(digest_size=16)
    for plane in planes:
        digest.update(plane.tobytes())
    return digest.digest()


def decoder_version() -> str:
    """Such as "PyAV 18.1.0, libavcodec 62.28.100"."""
    import av

    versions = ".".join(map(str, av.library_versions["libavcodec"]))
    return f"PyAV {av.__version__}, libavcodec {versions}"
