"""The verdicts: what a run's scores say against a baseline's.

A column of a cell is a REGRESSION when its mean is worse by more than the tolerance and the 95% interval of
that difference (paired bootstrap by unit, see `vfibench.statistics.bootstrap`) excludes zero, or when a
single frame is worse by more than its own tolerance. It is IMPROVED when the mean is better in the same
sense. Where there are too few units for an interval, the tolerance decides alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vfibench.comparison.paired import Paired
from vfibench.errors import VfibenchError
from vfibench.gate.baseline import BaselineCell, counted, rounded
from vfibench.gate.baseline_pairs import Counterpart, changes, column_obstacle, counterparts, places
from vfibench.gate.notes import NO_SPEED, notes
from vfibench.gate.outcomes import CellReport, Change, GateReport, Judgement, Verdict
from vfibench.gate.policy import Policy, Tolerance
from vfibench.statistics.arrays import IntArray
from vfibench.store.result import CellResult

SLACK = 1e-9  # a difference of 0.02 as floating point has it is not beyond 0.02
WORST = 5


NOTHING = Judgement("comparison", Verdict.NOT_COMPARABLE, "nothing was compared: the baseline holds no cell")


def judge(
    results: Sequence[CellResult], baseline: Sequence[BaselineCell], policy: Policy = Policy()
) -> GateReport:
    """Hold a run to a baseline.

    Raises:
        VfibenchError: the policy has a ceiling for a metric of which lower is better.
    """
    _refuse_ceilings(baseline, policy)
    answers, unknown = counterparts(baseline, results)
    cells = tuple(_cell(one, policy) for one in answers) or (CellReport("baseline", (NOTHING,), ()),)
    return GateReport(cells, tuple(unknown), tuple(notes(answers, policy)), policy.improved)


def with_speed(report: GateReport, speed: CellReport) -> GateReport:
    """The report with a verdict on speed (`vfibench.gate.speed`) beside those on scores."""
    told = tuple(note for note in report.notes if note != NO_SPEED)
    return replace(report, cells=(*report.cells, speed), notes=told)


def _refuse_ceilings(baseline: Sequence[BaselineCell], policy: Policy) -> None:
    for one in baseline:
        for column, better in one.better.items():
            ceiling = policy.limits(one.cell, column).ceiling
            if better == "lower" and ceiling is not None:
                raise VfibenchError(
                    f"expected no ceiling for {column}, of which lower is better, found {ceiling:g}",
                    "take it out of the policy",
                )


def _cell(one: Counterpart, policy: Policy) -> CellReport:
    baseline, result = one.baseline, one.result
    columns = policy.judged(baseline.values)
    if not columns:
        return CellReport(baseline.id, (replace(NOTHING, reason="no metric in the baseline"),), ())
    if result is None or one.why:
        lost = tuple(Judgement(column, Verdict.NOT_COMPARABLE, one.why) for column in columns)
        return CellReport(baseline.id, lost, ())
    at = places(baseline, result)
    made = tuple(_column(one, result, column, at, policy) for column in columns)
    return CellReport(baseline.id, made, tuple(changes(baseline, result)))


def _column(one: Counterpart, result: CellResult, column: str, at: IntArray, policy: Policy) -> Judgement:
    baseline = one.baseline
    limits = policy.limits(baseline.cell, column, one.own_tolerance(column))
    why = column_obstacle(baseline, result, column)
    if not why and (limits.mean is None or limits.sample is None):
        why = f"no tolerance for {column}: give mean and sample under [tolerance.{column}]"
    if why:
        return Judgement(column, Verdict.NOT_COMPARABLE, why, limits=limits)
    scores = result.scores
    pair = Paired(
        column=column,
        better=baseline.better[column],
        frames=scores.frames,
        first=baseline.values[column][at],
        second=rounded(column, scores.values[column]),
        units=scores.units,
        of_clips=scores.of_clips,
        unpaired=0,
    )
    return judge_pair(pair, limits)


def judge_pair(pair: Paired, limits: Tolerance) -> Judgement:
    """The verdict on paired scores, `first` being the baseline's.

    Args:
        pair: all frames of a cell, rounded as a baseline has them.
        limits: with `mean` and `sample` given.
    """
    seen = _capped(pair, limits.ceiling)
    why = _blind(pair, seen, limits.ceiling)
    if why:
        return Judgement(pair.column, Verdict.NOT_COMPARABLE, why, limits=limits)
    verdict, reason = _verdict(seen, limits)
    finite = np.isfinite(seen.difference)
    return Judgement(
        column=seen.column,
        verdict=verdict,
        reason=reason,
        before=float(seen.first[finite].mean()),
        now=float(seen.second[finite].mean()),
        difference=seen.mean,
        interval=seen.interval,
        frames=seen.n,
        units=int(np.unique(seen.units).size),
        unlike=int((seen.difference[~np.isnan(seen.difference)] != 0).sum()),
        worst=tuple(
            Change(seen.frames[place], float(seen.first[place]), float(seen.second[place]))
            for place in seen.extremes(WORST)[0]
        ),
        limits=limits,
    )


def _capped(pair: Paired, ceiling: float | None) -> Paired:
    """The pair with every score up to the ceiling; NaN stays NaN."""
    if ceiling is None:
        return pair
    return replace(pair, first=np.minimum(pair.first, ceiling), second=np.minimum(pair.second, ceiling))


def _blind(pair: Paired, seen: Paired, ceiling: float | None) -> str:
    """Why the scores say nothing, "" where they do."""
    numbers = ~np.isnan(pair.first)
    changed = int((numbers == np.isnan(pair.second)).sum())
    if changed:
        return f"{counted(changed)} with a number on one side alone"
    if seen.mean is None:
        return f"no frame has a {'finite difference' if numbers.any() else 'number'}"
    exact = np.isposinf(pair.first) & np.isposinf(pair.second)
    capped = (seen.first == ceiling) & (seen.second == ceiling)
    if ceiling is not None and capped[numbers].all() and not exact[numbers].all():
        return f"the ceiling of {ceiling:g} hides every frame: give a higher one"
    return ""


def _verdict(pair: Paired, limits: Tolerance) -> tuple[Verdict, str]:
    mean, sample = limits.mean or 0.0, limits.sample or 0.0
    gain = (pair.mean or 0.0) * (1 if pair.better == "higher" else -1)
    sure = pair.interval is None or not pair.interval[0] <= 0.0 <= pair.interval[1]
    lost = int((-pair.gain > sample + SLACK).sum())
    reasons = [f"mean worse by {-gain:.4g}, beyond {mean:g}"] if sure and -gain > mean + SLACK else []
    reasons += [f"{counted(lost)} worse by more than {sample:g}"] if lost else []
    inexact = int(np.isneginf(pair.gain).sum())  # these are in no mean
    reasons += [f"{counted(inexact)} no longer exact"] if inexact and not lost and mean < np.inf else []
    if reasons:
        return Verdict.REGRESSION, "; ".join(reasons)
    if sure and gain > mean + SLACK:
        return Verdict.IMPROVED, f"mean better by {gain:.4g}, beyond {mean:g}: commit a new baseline"
    return Verdict.PASS, ""
