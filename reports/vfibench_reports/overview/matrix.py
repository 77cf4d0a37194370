"""Methods x datasets: the mean of each board's ranking column, with the rank it has there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.store.settings import Settings
from vfibench_reports.kit.entries import method_link
from vfibench_reports.kit.numbers import MISSING, marks, metric_column, score_field
from vfibench_reports.kit.site import file_url, page_name
from vfibench_reports.kit.tables import METHOD, Column, Field, Mark, Table


class Who(NamedTuple):
    """A method of the matrix.

    Attributes:
        label: its name.
        weights: SHA-256 of its weights, "" for none.
        code: of its code, where one dataset has it in several versions; else "".
    """

    label: str
    weights: str
    code: str = ""


"""A method with its weights: its label and their SHA-256, "" for none."""


@dataclass(frozen=True)
class MatrixCell:
    """An entry where it stands.

    Attributes:
        mark: best or second of its group.
        tag: what sets its group apart from the largest that is ranked on the dataset, "" for that one.
    """

    entry: BoardEntry
    group: Group
    mark: Mark
    tag: str


def matrix(boards: Sequence[Board], name: str) -> Table:
    """The table of one protocol.

    Rows come in the order of the first dataset's scores, then of the second's, and so on.

    Args:
        boards: of one protocol, a dataset each.
        name: of the table in the address.
    """
    versions = in_versions(boards)
    columns = [standings(board, versions) for board in boards]
    people = sorted(
        {who for column in columns for who in column}, key=lambda who: _order(who, boards, columns)
    )
    rows = []
    for who in people:
        namesakes = [other for other in people if other.label == who.label]
        fields = (_field(board, column.get(who)) for board, column in zip(boards, columns, strict=True))
        rows.append([_name(who, namesakes), *fields])
    heads = [_heading(board, place) for place, board in enumerate(boards)]
    foot = [Field("every score"), *(_board_link(board) for board in boards)]
    label = f"Methods and datasets, protocol {boards[0].protocol}"
    return Table(name, label, [METHOD, *heads], rows, foot, tools=True)


def in_versions(boards: Sequence[Board]) -> set[Who]:
    """Methods that one dataset has with several versions of their code."""
    found: set[Who] = set()
    for board in boards:
        codes: dict[Who, set[str | None]] = {}
        for entry in (entry for group in board.groups for entry in group.entries):
            codes.setdefault(_who(entry), set()).add(entry.result.cell.settings.code)
        found |= {who for who, known in codes.items() if len(known) > 1}
    return found


def _who(entry: BoardEntry) -> Who:
    return Who(entry.label, entry.result.cell.settings.weights_sha256 or "")


def standings(board: Board, versions: Collection[Who] = ()) -> dict[Who, MatrixCell]:
    """The entry of each method that tells most: ranked before unranked, then the most frames.

    Args:
        board: of one dataset.
        versions: methods of which each version of the code is one of its own, see `in_versions`.
    """
    found: dict[Who, MatrixCell] = {}
    for group in board.groups:
        tag = _tag(group, board.groups)
        for entry, mark in zip(group.entries, marks(board, group, board.columns[0]), strict=True):
            who = _who(entry)
            if who in versions:
                who = who._replace(code=entry.result.cell.settings.code or "")
            standing = MatrixCell(entry, group, mark, tag)
            if who not in found or _tells(standing) > _tells(found[who]):
                found[who] = standing
    return found


def _tells(standing: MatrixCell) -> tuple[bool, int]:
    return standing.group.ranked, standing.entry.result.counts.ok


def _tag(group: Group, groups: Sequence[Group]) -> str:
    """Of a ranked group beside a larger one: its input frames, and what else tells it apart."""
    ranked = [one for one in groups if one.ranked]
    if not group.ranked or group is max(ranked, key=lambda one: len(one.entries)):
        return ""
    own = _settings(group)
    if own.reduced > 1:
        return f"{own.inputs} frames in, reduced by {own.reduced}"
    told = [_settings(one).inputs for one in ranked].count(own.inputs) == 1
    return f"{own.inputs} frames in" + ("" if told else f", list {own.list_sha256[:4]}")


def _settings(group: Group) -> Settings:
    """What the entries of a group have in common stands in those of the first."""
    return group.entries[0].result.cell.settings


def _order(
    who: Who, boards: Sequence[Board], columns: Sequence[dict[Who, MatrixCell]]
) -> tuple[tuple[int, float] | str, ...]:
    keys: list[tuple[int, float] | str] = []
    for board, column in zip(boards, columns, strict=True):
        name = board.columns[0]
        summary = column[who].entry.scores.get(name) if who in column else None
        mean = None if summary is None else summary.mean
        sign = -1.0 if board.better[name] == "higher" else 1.0
        keys.append((1, 0.0) if mean is None else (0, sign * mean))
    return (*keys, *who)


def _name(who: Who, namesakes: Sequence[Who]) -> Field:
    """A method's name, and in what it differs from others of that name."""
    told = [
        f"{word} {own[:8] or 'none'}"
        for word, own, all_of_it in (
            ("weights", who.weights, {one.weights for one in namesakes}),
            ("code", who.code, {one.code for one in namesakes}),
        )
        if len(all_of_it) > 1
    ]
    return Field(who.label, detail=", ".join(told), link=method_link(who.label))


def _heading(board: Board, place: int) -> Column:
    """The dataset above its ranking metric."""
    metric = metric_column(board, board.columns[0])
    return Column(
        f"d{place + 1}",
        board.dataset,
        f"{metric.label.upper()} {metric.detail}",
        metric.tip,
        metric.first,
        "number",
    )


def _board_link(board: Board) -> Field:
    link = file_url(page_name("leaderboard", board.dataset, board.protocol))
    return Field("leaderboard", link=link, tip=f"all scores on {board.dataset}")


def _field(board: Board, standing: MatrixCell | None) -> Field:
    """The mean, with the rank among how many, or that it is not ranked and why."""
    if standing is None:
        return Field(MISSING, tip="not run")
    entry, group = standing.entry, standing.group
    plain = score_field(entry, board.columns[0], standing.mark)
    if entry.rank is None:
        why = entry.note or group.heading
        return Field(plain.text, plain.value, "not ranked", "aside", tip=why)
    told = f"{entry.rank} of {len(group.entries)}" + (f", {standing.tag}" if standing.tag else "")
    return Field(plain.text, plain.value, told, plain.mark, tip=f"rank {told}; {plain.tip}")
