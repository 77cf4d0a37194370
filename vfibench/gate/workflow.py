"""The verdicts as workflow commands of GitHub Actions: a line per metric that did not pass."""

from __future__ import annotations

from collections.abc import Iterator

from vfibench.errors import one_line
from vfibench.gate.outcomes import GateReport, Verdict


def commands(report: GateReport) -> Iterator[str]:
    """`::error title=...::message` for what is red, `::warning` for an improvement that is only told."""
    for cell in report.cells:
        for one in cell.judgements:
            if one.verdict is Verdict.PASS:
                continue
            mild = one.verdict is Verdict.IMPROVED and report.improved == "warn"
            title = _property(f"{one.verdict} {cell.name} {one.column}")
            yield f"::{'warning' if mild else 'error'} title={title}::{_data(one.reason)}"


def _data(text: str) -> str:
    """A message: its own percent signs escape nothing."""
    return one_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
