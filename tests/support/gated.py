"""Made-up results for tests of the gate: a baseline's side, and a run that differs from it as a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs
from report.made_runs import MadeCell, write_run

from vfibench.gate.baseline import BaselineCell, make_baseline
from vfibench.gate.judging import judge
from vfibench.gate.outcomes import GateReport, Judgement
from vfibench.gate.policy import Policy
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.store.rows import ScoreRow
from vfibench.store.settings import Settings


def results(folder: Path, *cells: MadeCell) -> list[CellResult]:
    """Cells written to a run folder and read back."""
    return ResultStore(write_run(folder, cells)).results()


def changed(result: CellResult, column: str, change: Any, places: slice = slice(None)) -> CellResult:
    """The result with `change` (a number, or one a frame) added to a column's scores."""
    rows = list(result.rows)
    chosen = rows[places]
    changes = np.broadcast_to(change, len(chosen)).tolist()
    rows[places] = [
        _scored(row, column, float(row.scores[column] + one))
        for row, one in zip(chosen, changes, strict=True)
    ]
    return replace(result, rows=rows)


def _scored(row: ScoreRow, column: str, score: float | None) -> ScoreRow:
    return structs.replace(row, scores=row.scores | {column: score})


def with_scores(result: CellResult, column: str, scores: Sequence[float | None]) -> CellResult:
    """The result with other scores; infinity is an exact frame, None no number."""
    rows = []
    for row, one in zip(result.rows, scores, strict=True):
        exact = one is not None and np.isinf(one)
        scored = _scored(row, column, None if exact else one)
        rows.append(structs.replace(scored, exact=(column,) if exact else ()))
    return replace(result, rows=rows)


def with_settings(result: CellResult, **settings: Any) -> CellResult:
    """The result of other settings."""
    cell = result.cell
    known = {name: value for name, value in settings.items() if name in Settings.__struct_fields__}
    extra = {name: value for name, value in settings.items() if name not in known}
    made = structs.replace(cell.settings, **known, extra=cell.settings.extra | extra)
    return replace(result, cell=replace(cell, settings=made, stored_key=""))


def kept(*found: CellResult) -> list[BaselineCell]:
    """Their baseline."""
    return make_baseline(found)


def verdicts(report: GateReport) -> Mapping[str, str]:
    """Verdict of each metric of the only cell."""
    (cell,) = report.cells
    return {one.column: str(one.verdict) for one in cell.judgements}


def psnr(before: CellResult, now: CellResult, policy: Policy = Policy()) -> Judgement:
    """The judgement on PSNR of one cell, before and now."""
    (cell,) = judge([now], kept(before), policy).cells
    return next(one for one in cell.judgements if one.column == "psnr")
