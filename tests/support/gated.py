"""Made-up results for tests of the gate: a baseline's side, and a run that differs from it as a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from report.made_runs import MadeCell, write_run

from vfibench.gate.baseline import BaselineCell, make_baseline
from vfibench.gate.judging import judge
from vfibench.gate.outcomes import Judgement, Report
from vfibench.gate.policy import Policy
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult


def results(folder: Path, *cells: MadeCell) -> list[CellResult]:
    """Cells written to a run folder and read back."""
    return ResultStore(write_run(folder, cells)).results()


def changed(result: CellResult, column: str, change: Any, places: slice = slice(None)) -> CellResult:
    """The result with `change` (a number, or one a frame) added to a column's scores."""
    rows = deepcopy(list(result.rows))
    chosen = rows[places]
    for row, one in zip(chosen, np.broadcast_to(change, len(chosen)).tolist(), strict=True):
        row["scores"][column] = float(row["scores"][column] + one)
    return replace(result, rows=rows)


def with_scores(result: CellResult, column: str, scores: Sequence[float | None]) -> CellResult:
    """The result with other scores; infinity is an exact frame, None no number."""
    rows = deepcopy(list(result.rows))
    for row, one in zip(rows, scores, strict=True):
        row["scores"][column] = None if one is None or np.isinf(one) else one
        row["exact"] = [column] if one is not None and np.isinf(one) else []
    return replace(result, rows=rows)


def with_settings(result: CellResult, **settings: Any) -> CellResult:
    """The result of other settings."""
    cell = result.cell
    return replace(result, cell=replace(cell, settings={**cell.settings, **settings}))


def kept(*found: CellResult) -> list[BaselineCell]:
    """Their baseline."""
    return make_baseline(found)


def verdicts(report: Report) -> Mapping[str, str]:
    """Verdict of each metric of the only cell."""
    (cell,) = report.cells
    return {one.column: str(one.verdict) for one in cell.judgements}


def psnr(before: CellResult, now: CellResult, policy: Policy = Policy()) -> Judgement:
    """The judgement on PSNR of one cell, before and now."""
    (cell,) = judge([now], kept(before), policy).cells
    return next(one for one in cell.judgements if one.column == "psnr")
