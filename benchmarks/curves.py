"""Loss and validation curves of trainings, as one SVG picture.

    python benchmarks/curves.py superslomo-starter=runs/superslomo-starter ... --out docs/starters.svg

Each NAME=DIR is a folder of `vfibench train`. A column a training: above the weighted sum of its losses, on a
logarithmic axis (mean and middle half of each of some 150 stretches of steps), below the validation PSNR.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from vfibench.training.curves import LOSSES, VALIDATIONS, read_curve

WIDTH, HEIGHT, LEFT, TOP, GAP = 270, 150, 54, 30, 34  # of a panel, and the room around it, pixels
STRETCHES = 150
LINE, BAND = "#1f5fa8", "#c9dcf0"
Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """Values on a straight or logarithmic line of pixels.

    Attributes:
        low, high: values at its ends.
        start, end: pixels of its ends.
        logarithmic: whether factors are of equal length.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        low, high, value = map(self._scaled, (self.low, self.high, value))
        return self.start + (self.end - self.start) * (value - low) / ((high - low) or 1)

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value

    def ticks(self) -> list[float]:
        """Round values within it: three to seven of them, as a rule."""
        if self.logarithmic and self.high / self.low > 5:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            digits = (1, 2, 5) if last - first <= 3 else (1,)
            powers = range(first, last + 1, 1 + (last - first) // 8)
            found = [digit * 10.0**power for power in powers for digit in digits]
        else:
            step = nice((self.high - self.low) / 4 or 1)
            found = [step * k for k in range(math.floor(self.low / step), math.ceil(self.high / step) + 1)]
        return [value for value in found if self.low <= value <= self.high]


def nice(step: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... from `step` on."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= step * 0.999)


@dataclass(frozen=True)
class Panel:
    """A curve in a frame.

    Attributes:
        title: above it.
        points: of the curve.
        band: (x, lower, upper) around it, or nothing.
        last: greatest x.
        logarithmic: of the y axis.
    """

    title: str
    points: Sequence[Point]
    band: Sequence[tuple[float, float, float]]
    last: float
    logarithmic: bool

    def draw(self, left: float, top: float) -> Iterable[str]:
        """SVG elements of the panel whose frame begins at (left, top)."""
        values = [y for _, y in self.points] + [y for _, *ends in self.band for y in ends]
        x = Axis(0, self.last, left, left + WIDTH)
        y = Axis(min(values), max(values), top + HEIGHT - 6, top + 6, self.logarithmic)
        yield f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#888"/>'
        yield text(left, top - 8, self.title, "start", weight="bold")
        for value in y.ticks():
            yield f'<path d="M{left} {y(value):.1f}h{WIDTH}" stroke="#ddd"/>'
            yield text(left - 6, y(value) + 4, f"{value:g}", "end")
        for value in x.ticks():
            yield text(x(value), top + HEIGHT + 15, f"{value:g}", "middle")
        if self.band:
            around = [(x(k), y(low)) for k, low, _ in self.band]
            around += [(x(k), y(high)) for k, _, high in reversed(self.band)]
            yield f'<path d="{path(around)}Z" fill="{BAND}"/>'
        line = path([(x(k), y(value)) for k, value in self.points])
        yield f'<path d="{line}" fill="none" stroke="{LINE}" stroke-width="1.6"/>'
        for k, value in self.points if len(self.points) < 40 else ():
            yield f'<circle cx="{x(k):.1f}" cy="{y(value):.1f}" r="2" fill="{LINE}"/>'


def text(x: float, y: float, words: str, anchor: str, weight: str = "normal") -> str:
    attributes = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {attributes}>{escape(words)}</text>"


def path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def losses(name: str, folder: Path) -> Panel:
    """The weighted sum of a training's losses."""
    rows = read_curve(folder / LOSSES)
    size = max(1, len(rows) // STRETCHES)
    stretches = [rows[k : k + size] for k in range(0, len(rows), size)]
    points, band = [], []
    for stretch in stretches:
        totals, place = sorted(row["total"] for row in stretch), stretch[len(stretch) // 2]["step"]
        points.append((place, math.fsum(totals) / len(totals)))
        band.append((place, totals[len(totals) // 4], totals[3 * len(totals) // 4]))
    return Panel(f"{name}: loss", points, band, rows[-1]["step"] + 1, logarithmic=True)


def validation(folder: Path, last: float) -> Panel:
    """PSNR on samples that training never sees."""
    points = [(row["step"], row["psnr_db"]) for row in read_curve(folder / VALIDATIONS)]
    return Panel("validation PSNR, dB, by step", points, (), last, logarithmic=False)


def picture(runs: Sequence[tuple[str, Path]]) -> str:
    """The SVG of all runs, side by side."""
    wide, high = LEFT + WIDTH + 12, TOP + HEIGHT + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide * len(runs)}" height="{2 * high}" '
        'font-family="sans-serif" font-size="11" fill="#333">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, (name, folder) in enumerate(runs):
        above = losses(name, folder)
        parts += above.draw(place * wide + LEFT, TOP)
        parts += validation(folder, above.last).draw(place * wide + LEFT, high + TOP)
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", nargs="+", metavar="NAME=DIR", help="folders of `vfibench train`")
    parser.add_argument("--out", type=Path, required=True, help="SVG file")
    options = parser.parse_args()
    named = [run.partition("=") for run in options.runs]
    options.out.write_text(picture([(name, Path(folder or name)) for name, _, folder in named]), "utf-8")


if __name__ == "__main__":
    main()
