"""One page per method: what it is, its scores, whether published ones hold, how fast it is, how to run it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vfibench.contracts import PageOptions
from vfibench.leaderboards.grouping import Board, BoardEntry, Group, boards
from vfibench.statistics.bootstrap import DRAWS
from vfibench.store.result import CellResult
from vfibench_reports.kit.board_parts import main_columns
from vfibench_reports.kit.entries import frames, names
from vfibench_reports.kit.method_tables import speed_table
from vfibench_reports.kit.numbers import MISSING, metric_column, score_field
from vfibench_reports.kit.origins import Origin, origins
from vfibench_reports.kit.published import nearest, verdict_table
from vfibench_reports.kit.site import file_url, page_name, render, write_page
from vfibench_reports.kit.tables import Column, Field, Table
from vfibench_reports.method.card import method_facts
from vfibench_reports.method.commands import reproduce_command, run_command

DATASET = Column("dataset", "dataset", style="head")
RANK = Column("rank", "rank", tip="among methods that may be compared, by the first metric", style="number")
N = Column("n", "n", tip="frames with a score", first="descending", style="number")
INPUTS = Column("inputs", "inputs", tip="input frames of a sample", style="number")
NOTE = Column("note", "why not ranked")


@dataclass(frozen=True)
class MethodStanding:
    """An entry of one method and where it stands.

    Attributes:
        detail: what sets it apart from entries of the same name beside it, "" for nothing.
    """

    board: Board
    group: Group
    entry: BoardEntry
    detail: str

    @property
    def place(self) -> str:
        """Such as "ucf101, protocol vfibench"."""
        return f"{self.board.dataset}, protocol {self.board.protocol}"

    @property
    def note(self) -> str:
        """Why it is not ranked, "" where it is."""
        return self.entry.note or ("" if self.group.ranked else self.group.heading)


@dataclass(frozen=True)
class Command:
    """A command to copy: what it is for, and its text."""

    about: str
    text: str


class MethodPage:
    """The page plugin; see `vfibench.contracts.Page`."""

    def __init__(self, options: PageOptions | None = None) -> None:
        self.options = options or PageOptions()

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write a page per method into `out`; (title, file name) of each."""
        found = standings(boards(results))
        for label, own in found.items():
            relatives = [other for other in found if other != label and _name(found[other]) == _name(own)]
            html = render_method(label, own, relatives, self.options)
            write_page(out, page_name("method", label), html)
        return [(label, page_name("method", label)) for label in found]


def standings(found: Iterable[Board]) -> dict[str, list[MethodStanding]]:
    """Where each method stands, by its name in tables, in order of first appearance."""
    by_label: dict[str, list[MethodStanding]] = {}
    for board in found:
        for group in board.groups:
            for entry, name in zip(group.entries, names(group.entries, titles=False), strict=True):
                standing = MethodStanding(board, group, entry, name.detail)
                by_label.setdefault(entry.label, []).append(standing)
    return by_label


def render_method(
    label: str, own: Sequence[MethodStanding], relatives: Sequence[str], options: PageOptions
) -> str:
    """The page of one method as HTML.

    Args:
        label: its name in tables.
        own: all its entries.
        relatives: names of the same method under other settings, which have pages of their own.
        options: what else is in the site.
    """
    entries = [standing.entry for standing in own]
    return render(
        "method.html",
        scripts=("copy",),
        options=options,
        label=label,
        title=entries[0].result.cell.facts.method.title,
        relatives=[(other, file_url(page_name("method", other))) for other in relatives],
        facts=method_facts(entries),
        scores=score_tables(own),
        draws=DRAWS,
        published=verdict_table(entries),
        checks=_checks(entries),
        speed=_speed(own),
        commands=_commands(own),
        sources=[(standing.place, origin) for standing in own for origin in _origins(standing)],
    )


def _name(own: Sequence[MethodStanding]) -> str:
    return own[0].entry.result.cell.method


def score_tables(own: Sequence[MethodStanding]) -> list[tuple[str, Table]]:
    """A table per protocol: a row per dataset, its scores under the names of their definitions."""
    protocols = list(dict.fromkeys(standing.board.protocol for standing in own))
    return [
        (protocol, _score_table(f"scores-{place}", [one for one in own if one.board.protocol == protocol]))
        for place, protocol in enumerate(protocols, 1)
    ]


def _score_table(name: str, own: Sequence[MethodStanding]) -> Table:
    metrics: dict[str, Column] = {}
    for standing in own:
        for column in main_columns(standing.board):
            metrics.setdefault(column, metric_column(standing.board, column))
    rows = [[*_front(standing), *(score_field(standing.entry, key) for key in metrics)] for standing in own]
    columns = [DATASET, RANK, N, INPUTS, *metrics.values()]
    if any(standing.note for standing in own):
        columns.append(NOTE)
        rows = [[*row, Field(one.note or MISSING)] for row, one in zip(rows, own, strict=True)]
    return Table(name, f"Scores, protocol {own[0].board.protocol}", columns, rows)


def _front(standing: MethodStanding) -> list[Field]:
    entry, inputs = standing.entry, standing.entry.result.cell.settings.inputs
    rank = Field(MISSING, tip=standing.group.heading)
    if entry.rank is not None:
        rank = Field(f"{entry.rank} of {len(standing.group.entries)}", entry.rank)
    return [_dataset(standing), rank, frames(entry), Field(str(inputs), inputs)]


def _dataset(standing: MethodStanding) -> Field:
    """The dataset, linked to its leaderboard."""
    board = standing.board
    link = file_url(page_name("leaderboard", board.dataset, board.protocol))
    return Field(board.dataset, detail=standing.detail, link=link)


def _speed(own: Sequence[MethodStanding]) -> Table | None:
    """The speed table of the leaderboards, with datasets in the place of methods."""
    timed = [standing for standing in own if standing.entry.speed is not None]
    table = speed_table([standing.entry for standing in timed])
    if table is None:
        return None
    rows = [[_dataset(one), *row[1:]] for one, row in zip(timed, table.rows, strict=True)]
    return replace(table, columns=[DATASET, *table.columns[1:]], rows=rows)


def _checks(entries: Sequence[BoardEntry]) -> list[Command]:
    """The commands that measure published scores again, one a dataset and variant."""
    found = {reproduce_command(entry.result): entry.result.cell.dataset for entry, _ in nearest(entries)}
    return [Command(dataset, text) for text, dataset in found.items()]


def _commands(own: Sequence[MethodStanding]) -> list[Command]:
    """The command of every cell, equal ones once."""
    found: dict[str, str] = {}
    for one in own:
        detail = f" ({one.detail})" if one.detail else ""
        found.setdefault(run_command(one.entry.result), one.place + detail)
    return [Command(about, text) for text, about in found.items()]


def _origins(standing: MethodStanding) -> list[Origin]:
    alone = replace(standing.group, entries=(standing.entry,))
    return origins(replace(standing.board, groups=(alone,)))
