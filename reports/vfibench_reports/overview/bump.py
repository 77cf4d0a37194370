"""The order of the methods under each definition, as lines that cross where the definition decides."""

from __future__ import annotations

from vfibench_reports.kit.drawing import Dot, Drawing, Role, Stroke, Word, shortened, text_width
from vfibench_reports.overview.orders import Orders

MOST = 10  # orders side by side
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROW, TOP, STEP = 26.0, 52.0, 96.0


def letter(place: int) -> str:
    """The name of an order: A, B, ... Z, A2, B2, ...

    >>> letter(1), letter(27)
    ('B', 'B2')
    """
    turn, at = divmod(place, len(LETTERS))
    return LETTERS[at] + (str(turn + 1) if turn else "")


def draw(found: Orders, title: str) -> Drawing:
    """A column an order, headed by its letter and how many definitions give it; a line per method."""
    names = [shortened(entry.label) for entry in found.entries]
    wide = max(text_width(name) for name in names) + 34
    shown = found.orders[:MOST]
    xs = [wide + STEP * place for place in range(len(shown))]
    words = [word for place, x in enumerate(xs) for word in _head(x, place, len(shown[place].columns))]
    strokes, dots = [], []
    # Equal means share a place: the ones behind are drawn a little lower, so that both can be seen.
    for row, name in enumerate(names):
        role: Role = "front" if found.moved[row] else "behind"
        ys = [_y(found, row, place) for place in range(len(shown))]
        strokes.append(Stroke(tuple(zip(xs, ys, strict=True)), role))
        dots += [Dot(x, y, 4.0, role, f"{name}: {order.places[row]}")
                 for x, y, order in zip(xs, ys, shown, strict=True)]  # fmt: skip
        words += _ends(name, xs, ys, (shown[0].places[row], shown[-1].places[row]), strong=found.moved[row])
    height = TOP + ROW * len(names)
    label = f"{title}: places of {len(names)} methods in {len(found.orders)} orders; the table tells them all"
    order = sorted(range(len(strokes)), key=lambda row: found.moved[row])
    return Drawing(
        xs[-1] + wide,
        height,
        label,
        tuple(strokes[row] for row in order),
        tuple(sorted(dots, key=lambda dot: dot.role == "front")),
        tuple(words),
    )


def _head(x: float, place: int, count: int) -> list[Word]:
    definitions = "1 definition" if count == 1 else f"{count} definitions"
    return [
        Word(x, 16, letter(place), "word", "middle", strong=True),
        Word(x, 31, definitions, "tick", "middle"),
    ]


def _y(found: Orders, row: int, place: int) -> float:
    """Pixels from the top of a method in an order, below earlier methods of the same place."""
    places = found.orders[place].places
    return TOP + ROW * (places[row] - 1 + places[:row].count(places[row]))


def _ends(
    name: str, xs: list[float], ys: list[float], places: tuple[int, int], *, strong: bool
) -> list[Word]:
    """The name and its place at both ends."""
    return [
        Word(xs[0] - 12, ys[0] + 4, f"{name}  {places[0]}", "word", "end", strong),
        Word(xs[-1] + 12, ys[-1] + 4, f"{places[1]}  {name}", "word", "start", strong),
    ]
