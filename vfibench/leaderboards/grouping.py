"""Stored cells as tables: what may be compared stands together, the rest stands apart and says why.

Methods are ranked only among complete cells on the same whole official list, with the same number and size of
input frames, the same target times and the same metric versions. Those whose paired difference is not
significant (`vfibench.leaderboards.ranking`) share a rank. A method whose small frames are enlarged
afterwards stands beside those that enlarge them themselves, and its name says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from vfibench.leaderboards.ranking import cell_intervals, cell_ranks, unfair
from vfibench.leaderboards.result_names import apart, full_name
from vfibench.statistics.bootstrap import LEAST_UNITS
from vfibench.statistics.digits import tie_width
from vfibench.statistics.summaries import (
    ClipMean,
    Summary,
    Throughput,
    by_clip,
    clip_mean,
    summarise,
    throughput,
)
from vfibench.store.comparability import FRAMES, alike
from vfibench.store.entry import StoredColumn
from vfibench.store.result import CellResult


@dataclass(frozen=True)
class BoardEntry:
    """One line of a leaderboard.

    Attributes:
        result: the cell.
        scores: summary of each column; a column this cell lacks is missing.
        speed: the network's own time, None where nothing was timed.
        rank: 1 + the number of methods of its group that are significantly better by the first column, so
            that methods which cannot be told apart share one; None where it is not ranked.
        note: why it is not ranked, and what the reader must know ("100 of 379 (partial)").
        clips: mean over clips of each column, where the rows name their clips.
        intervals: 95% bootstrap interval of the mean of each column; None where there are too few units.
        shares: how many other entries of its group have its rank.
        mark: what tells it apart from another entry of its group with the same name, such as another version
            of its code; "" where its name does.
    """

    result: CellResult
    scores: dict[str, Summary]
    speed: Throughput | None
    rank: int | None
    note: str
    clips: dict[str, ClipMean] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float] | None] = field(default_factory=dict)
    shares: int = 0
    mark: str = ""

    @property
    def uneven(self) -> bool:
        """Whether means over clips and over frames may differ: there are clips of different length."""
        return any(not clip.even for clip in self.clips.values())

    @property
    def label(self) -> str:
        """The method's name with what sets this cell apart."""
        return self.result.cell.label

    @property
    def full_label(self) -> str:
        """The label, and what tells this entry apart from another of its group with the same one."""
        return full_name(self.label, self.mark)


@dataclass(frozen=True)
class Group:
    """Entries that may be compared with each other, the best mean first.

    Attributes:
        heading: what they have in common, such as "2 input frames", "4 input frames, 7 output frames" or
            "2 input frames, reduced by 4".
        ranked: False for incomplete, partial and own-list results.
        no_interval: why no mean of it has an interval, "" where one has.
    """

    heading: str
    ranked: bool
    entries: tuple[BoardEntry, ...]
    no_interval: str = ""


@dataclass(frozen=True)
class Board:
    """Everything about one (dataset, protocol).

    Attributes:
        columns: metric columns that appear, in stored order, those of complete official cells first; the
            first one ranks.
        titles: what each column means.
        better: "higher" or "lower", by column.
        unavailable: columns that stayed empty, with the reason.
    """

    dataset: str
    protocol: str
    columns: tuple[str, ...]
    titles: dict[str, str]
    better: dict[str, str]
    unavailable: dict[str, str]
    groups: tuple[Group, ...]


def boards(results: Sequence[CellResult]) -> list[Board]:
    """One board per (dataset, protocol), in order of first appearance.

    Example:
        >>> from pathlib import Path
        >>> from vfibench.store import read_results
        >>> [(board.dataset, len(board.groups)) for board in boards(read_results([Path("runs/v1")]))]
        [('synthetic', 2)]
    """
    return list(_boards(tuple(results)))


@lru_cache(maxsize=1)  # every page of a site asks for the same boards
def _boards(results: tuple[CellResult, ...]) -> tuple[Board, ...]:
    found: dict[tuple[str, str], list[CellResult]] = {}
    for result in results:
        found.setdefault((result.cell.dataset, result.cell.protocol), []).append(result)
    return tuple(_board(dataset, protocol, cells) for (dataset, protocol), cells in found.items())


def _board(dataset: str, protocol: str, results: Sequence[CellResult]) -> Board:
    # What is not ranked has no say in which column ranks, however early it stands.
    ordered = sorted(results, key=lambda result: not result.ranked)
    facts = {name: fact for result in ordered for name, fact in result.columns.items()}
    disputed = disputed_columns(results)
    groups: dict[tuple[bool, int, int, str], list[CellResult]] = {}
    for result in results:
        settings = result.cell.settings
        versions = {column: settings.metrics.get(column) for column in disputed}
        # Primary: how ranked, how many frames and of what size; then everything else that must be equal.
        same = alike(result.cell, FRAMES, versions)
        place = not result.ranked, settings.inputs, settings.reduced, same
        groups.setdefault(place, []).append(result)
    missing: dict[str, str] = {}
    for result in results:
        missing |= result.entry.unavailable
    return Board(
        dataset=dataset,
        protocol=protocol,
        columns=tuple(facts),
        titles={name: fact.title for name, fact in facts.items()},
        better={name: fact.better for name, fact in facts.items()},
        unavailable={name: why for name, why in missing.items() if name not in facts},
        groups=_told_apart([_group(not key[0], groups[key], facts) for key in sorted(groups)]),
    )


def _told_apart(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Groups of one heading but other frames on disk, such as two folders of one name, say which they are."""
    files: dict[str, set[str]] = {}
    for group in groups:
        files.setdefault(group.heading, set()).add(_files(group))
    return tuple(
        replace(group, heading=f"{group.heading}, frames {_files(group)}")
        if len(files[group.heading]) > 1
        else group
        for group in groups
    )


def _files(group: Group) -> str:
    """The first digits of what tells a group's frames on disk."""
    return (group.entries[0].result.cell.settings.files or "of no file")[:10]


def disputed_columns(results: Sequence[CellResult]) -> list[str]:
    """Columns that stand in these cells in more than one version: their cells cannot share a table."""
    versions: dict[str, set[int]] = {}
    for result in results:
        for column, version in result.cell.settings.metrics.items():
            versions.setdefault(column, set()).add(version)
    return sorted(column for column, found in versions.items() if len(found) > 1)


def _group(ranked: bool, results: Sequence[CellResult], facts: dict[str, StoredColumn]) -> Group:
    first, higher = next(iter(facts)), next(iter(facts.values())).better == "higher"
    summaries = [{name: summarise(result.rows, name) for name in result.columns} for result in results]
    order = _order([found.get(first) for found in summaries], -1.0 if higher else 1.0)
    why = unfair(results, first) if ranked else ""
    whole = ranked and not why
    ranks: list[int | None] = [None] * len(results)
    if whole:
        ranks = cell_ranks(results, first, higher, tie_width(first))
    found = cell_intervals(results)
    marks = apart(results)
    entries = [
        BoardEntry(
            results[place],
            summaries[place],
            throughput(results[place].timings),
            ranks[place],
            _note(results[place]),
            _clips(results[place]),
            found[place],
            ranks.count(ranks[place]) - 1 if whole else 0,
            marks[place],
        )
        for place in order
    ]
    heading = _task(results[0]) + ("" if whole else f", not ranked{why}")
    any_interval = any(one is not None for entry in entries for one in entry.intervals.values())
    return Group(heading, whole, tuple(entries), "" if any_interval else _few_units(results))


def _few_units(results: Sequence[CellResult]) -> str:
    """Why there is no interval, in words; "" where nothing was scored."""
    scored = [result.scores for result in results if result.scores.units.size]
    if not scored:
        return ""
    most = max(scored, key=lambda scores: int(scores.units.max()))
    count, unit = int(most.units.max()) + 1, "clip" if most.of_clips else "sample"
    why = "frames of one clip are not independent: " if most.of_clips else ""
    return f"{why}an interval takes {LEAST_UNITS} {unit}s or more, found {count}"


def _task(result: CellResult) -> str:
    """What the results of a group have in common, in words."""
    settings = result.cell.settings
    told = [f"{settings.inputs} input frames"]
    told += [f"reduced by {settings.reduced}"] if settings.reduced > 1 else []
    told += [f"{len(settings.times)} output frames"] if len(settings.times) > 1 else []
    return ", ".join(told)


def _order(summaries: Sequence[Summary | None], sign: float) -> list[int]:
    """Places of the entries by their mean, `sign` times which is the smaller the better."""

    def key(place: int) -> tuple[float, int]:
        summary = summaries[place]
        if summary is None or summary.mean is None:
            # All frames exact: an infinite PSNR comes first; nothing scored comes last.
            return (float("-inf") if summary and summary.exact else float("inf")), place
        return sign * summary.mean, place

    return sorted(range(len(summaries)), key=key)


def _clips(result: CellResult) -> dict[str, ClipMean]:
    clips = by_clip(result.rows)
    return {name: clip_mean(clips, name) for name in result.columns} if clips else {}


def _note(result: CellResult) -> str:
    """What keeps a cell out of the ranking."""
    notes = [] if result.entry.selection.kind == "official" else [result.entry.selection.text]
    counts = result.counts
    if counts.error:
        notes.append(f"{counts.error} frames failed")
    if counts.skipped:
        notes.append(f"incomplete: {counts.ok} of {counts.planned} frames")
    return ", ".join(notes)
