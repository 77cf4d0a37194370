"""The overview: who stands where on every dataset, how fast that is, and what the definition decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfibench.contracts import PageOptions
from vfibench.leaderboards.grouping import Board, boards
from vfibench.statistics.digits import score_text
from vfibench.store.result import CellResult
from vfibench_reports.kit.board_parts import tagged
from vfibench_reports.kit.drawing import Drawing
from vfibench_reports.kit.entries import method_link, shared_facts
from vfibench_reports.kit.numbers import MISSING, interval_text, quantity
from vfibench_reports.kit.saving import save
from vfibench_reports.kit.site import file_url, page_name, render, write_page
from vfibench_reports.kit.tables import METHOD, Column, Field, Table
from vfibench_reports.overview import bump, pareto
from vfibench_reports.overview.matrix import matrix
from vfibench_reports.overview.orders import Orders, group_orders, swapped_pairs
from vfibench_reports.overview.pareto import Point, Race

FOLDER = "figures"
"""Of the site, for figures saved beside the pages."""


class OverviewPage:
    """The page plugin; see `vfibench.contracts.Page`."""

    def __init__(self, options: PageOptions | None = None) -> None:
        self.options = options or PageOptions()

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write the overview and its figures into `out`; its (title, file name)."""
        found = boards(results)
        charts = [chart for board in found for chart in speed_charts(board)]
        for chart in charts:
            (out / FOLDER).mkdir(exist_ok=True)
            save(chart.drawing, out / FOLDER / chart.stem)
        write_page(out, page_name("overview"), render_overview(found, charts, self.options))
        return [("Methods, datasets, speed and definitions", page_name("overview"))]


@dataclass(frozen=True)
class SpeedChart:
    """Quality against speed, as the template shows it.

    Attributes:
        heading: the dataset and protocol.
        shared: what all methods in it have in common.
        table: the figures drawn.
        stem: name of the saved files, without suffix.
    """

    heading: str
    shared: str
    drawing: Drawing
    table: Table
    stem: str

    @property
    def saved(self) -> list[tuple[str, str]]:
        """(kind, address) of each saved file."""
        return [(kind.upper(), f"{FOLDER}/{file_url(self.stem)}.{kind}") for kind in ("svg", "png")]


@dataclass(frozen=True)
class OrderChart:
    """The ranking under the definitions of one metric, as the template shows it.

    Attributes:
        heading: the dataset, protocol and metric.
        shared: of which frames.
        told: what the figure says, in a sentence.
        drawing: None where every definition gives the same order.
        methods: each method's place in each order, and the range of its means.
        orders: which definitions give which order.
    """

    heading: str
    shared: str
    told: str
    drawing: Drawing | None
    methods: Table
    orders: Table


def render_overview(found: Sequence[Board], charts: Sequence[SpeedChart], options: PageOptions) -> str:
    """The page as HTML.

    Args:
        found: every board.
        charts: what `speed_charts` gives of them.
        options: what else is in the site.
    """
    protocols = dict.fromkeys(board.protocol for board in found)
    cells = [entry for board in found for group in board.groups for entry in group.entries]
    return render(
        "overview.html",
        options=options,
        methods=len({entry.label for entry in cells}),
        datasets=len({board.dataset for board in found}),
        matrices=[
            (protocol, matrix([board for board in found if board.protocol == protocol], f"matrix-{place}"))
            for place, protocol in enumerate(protocols, 1)
        ],
        charts=charts,
        orders=[chart for place, board in enumerate(found, 1) for chart in order_charts(board, str(place))],
    )


def _heading(board: Board) -> str:
    return f"{board.dataset}, protocol {board.protocol}"


def speed_charts(board: Board) -> list[SpeedChart]:
    """A chart per group and hardware on which two or more of its methods were timed."""
    charts = []
    for group, tag in tagged(board):
        for race in pareto.races(board, group):
            words = (board.dataset, board.protocol, tag, race.hardware, race.precision, f"batch-{race.batch}")
            stem = page_name("pareto", *words).removesuffix(".html")
            shared = f"{race.hardware}, {race.precision}, batch {race.batch}; {group.heading}, "
            shared += shared_facts(group)
            drawing = pareto.draw(race, _heading(board))
            charts.append(SpeedChart(_heading(board), shared, drawing, _race_table(race, stem), stem))
    return charts


def _race_table(race: Race, name: str) -> Table:
    columns = [
        METHOD,
        Column("fps", "frames/s", first="descending", style="number"),
        Column("score", race.column, first="descending" if race.higher else "ascending", style="number"),
        Column("behind", "behind"),
    ]
    rows = [[*_point_fields(race, point)] for point in race.points]
    return Table(name, f"Quality and speed on {race.hardware}", columns, rows, tools=True)


def _point_fields(race: Race, point: Point) -> list[Field]:
    label, told = point.entry.label, score_text(race.column, point.score)
    detail = interval_text(race.column, point.interval) if point.interval else ""
    behind = Field(point.beaten_by) if point.beaten_by else Field("on the front", mark="best")
    return [
        Field(label, link=method_link(label)),
        quantity(point.speed),
        Field(told, point.score, detail),
        behind,
    ]


def order_charts(board: Board, tag: str) -> list[OrderChart]:
    """A chart per group and metric that was scored under several definitions."""
    return [
        _order_chart(board, found, shared_facts(group), f"{found.family}-{tag}.{place}")
        for group, place in tagged(board)
        for found in group_orders(board, group)
    ]


def _order_chart(board: Board, found: Orders, shared: str, name: str) -> OrderChart:
    heading = f"{found.family.upper()} on {_heading(board)}"
    alone = len(found.orders) == 1
    return OrderChart(
        heading,
        shared,
        _told(found),
        None if alone else bump.draw(found, heading),
        _place_table(found, f"{name}-places"),
        _definition_table(found, f"{name}-orders"),
    )


def _told(found: Orders) -> str:
    count, methods = len(found.columns), len(found.entries)
    if len(found.orders) == 1:
        all_of_them = "Both" if count == 2 else f"All {count}"
        return f"{all_of_them} definitions put the {methods} methods in the same order."
    moved = sum(found.moved)
    more = f" The {bump.MOST} most common are drawn." if len(found.orders) > bump.MOST else ""
    return (
        f"{count} definitions give {len(found.orders)} orders; "
        f"{moved} of {methods} methods change their place.{more}"
    )


def _place_table(found: Orders, name: str) -> Table:
    """A line per method: its place in each order, its lowest and highest mean."""
    letters = [bump.letter(place) for place in range(len(found.orders))]
    columns = [METHOD, *(Column(f"o{one}", one, style="number") for one in letters)]
    columns += [
        Column(word, word, tip=f"{word} mean over the definitions", style="number")
        for word in ("lowest", "highest", "spread")
    ]
    return Table(
        name, "Places", columns, [_place_row(found, row) for row in range(len(found.entries))], tools=True
    )


def _place_row(found: Orders, row: int) -> list[Field]:
    label = found.entries[row].label
    places = [Field(str(order.places[row]), order.places[row]) for order in found.orders]
    low, high = float(found.means[row].min()), float(found.means[row].max())
    figures = [Field(score_text(found.columns[0], value), value) for value in (low, high, high - low)]
    return [Field(label, link=method_link(label)), *places, *figures]


def _definition_table(found: Orders, name: str) -> Table:
    """A line an order: the definitions that give it, and how far it is from the first."""
    pairs = len(found.entries) * (len(found.entries) - 1) // 2
    tip = "pairs of methods in the other order than in A"
    columns = [
        Column("order", "order", style="head"),
        Column("definitions", "given by"),
        Column("swapped", "pairs swapped", f"of {pairs}", tip, style="number"),
    ]
    first = found.orders[0]
    rows = []
    for place, order in enumerate(found.orders):
        swapped = swapped_pairs(first, order)
        text = Field(str(swapped), swapped) if place else Field(MISSING)
        rows.append([Field(bump.letter(place)), Field(", ".join(order.columns)), text])
    return Table(name, "Orders", columns, rows)
