"""Saves a drawing as SVG and PNG with matplotlib, for papers and slides: dark on white, text kept as text."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from vfibench.system.files import whole
from vfibench_reports.kit.drawing import SIZE, Drawing, Stroke, Word

INKS: dict[str, tuple[str, float]] = {
    "grid": ("#e3e6ea", 0.7),
    "axis": ("#2a2e35", 1.0),
    "front": ("#0b57a4", 1.8),
    "behind": ("#a7adb6", 1.2),
    "bar": ("#0b57a4", 1.4),
    "step": ("#0b57a4", 0.9),
    "leader": ("#a7adb6", 0.7),
    "word": ("#1b1e23", 0.0),
    "tick": ("#636a75", 0.0),
}
"""Colour on white, and line width in pixels, of each role."""

# Any: newer matplotlib lists the keys in its types, older does not.
SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "vfibench", "font.family": "DejaVu Sans"}
DOTS_PER_INCH = 100  # a pixel of the drawing is 1/100 inch; the PNG has two of its own a side
LAYERS = ("grid", "step", "behind", "leader", "axis", "bar", "front")


def save(drawing: Drawing, stem: Path) -> None:
    """Write STEM.svg and STEM.png; the same drawing gives the same bytes.

    Args:
        drawing: in pixels.
        stem: path without suffix; its folder exists.
    """
    import matplotlib as mpl

    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*missing from font.*")
        figure = _figure(drawing)
        with whole(stem.with_name(f"{stem.name}.svg")) as file:
            figure.savefig(file, format="svg", metadata={"Date": None})
        with whole(stem.with_name(f"{stem.name}.png")) as file:
            figure.savefig(file, format="png", dpi=2 * DOTS_PER_INCH, metadata={"Software": None})


def _figure(drawing: Drawing) -> Any:
    """A matplotlib figure whose coordinates are the drawing's."""
    from matplotlib.figure import Figure

    figure = Figure(
        (drawing.width / DOTS_PER_INCH, drawing.height / DOTS_PER_INCH), dpi=DOTS_PER_INCH, facecolor="#fff"
    )
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.set_axis_off()
    for stroke in sorted(drawing.strokes, key=lambda stroke: LAYERS.index(stroke.role)):
        axes.add_line(_line(stroke))
    for dot in drawing.dots:
        size = (2 * dot.radius * 72 / DOTS_PER_INCH) ** 2
        axes.scatter([dot.x], [dot.y], s=size, color=INKS[dot.role][0], linewidths=0, zorder=3)
    for word in drawing.words:
        axes.text(word.x, word.y, _printable(word.text), zorder=4, **_font(word))
    return figure


def _line(stroke: Stroke) -> Any:
    from matplotlib.lines import Line2D

    colour, width = INKS[stroke.role]
    across, down = zip(*stroke.points, strict=True)
    return Line2D(across, down, color=colour, linewidth=width * 72 / DOTS_PER_INCH)


def _font(word: Word) -> dict[str, Any]:
    """A name is no formula, whatever dollar signs it has."""
    return {
        "color": INKS[word.role][0],
        "fontsize": 0.92 * SIZE * 72 / DOTS_PER_INCH,  # DejaVu is wide
        "fontweight": "bold" if word.strong else "normal",
        "horizontalalignment": {"start": "left", "middle": "center", "end": "right"}[word.anchor],
        "verticalalignment": "baseline",
        "parse_math": False,
    }


def _printable(text: str) -> str:
    """Without control characters, which no SVG file may hold."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
