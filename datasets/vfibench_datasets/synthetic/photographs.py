"""The photographs inside scikit-image's wheel that the scenes are cut from.

Only PNG files are used: lossless, so that every decoder gives the same pixels. They are part of every
wheel since 0.24 and are checked by hash before use. Grey ones are coloured by a linear ramp.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

RGB = tuple[int, int, int]
REINSTALL = "reinstall scikit-image >= 0.24 from its wheel (pip install --force-reinstall scikit-image)"


@dataclass(frozen=True)
class Photograph:
    """A file of scikit-image: name, SHA-256, and the colours black and white become (grey files only)."""

    file: str
    sha256: str
    ramp: tuple[RGB, RGB] | None = None


PHOTOGRAPHS = {
    "astronaut": Photograph(
        "astronaut.png", "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
    ),
    "brick": Photograph(
        "brick.png",
        "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
        ((38, 14, 10), (255, 196, 160)),
    ),
    "camera": Photograph(
        "camera.png",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
        ((20, 16, 24), (250, 240, 216)),
    ),
    "cat": Photograph("chelsea.png", "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
    "coffee": Photograph("coffee.png", "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
    "coins": Photograph(
        "coins.png",
        "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
        ((26, 14, 6), (255, 232, 176)),
    ),
    "grass": Photograph(
        "grass.png",
        "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
        ((6, 22, 4), (206, 236, 132)),
    ),
    "gravel": Photograph(
        "gravel.png",
        "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
        ((22, 20, 24), (242, 230, 214)),
    ),
    "horse": Photograph("horse.png", "c7fb60789fe394c485f842291ea3b21e50d140f39d6dcb5fb9917cc178225455"),
    "moon": Photograph(
        "moon.png",
        "78739619d11f7eb9c165bb5d2efd4772cee557812ec847532dbb1d92ef71f577",
        ((10, 14, 26), (226, 232, 244)),
    ),
    "motorcycle": Photograph(
        "motorcycle_left.png", "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179"
    ),
    "page": Photograph(
        "page.png",
        "341a6f0a61557662b02734a9b6e56ec33a915b2c41886b97509dedf2a43b47a3",
        ((24, 20, 30), (255, 250, 236)),
    ),
    "tissue": Photograph("ihc.png", "f8dd1aa387ddd1f49d8ad13b50921b237df8e9b262606d258770687b0ef93cef"),
}


def folder() -> Path:
    """Where scikit-image keeps its pictures, found without importing it.

    Raises:
        VfibenchError: scikit-image is not installed.
    """
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise VfibenchError("the synthetic dataset needs scikit-image, which is not installed", REINSTALL)
    return Path(spec.origin).parent / "data"


def check() -> None:
    """Make sure that every photograph is there, byte for byte.

    Raises:
        VfibenchError: a file is missing or is another one; the message names it.
    """
    for photograph in PHOTOGRAPHS.values():
        path = folder() / photograph.file
        if not path.is_file():
            raise VfibenchError(f"expected the photograph {path}, found no such file", REINSTALL)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != photograph.sha256:
            message = f"expected SHA-256 {photograph.sha256[:12]}..., found {found[:12]}..., in {path}"
            raise VfibenchError(message, REINSTALL)


@functools.cache
def photograph(name: str) -> UInt8Array:
    """A decoded, coloured photograph: [H, W, 3] uint8 RGB, read-only."""
    import numpy as np

    from vfibench.frames.files import read_image

    facts = PHOTOGRAPHS[name]
    pixels = read_image(folder() / facts.file, colours_alone=True).transpose(1, 2, 0)
    if facts.ramp is not None:
        black, white = (np.array(shade, dtype=np.int64) for shade in facts.ramp)
        grey = pixels.astype(np.int64)
        pixels = ((black * (255 - grey) + white * grey + 127) // 255).astype(np.uint8)
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels
