"""What a check came to: a verdict on each metric of each cell, and on all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vfibench.gate.policy import Tolerance
from vfibench.statistics.arrays import Frame


class Verdict(StrEnum):
    """What a comparison came to."""

    PASS = "PASS"  # noqa: S105 no password
    REGRESSION = "REGRESSION"
    IMPROVED = "IMPROVED"
    NOT_COMPARABLE = "NOT_COMPARABLE"


@dataclass(frozen=True)
class Change:
    """One frame's scores before and now."""

    frame: Frame
    before: float
    now: float


@dataclass(frozen=True)
class Judgement:
    """One metric of one cell.

    Attributes:
        column: of the metric.
        verdict: see the module.
        reason: why, in a few words; "" for a PASS.
        before, now: means, scores above the ceiling counted as it; None where there is none.
        difference: now minus before.
        interval: 95% interval of it, None where there are too few units.
        frames, units: how many there are in the means, and how many can be drawn again.
        unlike: frames whose rounded score is not the same.
        worst: up to five frames that lost most, the worst first.
        limits: the tolerance that was applied.
    """

    column: str
    verdict: Verdict
    reason: str = ""
    before: float | None = None
    now: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    frames: int = 0
    units: int = 0
    unlike: int = 0
    worst: tuple[Change, ...] = ()
    limits: Tolerance = field(default_factory=Tolerance)


@dataclass(frozen=True)
class CellReport:
    """A cell of the baseline and the verdict on each of its metrics.

    Attributes:
        name: of the cell, such as "blend/synthetic".
        judgements: one a metric.
        changes: settings and versions that are other than the baseline's.
    """

    name: str
    judgements: tuple[Judgement, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class GateReport:
    """All of a check.

    Attributes:
        cells: in the baseline's order.
        unknown: cells of the run that the baseline does not know; nothing is said of them.
        notes: what else the reader must know.
        improved: what an improvement does, "fail" or "warn".
    """

    cells: tuple[CellReport, ...]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]
    improved: str

    def count(self, verdict: Verdict) -> int:
        """How many metrics of cells it was reached for."""
        return sum(one.verdict is verdict for cell in self.cells for one in cell.judgements)

    @property
    def verdict(self) -> Verdict:
        """The gravest: a regression is certain; then what could not be compared, nothing at all included."""
        for verdict in (Verdict.REGRESSION, Verdict.NOT_COMPARABLE, Verdict.IMPROVED, Verdict.PASS):
            if self.count(verdict):
                return verdict
        return Verdict.NOT_COMPARABLE

    @property
    def exit_status(self) -> int:
        """0 pass, 1 regression or unexplained improvement, 3 not comparable."""
        improved = int(self.improved == "fail")
        return {Verdict.PASS: 0, Verdict.REGRESSION: 1, Verdict.IMPROVED: improved}.get(self.verdict, 3)
