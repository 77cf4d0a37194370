"""A cell's entry in run.json: the one description of what the file says of a cell, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from vfibench.contracts import Selection
from vfibench.store.cells import Cell
from vfibench.store.facts import CellFacts
from vfibench.store.rows import Counts, ScoreRow, count, merge_rows
from vfibench.store.settings import Count, Settings
from vfibench.system.provenance import Provenance


class StoredColumn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a column of scores means.

    Attributes:
        title: the metric's definition in one line.
        version: of the metric; scores of two versions are not comparable.
        unit: "dB" or "".
        better: which direction is better.
        digits: decimals it is printed with, as its card says; None for the usual ones of its kind.
        tolerance: what the gate lets a mean and a single frame lose where no policy says so; None for its
            defaults by kind.
    """

    title: str
    version: int
    unit: str = ""
    better: Literal["higher", "lower"]
    digits: Annotated[int, Meta(ge=0, le=17)] | None = None
    tolerance: tuple[float, float] | None = None


class StoredSelection(Struct, frozen=True, kw_only=True):
    """Which of the dataset's samples were asked for.

    Attributes:
        kind: "official" (the whole list), "partial" (a part of it) or "own list".
        chosen: samples to be scored.
        official: samples in the official list, None where there is none.
        text: all that in words, such as "100 of 379 (partial)".
    """

    kind: str
    chosen: Count
    official: Count | None
    text: str

    @classmethod
    def of(cls, selection: Selection) -> StoredSelection:
        """What is stored of a dataset's selection."""
        return cls(
            kind=selection.kind,
            chosen=selection.chosen,
            official=selection.official,
            text=str(selection),
        )


class Entry(Struct, frozen=True, kw_only=True):
    """Everything run.json says of a cell.

    Attributes:
        name: stem of the cell's files.
        key: eight hex digits that stand for method, dataset, protocol and settings.
        attempt: see `vfibench.store.cells.Cell`, as of the next five.
        method, dataset, protocol, settings, facts: of the cell.
        planned: frames (sample, time) to score.
        selection: which samples.
        columns: what was scored, in the order asked for; the first one ranks.
        unavailable: columns that stayed empty, with the reason.
        provenance: of the first session that wrote scores.
        sessions: provenance of every session that wrote scores, each once.
        counts: of the frames when the entry was written.
        running: the session at work, which tells of itself only here if it is killed.
    """

    name: str
    key: str
    attempt: Count
    method: str
    dataset: str
    protocol: str
    settings: Settings
    facts: CellFacts
    planned: Count
    selection: StoredSelection
    columns: Annotated[dict[str, StoredColumn], Meta(min_length=1)]
    unavailable: dict[str, str]
    provenance: Provenance
    sessions: tuple[Provenance, ...]
    counts: Counts | None = None
    running: Provenance | None = None

    @property
    def cell(self) -> Cell:
        """What was scored."""
        return Cell(
            self.method,
            self.dataset,
            self.protocol,
            self.settings,
            self.facts,
            self.attempt,
            self.key,
            self.name,
        )

    def to_json(self) -> dict[str, object]:
        """As run.json holds it."""
        found: dict[str, object] = msgspec.to_builtins(self)
        for name in ("counts", "running"):
            if found[name] is None:
                del found[name]
        return found | {"settings": self.settings.to_json()}


@dataclass(frozen=True)
class Session:
    """What one call of `vfibench run` knows of a cell.

    Attributes:
        cell: what it scores.
        planned: frames (sample, time) to score.
        selection: which samples.
        columns: what is scored.
        unavailable: columns that stay empty, with the reason.
        provenance: of this call.
        wrote: whether it has written rows.
        parameters: scalars in the network, None where it was not built or they cannot be seen.
    """

    cell: Cell
    planned: int
    selection: Selection
    columns: Mapping[str, StoredColumn]
    unavailable: Mapping[str, str]
    provenance: Provenance
    wrote: bool = False
    parameters: int | None = None


def entry_of(
    session: Session, earlier: Entry | None, shards: Sequence[Sequence[ScoreRow]], *, running: bool
) -> Entry:
    """A cell's entry as a session leaves it.

    Args:
        session: what this call knows.
        earlier: the entry that stands in the file, None where the cell is new.
        shards: the rows of each shard's file.
        running: whether the session is still at work.

    A session that was killed stands among those that wrote, where there are rows: it may have written some.
    One that finds every frame scored builds no network, and keeps the count of parameters of an earlier one.
    """
    cell = session.cell
    counts = count(merge_rows(cell.name, shards), session.planned)
    sessions = list(earlier.sessions) if earlier else []
    killed = earlier.running if earlier and counts.skipped < counts.planned else None
    if killed is not None and killed != session.provenance and killed not in sessions:
        sessions.append(killed)
    if session.wrote and session.provenance not in sessions:
        sessions.append(session.provenance)
    known = earlier.facts.method.parameters if earlier else None
    return Entry(
        name=cell.name,
        key=cell.key,
        attempt=cell.attempt,
        method=cell.method,
        dataset=cell.dataset,
        protocol=cell.protocol,
        settings=cell.settings,
        facts=with_parameters(cell.facts, session.parameters if session.parameters is not None else known),
        planned=session.planned,
        selection=StoredSelection.of(session.selection),
        columns=dict(session.columns),
        unavailable=dict(session.unavailable),
        provenance=sessions[0] if sessions else session.provenance,
        sessions=tuple(sessions),
        counts=counts,
        running=session.provenance if running else None,
    )


def of_all_shards(entries: Sequence[Entry]) -> Entry:
    """The last entry of the latest attempt at a cell, with the sessions of all shards, the first in front."""
    attempt = max(entry.attempt for entry in entries)
    latest = [entry for entry in entries if entry.attempt == attempt]
    told = [one for entry in latest for one in (*entry.sessions, entry.running) if one is not None]
    sessions = tuple(one for place, one in enumerate(told) if one not in told[:place])
    first = sessions[0] if sessions else latest[-1].provenance
    return replace(latest[-1], sessions=sessions, provenance=first)


def with_parameters(facts: CellFacts, count: int | None) -> CellFacts:
    """A cell's facts with the size of its network, which is known once it has been built."""
    if count is None or facts.method.parameters is not None:
        return facts
    return replace(facts, method=replace(facts.method, parameters=count))
