"""Stored cells as tables: what may be compared stands together, the rest stands apart and says why.

Methods are ranked only among complete cells on the same whole official list, with the same number of
input frames, the same target times and the same metric versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vfibench.cells import canonical
from vfibench.statistics import ClipMean, Summary, Throughput, over_clips, summarise, throughput
from vfibench.store import CellResult

THREE_DIGITS = frozenset({"psnr", "ie", "ie-rms", "ie-l2"})


@dataclass(frozen=True)
class Entry:
    """One line of a leaderboard.

    Attributes:
        result: the cell.
        scores: summary of each column; a column this cell lacks is missing.
        speed: the network's own time, None where nothing was timed.
        rank: 1 is best; None where it is not ranked.
        note: why it is not ranked, and what the reader must know ("100 of 379 (partial)").
        clips: mean over clips of each column, where the rows name their clips.
    """

    result: CellResult
    scores: dict[str, Summary]
    speed: Throughput | None
    rank: int | None
    note: str
    clips: dict[str, ClipMean] = field(default_factory=dict)

    @property
    def uneven(self) -> bool:
        """Whether means over clips and over frames may differ: there are clips of different length."""
        return any(not clip.even for clip in self.clips.values())

    @property
    def label(self) -> str:
        """The method's name with what sets this cell apart."""
        return self.result.cell.label


@dataclass(frozen=True)
class Group:
    """Entries that may be compared with each other, best first.

    Attributes:
        heading: what they have in common, such as "2 input frames" or "4 input frames, 7 output frames".
        ranked: False for incomplete, partial and own-list results.
    """

    heading: str
    ranked: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Board:
    """Everything about one (dataset, protocol).

    Attributes:
        columns: metric columns that appear, in stored order; the first one ranks.
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


def kind(column: str) -> str:
    """What is measured, without the definition: "psnr" of "psnr@rife"."""
    return column.partition("@")[0]


def score_text(column: str, mean: float) -> str:
    """A mean with its digits: three for dB and errors in levels, four for what lies in [0, 1]."""
    return f"{mean:.{3 if kind(column) in THREE_DIGITS else 4}f}"


def boards(results: Sequence[CellResult]) -> list[Board]:
    """One board a (dataset, protocol), in order of first appearance."""
    found: dict[tuple[str, str], list[CellResult]] = {}
    for result in results:
        found.setdefault((result.cell.dataset, result.cell.protocol), []).append(result)
    return [_board(dataset, protocol, cells) for (dataset, protocol), cells in found.items()]


def _board(dataset: str, protocol: str, results: Sequence[CellResult]) -> Board:
    facts = {name: fact for result in results for name, fact in result.info["columns"].items()}
    disputed = disputed_columns(results)
    groups: dict[tuple[bool, int, str], list[CellResult]] = {}
    for result in results:
        settings = result.cell.settings
        versions = {column: settings["metrics"].get(column) for column in disputed}
        # Primary: how ranked and how many frames; then everything else that must be equal.
        alike = canonical([settings["list_sha256"], settings.get("files"), settings["times"], versions])
        groups.setdefault((not result.ranked, settings["inputs"], alike), []).append(result)
    missing: dict[str, str] = {}
    for result in results:
        missing |= result.info["unavailable"]
    return Board(
        dataset=dataset,
        protocol=protocol,
        columns=tuple(facts),
        titles={name: fact["title"] for name, fact in facts.items()},
        better={name: fact["better"] for name, fact in facts.items()},
        unavailable={name: why for name, why in missing.items() if name not in facts},
        groups=tuple(
            _group(not unranked, inputs, groups[unranked, inputs, alike], facts)
            for unranked, inputs, alike in sorted(groups)
        ),
    )


def disputed_columns(results: Sequence[CellResult]) -> list[str]:
    """Columns that stand in these cells in more than one version: their cells cannot share a table."""
    versions: dict[str, set[int]] = {}
    for result in results:
        for column, version in result.cell.settings["metrics"].items():
            versions.setdefault(column, set()).add(version)
    return sorted(column for column, found in versions.items() if len(found) > 1)


def _group(
    ranked: bool, inputs: int, results: Sequence[CellResult], facts: dict[str, dict[str, object]]
) -> Group:
    first = next(iter(facts))
    sign = -1.0 if facts[first]["better"] == "higher" else 1.0
    summaries = [
        {name: summarise(result.rows, name) for name in result.info["columns"]} for result in results
    ]

    def order(place: int) -> tuple[float, int]:
        summary = summaries[place].get(first)
        if summary is None or summary.mean is None:
            # All frames exact: an infinite PSNR comes first; nothing scored comes last.
            return (float("-inf") if summary and summary.exact else float("inf")), place
        return sign * summary.mean, place

    # Means that leave out different numbers of exact frames are means over different frames.
    fair = len({summary[first].exact for summary in summaries if first in summary}) <= 1
    entries = [
        Entry(
            results[place],
            summaries[place],
            throughput(results[place].timings),
            rank if ranked and fair else None,
            _note(results[place]),
            _clips(results[place]),
        )
        for rank, place in enumerate(sorted(range(len(results)), key=order), 1)
    ]
    unfair = "" if fair else ": their means leave out different exact frames"
    times = results[0].cell.settings["times"]
    outputs = f", {len(times)} output frames" if len(times) > 1 else ""
    heading = f"{inputs} input frames{outputs}" + ("" if ranked and fair else f", not ranked{unfair}")
    return Group(heading, ranked and fair, tuple(entries))


def _clips(result: CellResult) -> dict[str, ClipMean]:
    found = {name: over_clips(result.rows, name) for name in result.info["columns"]}
    return {name: clip for name, clip in found.items() if clip is not None}


def _note(result: CellResult) -> str:
    """What keeps a cell out of the ranking."""
    notes = [] if result.info["selection"]["kind"] == "official" else [result.info["selection"]["text"]]
    counts = result.counts
    if counts["error"]:
        notes.append(f"{counts['error']} frames failed")
    if counts["skipped"]:
        notes.append(f"incomplete: {counts['ok']} of {counts['planned']} frames")
    return ", ".join(notes)
