"""Small line charts: one metric over classes of frames, a line per method, its name at the line's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.statistics.arrays import FloatArray
from vfibench.statistics.digits import score_text
from vfibench_reports.kit.drawing import even_ticks, shortened, text_width

LINES = 8
"""Methods a chart shows at most: beyond, lines cannot be told apart."""

WIDTH, HEIGHT = 470.0, 250.0
LEFT, TOP, BOTTOM = 50.0, 10.0, 42.0
NAME = 18  # letters of a name
STEP = 14.0  # between names, pixels

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One method.

    Attributes:
        style: 1 .. `LINES`, its colour in the style sheet.
        pieces: runs of neighbouring classes that have a figure, in pixels.
        dots: each figure: x, y, and what is told on hovering.
        name: as written at the end of the line, and the whole of it.
        at: where the name begins.
    """

    style: int
    pieces: tuple[tuple[Point, ...], ...]
    dots: tuple[tuple[float, float, str], ...]
    name: str
    full_name: str
    at: Point


@dataclass(frozen=True)
class Tick:
    """A figure at an axis: its text and its place in pixels."""

    place: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart as templates/strata.html draws it, in pixels."""

    title: str
    detail: str
    quantity: str
    label: str
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    right: float
    lines: tuple[Line, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Plot:
    """What a chart shows.

    Attributes:
        column: of the metric.
        title, detail: its heading: "psnr", "dB ↑".
        quantity: what the classes are of.
        labels, places: [B] names of the classes and where they stand, in any unit.
        names: [M] of the methods; the first `LINES` are drawn.
        mean: [M, B], NaN where there is no figure.
    """

    column: str
    title: str
    detail: str
    quantity: str
    labels: Sequence[str]
    places: Sequence[float]
    names: Sequence[str]
    mean: FloatArray


def chart(plot: Plot) -> Chart | None:
    """Draw it; None below two classes, or where no method has a figure."""
    mean, floor = plot.mean[:LINES], HEIGHT - BOTTOM
    if len(plot.places) < 2 or not np.isfinite(mean).any():
        return None
    words = [shortened(name, NAME) for name in plot.names[: len(mean)]]
    right = WIDTH - max(map(text_width, words)) - 16
    low, high = _range(mean)
    ends = (min(plot.places), max(plot.places))
    across = np.interp(plot.places, ends, (LEFT + 14, right - 8))
    up = floor - (mean - low) / (high - low) * (floor - TOP)
    ticks = even_ticks(low, high, 5)
    digits = max((len(f"{tick:.10g}".partition(".")[2]) for tick in ticks), default=0)
    shown = ", ".join(plot.names[: len(mean)])
    return Chart(
        title=plot.title,
        detail=plot.detail,
        quantity=plot.quantity,
        label=f"{plot.title} of {shown} by {plot.quantity}; the table has the figures",
        x=tuple(Tick(place, text) for place, text in zip(across.tolist(), plot.labels, strict=True)),
        y=tuple(
            Tick(floor - (tick - low) / (high - low) * (floor - TOP), f"{tick:.{digits}f}") for tick in ticks
        ),
        right=right,
        lines=_lines(plot, words, across, up, right),
    )


def _range(mean: FloatArray) -> tuple[float, float]:
    """What the upright axis spans: the figures and a little room."""
    low, high = float(np.nanmin(mean)), float(np.nanmax(mean))
    room = 0.06 * (high - low) or 0.01 * abs(high) or 1.0
    return low - room, high + room


def _lines(
    plot: Plot, words: Sequence[str], across: FloatArray, up: FloatArray, right: float
) -> tuple[Line, ...]:
    """A line per method that has a figure, its name at the height of the last one, names kept apart."""
    shown = [place for place in range(len(words)) if np.isfinite(up[place]).any()]
    last = [float(up[place][np.isfinite(up[place])][-1]) for place in shown]
    heights = spread(last, STEP, TOP + 4, HEIGHT - BOTTOM)
    return tuple(
        Line(
            style=place + 1,
            pieces=_pieces(across, up[place]),
            dots=_dots(plot, place, across, up[place]),
            name=words[place],
            full_name=plot.names[place],
            at=(right + 8, height),
        )
        for place, height in zip(shown, heights, strict=True)
    )


def _pieces(across: FloatArray, up: FloatArray) -> tuple[tuple[Point, ...], ...]:
    """Runs of neighbouring figures."""
    pieces: list[list[Point]] = [[]]
    for x, y in zip(across.tolist(), up.tolist(), strict=True):
        if np.isfinite(y):
            pieces[-1].append((x, y))
        elif pieces[-1]:
            pieces.append([])
    return tuple(tuple(piece) for piece in pieces if len(piece) > 1)


def _dots(plot: Plot, place: int, across: FloatArray, up: FloatArray) -> tuple[tuple[float, float, str], ...]:
    told = (
        f"{plot.names[place]}, {label}: {score_text(plot.column, mean)}" if np.isfinite(mean) else ""
        for label, mean in zip(plot.labels, plot.mean[place].tolist(), strict=True)
    )
    found = zip(across.tolist(), up.tolist(), told, strict=True)
    return tuple(dot for dot in found if np.isfinite(dot[1]))


def spread(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Heights near those wanted, `step` apart, in their order, within [low, high] where there is room.

    Neighbours that are too near form a block about its members' mean; blocks that meet are joined.

    >>> spread([50.0, 52.0, 90.0], 10.0, 0.0, 100.0)
    [46.0, 56.0, 90.0]
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    blocks: list[list[int]] = []
    tops: list[float] = []
    for place in order:
        blocks.append([place])
        tops.append(_top(blocks[-1], wanted, step, low, high))
        while len(blocks) > 1 and tops[-2] + step * len(blocks[-2]) > tops[-1]:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
            tops[-2:] = [_top(blocks[-1], wanted, step, low, high)]
    heights = [0.0] * len(wanted)
    for block, top in zip(blocks, tops, strict=True):
        for number, place in enumerate(block):
            heights[place] = top + step * number
    return heights


def _top(block: Sequence[int], wanted: Sequence[float], step: float, low: float, high: float) -> float:
    """Where a block's first member stands."""
    centre = sum(wanted[place] for place in block) / len(block)
    return max(min(centre - step * (len(block) - 1) / 2, high - step * (len(block) - 1)), low)
