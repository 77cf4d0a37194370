"""Scores over time as a strip below the pictures, with a line where the time is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from vfibench.video.comparing.lettering import lettering, write
from vfibench.video.comparing.scores import Scores

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

COLOURS = ((156, 198, 255), (240, 168, 96), (127, 208, 160), (211, 164, 234), (242, 154, 168), (217, 196, 92))
"""Of lines on black, one for each input."""
PAPER = (16, 18, 22)
LINE = (90, 96, 105)


class Strip:
    """One row for each column of scores, drawn once; `at` adds the line of the time.

    Args:
        width: pixels.
        names: of the inputs.
        scores: of the inputs, by column one for each moment.
        columns: what is drawn, such as ("psnr", "ssim").
        size: of letters, in pixels.
    """

    def __init__(
        self, width: int, names: Sequence[str], scores: Sequence[Scores], columns: Sequence[str], size: int
    ) -> None:
        self._moments = max((len(one.values[columns[0]]) for one in scores), default=0)
        self._left, self._right = lettering("00.000 ", size).shape[1] + 4, 6
        self._width, self._size = width, size
        rows = [self._row(names, scores, column) for column in columns]
        self._whole: UInt8Array = np.concatenate(rows)

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self._whole.shape[0])

    def at(self, number: int) -> UInt8Array:
        """The strip at a moment, [h, width, 3]."""
        found = self._whole.copy()
        x = round(self._x(number))
        found[:, max(x, 0) : x + 1] = 255
        return found

    def _x(self, number: int) -> float:
        inner = self._width - self._left - self._right - 1
        return float(self._left + inner * number / max(1, self._moments - 1))

    def _row(self, names: Sequence[str], scores: Sequence[Scores], column: str) -> UInt8Array:
        known = [value for one in scores for value in one.finite(column)]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        spread = (high - low) or max(abs(high), 1e-3) * 0.1
        low, high = low - 0.08 * spread, high + 0.08 * spread
        height = 6 * self._size
        image = Image.new("RGB", (self._width, height), PAPER)
        draw = ImageDraw.Draw(image)
        top, bottom = round(1.6 * self._size), height - 4
        for end in (top, bottom):
            draw.line([(self._left, end), (self._width - self._right, end)], fill=LINE)
        for place, one in enumerate(scores):
            for piece in self._pieces(one.values[column], low, high, top, bottom):
                draw.line(piece, fill=COLOURS[place % len(COLOURS)], width=max(1, self._size // 8))
        found = np.array(image)
        self._labels(found, names, column, (low, high), (top, bottom))
        return found

    def _pieces(
        self, values: Sequence[float | None], low: float, high: float, top: int, bottom: int
    ) -> list[list[tuple[float, float]]]:
        """Points of the unbroken parts of a line; frames without a score break none, cuts of many do."""
        points: list[list[tuple[float, float]]] = [[]]
        for number, value in enumerate(values):
            if value is None:
                continue
            share = (min(value, high) - low) / (high - low)
            points[-1].append((self._x(number), bottom - share * (bottom - top)))
        return [piece if len(piece) > 1 else piece * 2 for piece in points if piece]

    def _labels(
        self,
        found: UInt8Array,
        names: Sequence[str],
        column: str,
        values: tuple[float, float],
        ends: tuple[int, int],
    ) -> None:
        digits = 2 if column == "psnr" else 4
        write(found[: ends[0]], column.upper() + (" dB" if column == "psnr" else ""), self._size)
        write(found[ends[0] : ends[0] + 2 * self._size, : self._left], f"{values[1]:.{digits}f}", self._size)
        low = found[ends[1] - 2 * self._size : ends[1] + 4, : self._left]
        write(low, f"{values[0]:.{digits}f}", self._size, bottom=True)
        at = self._left + 2 * self._size
        for place, name in enumerate(names):
            cover = lettering(name, self._size)
            room = found[: cover.shape[0], at : at + cover.shape[1]]
            colour = np.array(COLOURS[place % len(COLOURS)], np.float32)
            part = cover[: room.shape[0], : room.shape[1], None]
            room[:] = np.rint(room * (1 - part) + colour * part).astype(np.uint8)
            at += cover.shape[1] + self._size
