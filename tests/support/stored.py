"""Stored cells made by hand for tests: settings, rows and results, what a test leaves open filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vfibench.store.cells import Cell
from vfibench.store.entry import Entry, StoredColumn, StoredSelection
from vfibench.store.result import CellResult
from vfibench.store.rows import ScoreRow, TimingRow, count
from vfibench.store.settings import Settings, nested
from vfibench.system.devices import DeviceFacts
from vfibench.system.provenance import Provenance

HERE = Provenance(command="vfibench run", versions={"torch": "1"}, device=DeviceFacts(name="a CPU"))


def made_settings(**changes: Any) -> Settings:
    """Settings of one list at the midpoint, with these changes; unknown names are a plugin's."""
    usual = {"inputs": 2, "list_sha256": "a", "times": [0.5], "metrics": {"psnr": 1}}
    return msgspec.convert(nested(usual | changes), Settings)


def made_row(**fields: Any) -> ScoreRow:
    """A row with status "ok" where no other is given."""
    usual = {"index": 0, "sample": "s", "t": 0.5, "status": "ok"}
    return ScoreRow(**usual | fields | {"exact": tuple(fields.get("exact", ()))})


def made_timing(**fields: Any) -> TimingRow:
    return msgspec.convert({"samples": 1, "frames": 1, "predict_s": 0.1, "warmup": False} | fields, TimingRow)


def made_columns(better: Mapping[str, str]) -> dict[str, StoredColumn]:
    """Columns by name, with the direction that is better."""
    return {name: StoredColumn(title="", version=1, unit="", better=way) for name, way in better.items()}


def made_result(
    cell: Cell,
    rows: Sequence[ScoreRow],
    better: Mapping[str, str],
    *,
    planned: int | None = None,
    kind: str = "official",
    text: str = "all samples",
    folder: Path = Path(),
) -> CellResult:
    """A cell read back; all rows are planned where `planned` says nothing else."""
    total = len(rows) if planned is None else planned
    entry = Entry(
        name=cell.name,
        key=cell.key,
        attempt=cell.attempt,
        method=cell.method,
        dataset=cell.dataset,
        protocol=cell.protocol,
        settings=cell.settings,
        facts=cell.facts,
        planned=total,
        selection=StoredSelection(kind=kind, chosen=total, official=total, text=text),
        columns=made_columns(better),
        unavailable={},
        provenance=HERE,
        sessions=(),
    )
    return CellResult(cell, count(rows, total), rows, [], entry, folder)
