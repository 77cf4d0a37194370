"""How the order of the methods changes with the definition of a metric, one prediction each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.leaderboards.grouping import Board, BoardEntry, Group
from vfibench.statistics.arrays import FloatArray
from vfibench.statistics.digits import kind

FAMILIES = {"ssim3d": "ssim", "lpips-squeeze": "lpips", "ie-rms": "ie", "ie-l2": "ie"}
"""Metrics that papers print under one name."""


@dataclass(frozen=True)
class Order:
    """An order of the methods, and the definitions that give it.

    Attributes:
        columns: metric columns, in stored order.
        places: [M] place of each method, 1 is best; equal means share one.
    """

    columns: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class Orders:
    """What all definitions of one family say of a group.

    Attributes:
        family: such as "ssim".
        entries: M methods, as the group ranks them.
        columns: C definitions that every method was scored under.
        means: [M, C].
        orders: the first is that of the first definition, then by how many definitions give it.
    """

    family: str
    entries: tuple[BoardEntry, ...]
    columns: tuple[str, ...]
    means: FloatArray
    orders: tuple[Order, ...]

    @property
    def moved(self) -> list[bool]:
        """[M] whether a method's place depends on the definition."""
        return [len({order.places[row] for order in self.orders}) > 1 for row in range(len(self.entries))]


def family(column: str) -> str:
    """The name papers print a column under.

    >>> family("ssim3d"), family("psnr@rife")
    ('ssim', 'psnr')
    """
    return FAMILIES.get(kind(column), kind(column))


def group_orders(board: Board, group: Group) -> list[Orders]:
    """A family each, where a ranked group has two or more methods under two or more definitions."""
    if not group.ranked or len(group.entries) < 2:
        return []
    columns: dict[str, list[str]] = {}
    for column in board.columns:
        if _comparable(group.entries, column):
            columns.setdefault(family(column), []).append(column)
    return [_orders(board, group, name, found) for name, found in columns.items() if len(found) > 1]


def _comparable(entries: Sequence[BoardEntry], column: str) -> bool:
    """Whether every method has a mean of this column, over the same number of frames."""
    found = [entry.scores.get(column) for entry in entries]
    means = [summary for summary in found if summary is not None and summary.mean is not None]
    return len(means) == len(found) and len({summary.n for summary in means}) == 1


def _orders(board: Board, group: Group, name: str, columns: Sequence[str]) -> Orders:
    means = np.array([[entry.scores[column].mean for column in columns] for entry in group.entries])
    found: dict[tuple[int, ...], list[str]] = {}
    for place, column in enumerate(columns):
        sign = 1.0 if board.better[column] == "higher" else -1.0
        found.setdefault(places_of(sign * means[:, place]), []).append(column)
    orders = [Order(tuple(same), places) for places, same in found.items()]
    orders[1:] = sorted(orders[1:], key=lambda order: -len(order.columns))
    return Orders(name, group.entries, tuple(columns), means, tuple(orders))


def places_of(values: FloatArray) -> tuple[int, ...]:
    """[M] 1 + how many values are greater.

    >>> places_of(np.array([3.0, 5.0, 3.0]))
    (2, 1, 2)
    """
    return tuple((1 + (values[None, :] > values[:, None]).sum(axis=1)).tolist())


def swapped_pairs(first: Order, second: Order) -> int:
    """Pairs of methods that stand the other way round.

    >>> swapped_pairs(Order((), (1, 2, 3)), Order((), (3, 1, 2)))
    2
    """
    a, b = (np.sign(np.subtract.outer(order.places, order.places)) for order in (first, second))
    return int((a * b < 0).sum()) // 2
