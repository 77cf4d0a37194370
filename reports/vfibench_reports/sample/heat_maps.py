"""Errors as colour: one fixed scale for all pictures, in colours whose order every eye can see.

Absolute errors run from black over purple and orange to pale yellow, lighter for larger (matplotlib's
"inferno"); signed ones from blue (too dark) over white to red (too bright) ("RdBu", reversed). Both keep
their order without colour vision: the first by lightness, the second by lightness on each side of white and
by blue against red.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt

    from vfibench.contracts import UInt8Array

LIMIT = 64  # levels of 255: larger errors look like this one, and so do those from 63 on (see STEP)
STEP = 2  # levels a colour: finer steps cannot be told apart, and make pictures half as large again
Sort = Literal["absolute", "signed"]
MAPS: dict[Sort, str] = {"absolute": "inferno", "signed": "RdBu_r"}
TICKS: dict[Sort, tuple[int, ...]] = {"absolute": (0, 16, 32, 48, 64), "signed": (-64, -32, 0, 32, 64)}
MEANINGS: dict[Sort, str] = {
    "absolute": "mean over R, G, B of |prediction − ground truth|, in levels of 255; 63 and more look alike",
    "signed": "mean over R, G, B of prediction − ground truth, in levels: red too bright, blue too dark; "
    "±63 and beyond look alike",
}


def absolute_places(predicted: UInt8Array, target: UInt8Array) -> UInt8Array:
    """Place in the palette of the mean absolute error over channels.

    Args:
        predicted, target: [H, W, 3].

    Returns:
        [H, W], 0 to LIMIT / STEP: the error clipped to LIMIT, in steps of STEP, ties to even.
    """
    error = np.abs(_difference(predicted, target)).mean(axis=2)
    places: UInt8Array = np.rint(np.minimum(error, LIMIT) / STEP).astype(np.uint8)
    return places


def signed_places(predicted: UInt8Array, target: UInt8Array) -> UInt8Array:
    """Place in the palette of the mean error over channels: LIMIT / STEP is none; see `absolute_places`."""
    error = _difference(predicted, target).mean(axis=2)
    places: UInt8Array = (np.rint(np.clip(error, -LIMIT, LIMIT) / STEP) + LIMIT // STEP).astype(np.uint8)
    return places


def _difference(predicted: UInt8Array, target: UInt8Array) -> npt.NDArray[np.int16]:
    return predicted.astype(np.int16) - target.astype(np.int16)


@cache
def palette(sort: Sort) -> UInt8Array:
    """[n, 3] RGB of the n places."""
    from matplotlib import colormaps

    count = (LIMIT if sort == "absolute" else 2 * LIMIT) // STEP + 1
    colours = colormaps[MAPS[sort]](np.linspace(0, 1, count))
    listed: UInt8Array = np.rint(colours[:, :3] * 255).astype(np.uint8)
    return listed


def heat_map(sort: Sort, predicted: UInt8Array, target: UInt8Array) -> Image.Image:
    """The error of a prediction as a palette image.

    Args:
        sort: "absolute" or "signed".
        predicted, target: [H, W, 3].
    """
    places = (absolute_places if sort == "absolute" else signed_places)(predicted, target)
    return _coloured(sort, places)


def strip(sort: Sort) -> Image.Image:
    """The palette from left to right, a pixel per place: the bar of a legend."""
    return _coloured(sort, np.arange(len(palette(sort)), dtype=np.uint8)[None])


def _coloured(sort: Sort, places: UInt8Array) -> Image.Image:
    image = Image.fromarray(places, "P")
    image.putpalette(palette(sort).tobytes())
    return image
