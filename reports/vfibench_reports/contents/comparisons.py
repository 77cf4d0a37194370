"""What the comparison page is about: methods that may be compared, and what their pairs differ by.

What does not fit into a page of a few megabytes is left out and named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vfibench.leaderboards.result_names import apart, full_name
from vfibench.statistics.arrays import Frame
from vfibench.statistics.digits import digits, kind
from vfibench.store.comparability import PAIRED, alike
from vfibench.store.result import CellResult
from vfibench_reports.contents.pairs import Pair, PairFigures, pair_figures
from vfibench_reports.kit.tables import Field

MOST_SCORES = 400_000
"""Scores a page holds at most, about 2.1 MB."""

MOST_METHODS = 30
"""Methods of a group at most: 435 pairs."""


@dataclass(frozen=True)
class ComparedMetric:
    """A column of the page: its name, digits as printed, "higher" or "lower", title."""

    name: str
    digits: int
    better: str
    title: str

    @property
    def unit(self) -> str:
        """Of its differences, "" where there is none."""
        return "dB" if kind(self.name) == "psnr" else ""


@dataclass(frozen=True)
class Comparable:
    """Methods on the same dataset, protocol, target times and files, best first by the first metric.

    Attributes:
        results: of each method.
        names: their labels, with what sets them apart as detail; unique on their page.
        frames: (sample, time) that any of them has scored.
        pairs: (first, second) as places, the second the better one, best first.
        figures: of each pair that can be compared, by metric.
        left_out: names of methods that did not fit.
    """

    results: tuple[CellResult, ...]
    names: tuple[Field, ...]
    frames: tuple[Frame, ...]
    pairs: tuple[Pair, ...]
    figures: Mapping[str, Mapping[Pair, PairFigures]]
    left_out: tuple[str, ...] = ()

    @property
    def full_names(self) -> list[str]:
        """Names as lists and addresses have them."""
        return [full_name(field.text, field.detail) for field in self.names]


@dataclass(frozen=True)
class ComparedMethods:
    """Everything of one page.

    Attributes:
        metrics: held by the page, the first one is that of the static table.
        left_out: metrics that did not fit.
        groups: one or more, each with at least two methods.
    """

    dataset: str
    protocol: str
    metrics: tuple[ComparedMetric, ...]
    left_out: tuple[str, ...]
    groups: tuple[Comparable, ...]


def compared(results: Sequence[CellResult]) -> dict[tuple[str, str], list[CellResult]]:
    """Scored cells by (dataset, protocol) where two may be compared, in order of first appearance."""
    found: dict[tuple[str, str], list[CellResult]] = {}
    for result in results:
        if len(result.scores) and result.columns:
            found.setdefault((result.cell.dataset, result.cell.protocol), []).append(result)
    return {key: cells for key, cells in found.items() if _several(cells)}


def _several(results: Sequence[CellResult]) -> list[list[CellResult]]:
    """Groups of two or more with the same target times and files."""
    groups: dict[str, list[CellResult]] = {}
    for result in results:
        groups.setdefault(alike(result.cell, PAIRED), []).append(result)
    return [cells for cells in groups.values() if len(cells) > 1]


def comparisons(results: Sequence[CellResult]) -> list[ComparedMethods]:
    """One a (dataset, protocol) with two methods that may be compared, in order of first appearance."""
    return [_comparison(*key, cells) for key, cells in compared(results).items()]


def _comparison(dataset: str, protocol: str, results: Sequence[CellResult]) -> ComparedMethods:
    several, called = _named(results)
    kept, columns = chosen(several, _ordered_columns(results))
    facts = {name: fact for result in results for name, fact in result.columns.items()}
    metrics = [ComparedMetric(name, digits(name), facts[name].better, facts[name].title) for name in columns]
    return ComparedMethods(
        dataset,
        protocol,
        tuple(metrics),
        tuple(name for name in facts if name not in columns),
        tuple(_comparable(cells, count, columns, called) for cells, count in zip(several, kept, strict=True)),
    )


def _named(results: Sequence[CellResult]) -> tuple[list[list[CellResult]], dict[int, Field]]:
    """The groups of a page, best first, and the name of each result by its id()."""
    several = [_best_first(cells) for cells in _several(results)]
    every = [result for cells in several for result in cells]
    words = zip(every, apart(every), strict=True)
    return several, {id(result): Field(result.cell.label, detail=detail) for result, detail in words}


def held_names(results: Sequence[CellResult]) -> dict[int, str]:
    """Methods that comparison pages hold, by id() of their result: their names in the pages' addresses."""
    found: dict[int, str] = {}
    for cells in compared(results).values():
        several, called = _named(cells)
        counts, _ = chosen(several, _ordered_columns(cells))
        for group, count in zip(several, counts, strict=True):
            fields = {id(result): called[id(result)] for result in group[:count]}
            found |= {key: full_name(field.text, field.detail) for key, field in fields.items()}
    return found


def _ordered_columns(results: Sequence[CellResult]) -> list[str]:
    """The first of a ranked result, the plain ones, those of the first one's definition, the others."""
    ordered = sorted(results, key=lambda result: not result.ranked)
    columns = list(dict.fromkeys(name for result in ordered for name in result.columns))
    own = columns[0].partition("@")[2]

    def place(name: str) -> int:
        definition = name.partition("@")[2]
        return 0 if name == columns[0] else 1 if not definition else 2 if definition == own else 3

    return sorted(columns, key=place)


def _best_first(results: Sequence[CellResult]) -> list[CellResult]:
    """Ranked before incomplete ones, then by the mean of the first column."""
    first = min(results, key=lambda result: not result.ranked)
    column, fact = next(iter(first.columns.items()))
    sign = -1.0 if fact.better == "higher" else 1.0

    def key(result: CellResult) -> tuple[bool, float]:
        values = result.scores.values.get(column, np.full(1, np.nan))
        finite = values[np.isfinite(values)]
        exact = -math.inf if np.isposinf(values).any() else math.inf
        return not result.ranked, sign * float(finite.mean()) if finite.size else exact

    return sorted(results, key=key)


def chosen(groups: Sequence[Sequence[CellResult]], columns: Sequence[str]) -> tuple[list[int], list[str]]:
    """How many methods of each group and which columns fit into `MOST_SCORES`; the first column always.

    A column that does not fit does not keep a later, smaller one out.
    """
    counts = [min(len(group), MOST_METHODS) for group in groups]
    first = sum(count * len(group[0].scores) for count, group in zip(counts, groups, strict=True))
    share = min(1.0, MOST_SCORES / max(first, 1))
    counts = [max(2, int(count * share)) for count in counts]
    kept: list[str] = []
    held = 0
    for column in columns:
        cost = sum(
            len(result.scores)
            for count, group in zip(counts, groups, strict=True)
            for result in group[:count]
            if column in result.columns
        )
        if not kept or held + cost <= MOST_SCORES:
            kept.append(column)
            held += cost
    return counts, kept


def _comparable(
    cells: Sequence[CellResult], count: int, columns: Sequence[str], called: Mapping[int, Field]
) -> Comparable:
    kept = tuple(cells[:count])
    pairs = tuple((worse, better) for better, worse in combinations(range(len(kept)), 2))
    return Comparable(
        results=kept,
        names=tuple(called[id(result)] for result in kept),
        frames=tuple(dict.fromkeys(frame for result in distinct(kept) for frame in result.scores.frames)),
        pairs=pairs,
        figures={column: pair_figures(kept, column, pairs) for column in columns},
        left_out=tuple(
            full_name(field.text, field.detail) for field in (called[id(result)] for result in cells[count:])
        ),
    )


def distinct(results: Sequence[CellResult]) -> list[CellResult]:
    """Results of which each has other frames than those before; as a rule, one."""
    found: list[CellResult] = []
    for result in results:
        if all(result.scores.frames != other.scores.frames for other in found):
            found.append(result)
    return found
