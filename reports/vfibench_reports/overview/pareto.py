"""Quality against speed: who is both faster and better than whom, on one piece of hardware."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.statistics.digits import kind, score_text
from vfibench_reports.kit.drawing import Dot, Drawing, Role, Stroke, Word, even_ticks, log_ticks
from vfibench_reports.kit.entries import devices, hardware
from vfibench_reports.kit.labels import LabelBox, Named, place_names

WIDTH, HEIGHT = 600.0, 400.0
PLOT = LabelBox(58.0, 16.0, 588.0, 352.0)


@dataclass(frozen=True)
class Point:
    """A method in the figure.

    Attributes:
        entry: its line of the leaderboard.
        speed: output frames a second.
        score: mean of the ranking column.
        interval: of the mean, None where there is none.
        beaten_by: label of a method at least as fast and as good and in one of them better; "" on the front.
    """

    entry: BoardEntry
    speed: float
    score: float
    interval: tuple[float, float] | None
    beaten_by: str = ""


@dataclass(frozen=True)
class Race:
    """Methods of one group that ran on the same hardware in the same precision and batch.

    Attributes:
        column: the ranking metric.
        higher: whether more of it is better.
        hardware, precision, batch: what they share.
        points: two or more, fastest first.
    """

    column: str
    higher: bool
    hardware: str
    precision: str
    batch: str
    points: tuple[Point, ...]


def races(board: Board, group: Group) -> list[Race]:
    """The races of a ranked group, in order of the best score in each; lone methods race nobody."""
    if not group.ranked:
        return []
    found: dict[tuple[str, str, str], list[Point]] = {}
    column, higher = board.columns[0], board.better[board.columns[0]] == "higher"
    for entry in group.entries:
        point = _point(entry, column)
        if point is not None:
            found.setdefault(_circumstances(entry), []).append(point)
    return [
        Race(column, higher, *shared, with_front(points, higher=higher))
        for shared, points in found.items()
        if len(points) > 1
    ]


def _circumstances(entry: BoardEntry) -> tuple[str, str, str]:
    """Hardware, precision and batch in words: speeds of other circumstances are never compared."""
    device, settings = hardware(entry), entry.result.cell.settings
    name = ", ".join(word for word in (device.text, device.detail) if word)
    return name, str(settings.precision), str(settings.batch_size)


def _point(entry: BoardEntry, column: str) -> Point | None:
    """None where there is no finite mean, no call beside the warm-up was timed, or on several devices."""
    summary, speed = entry.scores.get(column), entry.speed
    if summary is None or summary.mean is None or speed is None or not speed.warm:
        return None
    if len(devices(entry.result)) > 1:
        return None
    return Point(entry, speed.frames_per_s, summary.mean, entry.intervals.get(column))


def with_front(points: Sequence[Point], *, higher: bool) -> tuple[Point, ...]:
    """The points, fastest first, each with the name of the best that leaves it behind."""
    sign = 1.0 if higher else -1.0
    ordered = sorted(points, key=lambda point: (-point.speed, -sign * point.score))
    found: list[Point] = []
    best: Point | None = None
    for point in ordered:  # `best` is at least as fast as what follows
        behind = best is not None and (
            sign * best.score > sign * point.score or (best.score == point.score and best.speed > point.speed)
        )
        label = best.entry.label if best is not None and behind else ""
        found.append(Point(point.entry, point.speed, point.score, point.interval, label))
        if best is None or sign * point.score > sign * best.score:
            best = point
    return tuple(found)


@dataclass(frozen=True)
class Scale:
    """From figures to pixels: x logarithmic, y linear with better upwards."""

    low_x: float
    high_x: float
    worst: float
    best: float

    def x(self, speed: float) -> float:
        """Pixels from the left."""
        share = math.log(speed / self.low_x) / math.log(self.high_x / self.low_x)
        return PLOT.left + share * (PLOT.right - PLOT.left)

    def y(self, score: float) -> float:
        """Pixels from the top."""
        share = (score - self.worst) / (self.best - self.worst)
        return PLOT.bottom - share * (PLOT.bottom - PLOT.top)


def _scale(race: Race) -> Scale:
    """Room around all points and intervals; a factor of four and a hundredth at least."""
    speeds = [point.speed for point in race.points]
    middle = math.sqrt(min(speeds) * max(speeds))
    factor = max(1.6 * max(speeds) / middle, 2.0)
    ends = [point.score for point in race.points]
    ends += [end for point in race.points for end in point.interval or ()]
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) + 10.0**-3
    worst, best = (low - room, high + room) if race.higher else (high + room, low - room)
    return Scale(middle / factor, middle * factor, worst, best)


def draw(race: Race, title: str) -> Drawing:
    """The figure: dots with intervals and names, the front as a staircase, those behind it pale."""
    scale = _scale(race)
    dots = [
        Dot(scale.x(point.speed), scale.y(point.score), 4.5, _role(point), _tip(race, point))
        for point in race.points
    ]
    bars = [bar for point in race.points for bar in _bar(scale, point)]
    named = [
        Named(dot.x, dot.y, point.entry.label, _covers(scale, point), not point.beaten_by)
        for dot, point in zip(dots, race.points, strict=True)
    ]
    names, leaders = place_names(named, PLOT)
    axes, figures = _axes(race, scale)
    front = ", ".join(point.entry.label for point in race.points if not point.beaten_by)
    return Drawing(
        WIDTH,
        HEIGHT,
        f"{title}: {race.column} against frames a second of {len(race.points)} methods; in front: {front}",
        (*axes, *_staircase(race, scale), *bars, *leaders),
        tuple(sorted(dots, key=lambda dot: dot.role == "front")),
        (*figures, *names),
    )


def _role(point: Point) -> Role:
    return "behind" if point.beaten_by else "front"


def _tip(race: Race, point: Point) -> str:
    score = score_text(race.column, point.score)
    return f"{point.entry.label}: {race.column} {score}, {point.speed:.3g} frames/s"


def _covers(scale: Scale, point: Point) -> LabelBox:
    x, ends = scale.x(point.speed), [scale.y(end) for end in point.interval or (point.score,)]
    return LabelBox(x - 2, min(ends), x + 2, max(ends))


def _bar(scale: Scale, point: Point) -> list[Stroke]:
    if point.interval is None:
        return []
    x, (low, high) = scale.x(point.speed), point.interval
    return [Stroke(((x, scale.y(low)), (x, scale.y(high))), "behind" if point.beaten_by else "bar")]


def _staircase(race: Race, scale: Scale) -> list[Stroke]:
    """What no method of the race surpasses: each step ends at the speed of a method of the front."""
    front = [point for point in race.points if not point.beaten_by]
    corners = [(scale.x(front[0].speed), PLOT.bottom)]
    for point in front:
        x, y = scale.x(point.speed), scale.y(point.score)
        corners += [(x, corners[-1][1]), (x, y)]
    return [Stroke((*corners, (PLOT.left, corners[-1][1])), "step")]


def _axes(race: Race, scale: Scale) -> tuple[list[Stroke], list[Word]]:
    """Grid, axes and the figures at them."""
    strokes, words = [], []
    low, high = sorted((scale.worst, scale.best))
    ticks = even_ticks(low, high)
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]))) if len(ticks) > 1 else 3
    for tick in ticks:
        y = scale.y(tick)
        strokes.append(Stroke(((PLOT.left, y), (PLOT.right, y)), "grid"))
        words.append(Word(PLOT.left - 8, y + 4, f"{tick:.{digits}f}", "tick", "end"))
    for tick in log_ticks(scale.low_x, scale.high_x):
        x = scale.x(tick)
        strokes.append(Stroke(((x, PLOT.bottom), (x, PLOT.bottom + 4)), "axis"))
        words.append(Word(x, PLOT.bottom + 18, f"{tick:g}", "tick", "middle"))
    strokes.append(Stroke(((PLOT.left, PLOT.bottom), (PLOT.right, PLOT.bottom)), "axis"))
    unit = " (dB)" if kind(race.column) == "psnr" else ""
    up = "" if race.higher else ", less is better"
    words.append(Word(PLOT.left + 2, PLOT.top - 4, f"{race.column}{unit}{up}", "tick"))
    words.append(Word(PLOT.right, PLOT.bottom + 38, "frames a second", "tick", "end"))
    return strokes, words
