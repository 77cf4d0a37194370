"""Which cell of a run answers to which of the baseline, and whether they may be compared.

A cell is the same across changes of code when method, variant, dataset and protocol are: new weights, another
precision or padding are what a gate judges, so they are told and not refused. What was asked (samples,
target times, input frames, the metrics' versions) must be the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.gate.baseline import MADE_WITH, BaselineCell, cell_id, counted, difference
from vfibench.statistics.arrays import Frame, IntArray
from vfibench.store.cells import Cell
from vfibench.store.comparability import TASK, changed_settings, others
from vfibench.store.comparability import column_obstacle as meaning_differs
from vfibench.store.result import CellResult

NAMED = ("metrics", "variant")
"""Settings that are compared elsewhere: versions column by column, the variant as part of the name."""
SINCE = ("code", "plugins", "backbones")
"""Settings that older baselines do not have: that nothing is known of them is no change."""


@dataclass(frozen=True)
class Counterpart:
    """A cell of the baseline and what answers to it.

    Attributes:
        baseline: the cell of the baseline.
        result: the cell of the run, None where none or more than one answers.
        why: why none can be compared with it, "" where one can.
    """

    baseline: BaselineCell
    result: CellResult | None
    why: str = ""

    def own_tolerance(self, column: str) -> tuple[float, float] | None:
        """What the metric lets a mean and a frame lose, as its card says; None where it says nothing."""
        stored = self.result.columns.get(column) if self.result else None
        return stored.tolerance if stored else None


def counterparts(
    baseline: Sequence[BaselineCell], results: Sequence[CellResult]
) -> tuple[list[Counterpart], list[str]]:
    """Bring a baseline and a run together.

    Cells of one id belong together; where that leaves one of a method on each side, as after a change of
    precision or device, so do these.

    Returns:
        One for each cell of the baseline, and the ids of the run's cells that it does not know.
    """
    pairs = [(one, [r for r in results if cell_id(r.cell) == one.id]) for one in baseline]
    taken = {id(result) for _, found in pairs for result in found}
    free = [result for result in results if id(result) not in taken]
    lonely = [one for one, found in pairs if not found]
    answers = []
    for one, exact in pairs:
        found = exact or _alone(one, lonely, free)
        taken |= {id(result) for result in found}
        answers.append(_answer(one, found, results))
    return answers, [cell_id(result.cell) for result in free if id(result) not in taken]


def _alone(one: BaselineCell, lonely: Sequence[BaselineCell], free: Sequence[CellResult]) -> list[CellResult]:
    """Results of the same method and variant, where the baseline has no other such cell left."""
    same = [other for other in lonely if _method(other.cell) == _method(one.cell)]
    return [result for result in free if _method(result.cell) == _method(one.cell)] if len(same) == 1 else []


def _method(cell: Cell) -> tuple[object, ...]:
    return cell.method, cell.settings.variant, cell.dataset, cell.protocol


def _answer(one: BaselineCell, found: Sequence[CellResult], results: Sequence[CellResult]) -> Counterpart:
    if len(found) == 1:
        return Counterpart(one, found[0], _obstacle(one, found[0]))
    if found:
        what = difference(found[0].cell, found[1].cell)
        return Counterpart(one, None, f"{len(found)} cells of the run answer to it: they differ in {what}")
    return Counterpart(one, None, _absent(one.cell, results))


def _absent(cell: Cell, results: Sequence[CellResult]) -> str:
    """That a cell is missing, and what of its method there is instead."""
    there = [cell_id(result.cell) for result in results if result.cell.method == cell.method]
    return "missing in the run" + (f", which has {', '.join(there)}" if there else "")


def _obstacle(one: BaselineCell, result: CellResult) -> str:
    """Why two cells cannot be compared at all."""
    cell, counts = result.cell, result.counts
    if not result.complete:
        failed = f", {counts.error} failed" if counts.error else ""
        return f"incomplete: {counts.ok} of {counts.planned} frames are scored{failed}"
    apart = [TASK[key] for key in others(one.cell, cell)]
    if set(one.frames) != set(result.scores.frames):
        return f"other samples: {_frames(one.frames, result.scores.frames)}"
    if apart:
        return f"other {', other '.join(apart)}"
    return "" if one.frames else "no frame in the baseline"


def _frames(ours: Sequence[Frame], theirs: Sequence[Frame]) -> str:
    """How two sets of frames differ, an example of each side."""
    parts = []
    for words, some, rest in (("the baseline", ours, theirs), ("the run", theirs, ours)):
        known = set(rest)
        only = [frame for frame in some if frame not in known]
        if only:
            parts.append(f"{counted(len(only))} only in {words}, such as {only[0][0]} at t={only[0][1]:g}")
    return "; ".join(parts)


def column_obstacle(one: BaselineCell, result: CellResult, column: str) -> str:
    """Why a column of two comparable cells cannot be compared, "" where it can."""
    if column not in one.values:
        return f"no {column} in the baseline"
    if column not in result.columns:
        reason = result.entry.unavailable.get(column, "").partition(",")[0]
        return f"no {column} in the run" + (f": {reason}" if reason else "")
    if why := meaning_differs(column, (one.cell, result.cell)):
        return why
    before, now = one.better[column], result.columns[column].better
    return "" if before == now else f"better is {before} in the baseline, {now} in the run"


def places(one: BaselineCell, result: CellResult) -> IntArray:
    """[F] where each frame of the run's cell stands in the baseline's."""
    at = {frame: place for place, frame in enumerate(one.frames)}
    return np.array([at[frame] for frame in result.scores.frames], np.int64)


def changes(one: BaselineCell, result: CellResult) -> list[str]:
    """What is no longer as it was and may be why scores changed, as "precision: fp32 -> fp16"."""
    before, now = one.cell.settings, result.cell.settings
    found = [
        f"{key}: {_short(before.value(key))} -> {_short(now.value(key))}"
        for key in changed_settings(one.cell, result.cell)
        if key not in TASK and key not in NAMED and not (key in SINCE and before.value(key) in (None, {}))
    ]
    versions = result.entry.provenance.versions
    return found + [
        f"{name}: {one.made_with[name]} -> {versions.get(name)}"
        for name in MADE_WITH
        if name in one.made_with and one.made_with[name] != versions.get(name)
    ]


def _short(value: object) -> str:
    """A setting in a line: the first digits of a hash, "none" for nothing."""
    text = "none" if value is None else str(value)
    return text[:12] if len(text) == 64 and text.isalnum() else text
