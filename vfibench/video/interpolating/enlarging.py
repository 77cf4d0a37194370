"""Space-time super-resolution of a window of frames: whole, or in tiles where memory is short."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import Method
from vfibench.running.predictors import SampleBatch
from vfibench.system.foreign import explained
from vfibench.video.interpolating.making import Loaded

OVERLAP = 32
"""Pixels of the source around a tile that it is made with and that are left out: what lies further off has
little say in a pixel."""


class Enlarger(Loaded):
    """A method of space-time super-resolution.

    Args:
        method: whose card has a scale, and times at halves.
        device: "cpu", "cuda" or "cuda:N"; "" for the best there is.
        precision: see `vfibench.system.precision`.
        n_out: output frames per window, None for those of the method's usual number of input frames.
        tile: pixels a side that are enlarged at once, None for whole frames.

    Raises:
        VfibenchError: a number of frames that the method does not give, or a tile that is too small.
    """

    def __init__(
        self, method: Method, device: str, precision: str, n_out: int | None = None, tile: int | None = None
    ) -> None:
        super().__init__(method, device, precision)
        self.inputs = _inputs(method, n_out)
        multiple = method.card.padding.multiple
        if tile is not None and tile <= 2 * OVERLAP:
            raise VfibenchError(f"expected --tile above {2 * OVERLAP}, found {tile}", "such as --tile 256")
        self._tile = None if tile is None else -(-tile // multiple) * multiple

    def __call__(self, window: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Every frame and those half-way between, `scale` times as large.

        Args:
            window: 1 to `inputs` frames [3, h, w] float32 on the device; the last is repeated where the
                method takes no such number.

        Returns:
            2 * len(window) - 1 frames [3, scale * h, scale * w] float32 on the device, not clamped.
        """
        wanted = len(window)
        count = min(number for number in self.method.card.inputs if number >= wanted)
        frames = torch.stack([*window, *[window[-1]] * (count - wanted)])
        first = 1 - count / 2
        times = tuple(first + half / 2 for half in range(2 * wanted - 1))
        height, width = frames.shape[-2:]
        with explained(f"{self.method.label} failed on frames of {width}x{height}"):
            if self._tile is None or max(height, width) <= self._tile:
                return list(self._made(frames, times))
            return list(self._in_tiles(frames, times, self._tile))

    def _made(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        return self._predictor(SampleBatch((), frames[None], times, ())).frames[0]

    def _in_tiles(self, frames: torch.Tensor, times: tuple[float, ...], tile: int) -> torch.Tensor:
        height, width = frames.shape[-2:]
        scale = self.scale
        whole = frames.new_empty(len(times), 3, scale * height, scale * width)
        multiple = self.method.card.padding.multiple
        for top, bottom in spans(height, tile, multiple):
            for left, right in spans(width, tile, multiple):
                rows, columns = around(top, bottom, height), around(left, right, width)
                made = self._made(frames[..., rows[0] : rows[1], columns[0] : columns[1]], times)
                y, x = scale * (top - rows[0]), scale * (left - columns[0])
                part = made[..., y : y + scale * (bottom - top), x : x + scale * (right - left)]
                whole[..., scale * top : scale * bottom, scale * left : scale * right] = part
        return whole


def spans(length: int, tile: int, multiple: int) -> list[tuple[int, int]]:
    """The parts of a side that tiles are kept of; they begin at multiples, as all that the network rounds to.

    >>> spans(400, 256, 4), spans(200, 256, 4)
    ([(0, 192), (192, 384), (384, 400)], [(0, 200)])
    """
    if length <= tile:
        return [(0, length)]
    step = (tile - 2 * OVERLAP) // multiple * multiple
    return list(pairwise([*range(0, length, step), length]))


def around(first: int, last: int, length: int) -> tuple[int, int]:
    """A part of a side with what it is made with."""
    return max(0, first - OVERLAP), min(length, last + OVERLAP)


def _inputs(method: Method, n_out: int | None) -> int:
    """Input frames of a window."""
    known = method.card.inputs
    if n_out is None:
        return known[0]
    if n_out % 2 == 0 or (n_out + 1) // 2 not in known:
        offered = " or ".join(str(2 * number - 1) for number in sorted(known))
        raise VfibenchError(
            f"expected --n-out {offered} with {method.label}, found {n_out}",
            "it is the number of frames that come out of a window: N go in and 2N-1 come out",
        )
    return (n_out + 1) // 2
