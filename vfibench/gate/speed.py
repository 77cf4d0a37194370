"""Speed as the gate sees it: a ratio of two arms that took turns in one job, never a stored number."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from vfibench.errors import VfibenchError
from vfibench.gate.outcomes import CellReport, Judgement, Verdict
from vfibench.gate.policy import SpeedLimit
from vfibench.speed.record import SCHEMA_VERSION, Interleaved
from vfibench.statistics.bootstrap import ratio_of
from vfibench.system.structs import Complaint, decode_json

LEAST_ROUNDS = 10
MEASURE = "measure with `vfibench speed -m NEW --against OLD --json`"


def read_speed(path: Path, limit: SpeedLimit) -> CellReport:
    """The verdict on a file of interleaved timings.

    Raises:
        VfibenchError: no such file, or no result of `vfibench speed --against`.
    """
    try:
        found: Interleaved = decode_json(path.read_bytes(), Interleaved)
    except OSError as error:
        raise VfibenchError(f"expected timings, found {error.strerror} for {path}", MEASURE) from error
    except (ValueError, msgspec.MsgspecError) as error:
        raise VfibenchError(
            f"expected timings of two arms that took turns in {path}, found: {Complaint.of(error)}", MEASURE
        ) from error
    if found.schema_version != SCHEMA_VERSION:
        raise VfibenchError(
            f"expected schema_version {SCHEMA_VERSION} in {path}, found {found.schema_version}",
            "use a matching vfibench",
        )
    return judge_speed(found, limit)


def judge_speed(found: Interleaved, limit: SpeedLimit) -> CellReport:
    """REGRESSION where the median ratio is beyond the limit and its 95% interval above 1.

    Too few rounds, arms that did not take turns, or times without a finite ratio are NOT_COMPARABLE. A
    faster arm passes: there is no stored number that would have to follow.
    """
    name = f"speed of {found.new.method} against {found.old.method}"
    rounds = len(found.new.seconds)
    if not found.interleaved or rounds != len(found.old.seconds) or rounds < LEAST_ROUNDS:
        why = f"expected {LEAST_ROUNDS} rounds or more in which both arms took turns, found {rounds} and "
        why += f"{len(found.old.seconds)}"
        return CellReport(name, (Judgement("ms", Verdict.NOT_COMPARABLE, why),), ())
    new, old = (np.array(arm.seconds, np.float64) for arm in (found.new, found.old))
    ratio, (low, high) = ratio_of(new, old)
    if not np.isfinite([ratio, low, high]).all():
        why = f"expected a finite ratio of times, found {ratio:g} ({low:g} to {high:g})"
        return CellReport(name, (Judgement("ms", Verdict.NOT_COMPARABLE, why),), ())
    slow = ratio > limit.slower and low > 1.0
    reason = f"{ratio:.3f} times as long ({low:.3f} to {high:.3f}), allowed {limit.slower:g}"
    before, now = (float(1e3 * np.median(side)) for side in (old, new))
    made = Judgement(
        "ms",
        Verdict.REGRESSION if slow else Verdict.PASS,
        reason,
        before,
        now,
        now - before,
        frames=rounds,
        units=rounds,
    )
    return CellReport(name, (made,), ())
