"""What a reader of the verdicts must know beside them: rules that do nothing, columns that are not judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from vfibench.gate.baseline_pairs import Counterpart
from vfibench.gate.policy import Policy

NO_SPEED = "the policy's [speed] was not applied: give timings with --speed"

Place = tuple[str, str]
"""A column and the cell it is of."""


def notes(answers: Sequence[Counterpart], policy: Policy) -> Iterator[str]:
    """The notes, in words; `NO_SPEED` among them until speed is judged too."""
    cells = [one.baseline for one in answers]
    for rule in policy.idle([(one.cell, policy.judged(one.values)) for one in cells]):
        yield f"the policy's {rule} applies to nothing here"
    if policy.speed:
        yield NO_SPEED
    harmless = _without_limit(answers, policy)
    if harmless:
        yield f"can never fail: {harmless}"
    fresh = "" if policy.metrics else _fresh(answers)
    if fresh:
        yield f"columns not in the baseline, so not judged: {fresh}"


def _without_limit(answers: Sequence[Counterpart], policy: Policy) -> str:
    """What has infinite tolerances."""
    judged = [(column, one) for one in answers for column in policy.judged(one.baseline.values)]
    limits = [policy.limits(one.baseline.cell, column, one.own_tolerance(column)) for column, one in judged]
    places = [(column, one.baseline.id) for column, one in judged]
    free = [place for place, rule in zip(places, limits, strict=True) if rule.mean == rule.sample == math.inf]
    speed = ["speed"] if policy.speed and policy.speed.slower == math.inf else []
    return ", ".join([*_in_words(free, places), *speed])


def _fresh(answers: Sequence[Counterpart]) -> str:
    """Columns of the run alone."""
    pairs = [(one.baseline, one.result) for one in answers if one.result is not None]
    places = [(column, one.id) for one, result in pairs for column in result.columns]
    known = {(column, one.id) for one, _ in pairs for column in one.values}
    return ", ".join(_in_words([place for place in places if place not in known], places))


def _in_words(chosen: Sequence[Place], among: Sequence[Place]) -> Iterator[str]:
    """Each column once, with its cells where not all that have it are chosen: "psnr of blend/ucf101"."""
    for column in dict.fromkeys(column for column, _ in chosen):
        cells = [cell for name, cell in chosen if name == column]
        everywhere = len(cells) == sum(name == column for name, _ in among)
        yield column if everywhere else f"{column} of {' and '.join(cells)}"
