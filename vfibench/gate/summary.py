"""The verdicts for people: figures as text, Markdown for a job's summary, plain data for JSON."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from typing import Any

from vfibench.errors import one_line
from vfibench.gate.baseline import kept_digits
from vfibench.gate.outcomes import CellReport, GateReport, Judgement, Verdict

HEADINGS = ("verdict", "cell", "metric", "baseline", "run", "difference", "95% interval", "n")
SIGNS = {
    Verdict.PASS: "✅",
    Verdict.REGRESSION: "❌",
    Verdict.IMPROVED: "⚠️",
    Verdict.NOT_COMPARABLE: "⛔",
}
PUNCTUATION = re.compile(r"([\\`*_\[\]#|~$])")


def number(column: str, value: float | None, sign: str = "") -> str:
    """A score or a difference with the decimals of a baseline; "-" for none."""
    decimals = kept_digits(column)
    return "-" if value is None else f"{value:{sign}.{5 if decimals is None else decimals}f}"


def figures(one: Judgement) -> tuple[str, str, str, str, str]:
    """Mean before, mean now, difference, its interval, and the number of frames (and units) behind it."""
    low_high = "-"
    if one.interval:
        low_high = " to ".join(number(one.column, bound, "+") for bound in one.interval)
    n = str(one.frames) if one.units in (0, one.frames) else f"{one.frames} ({one.units} units)"
    return (
        number(one.column, one.before),
        number(one.column, one.now),
        number(one.column, one.difference, "+"),
        low_high,
        n if one.before is not None else "-",
    )


def worst_lines(one: Judgement) -> list[str]:
    """The frames that lost most, a line each."""
    return [
        f"{change.frame[0]} at t={change.frame[1]:g}: {number(one.column, change.before)} -> "
        f"{number(one.column, change.now)} ({number(one.column, change.now - change.before, '+')})"
        for change in one.worst
    ]


def headline(report: GateReport) -> str:
    """The verdict and how often each was reached, in a line."""
    counts = ", ".join(f"{report.count(verdict)} {verdict}" for verdict in Verdict if report.count(verdict))
    return f"{report.verdict} ({counts})"


def hints(report: GateReport) -> list[str]:
    """What to do about it, and what else to know."""
    found = list(report.notes)
    if report.unknown:
        found.append(f"not in the baseline, so not judged: {', '.join(report.unknown)}")
    if report.count(Verdict.IMPROVED):
        found.append("an improvement is explained by a new baseline: `vfibench baseline RUN -o FILE`")
    return found


def markdown(report: GateReport) -> str:
    """A summary for a job or a comment: the table, why, the worst frames, what changed."""
    lines = [f"## {SIGNS[report.verdict]} vfibench check: {escape(headline(report))}", ""]
    lines += ["| " + " | ".join(HEADINGS) + " |", "|:--|:--|:--|--:|--:|--:|:--|--:|"]
    for cell in report.cells:
        for one in cell.judgements:
            fields = (f"{SIGNS[one.verdict]} {one.verdict}", cell.name, one.column, *figures(one))
            lines.append("| " + " | ".join(map(escape, fields)) + " |")
    for cell in report.cells:
        lines += _section(cell)
    lines += ["", *(f"* {escape(hint)}" for hint in hints(report))]
    return "\n".join(lines).rstrip() + "\n"


def _section(cell: CellReport) -> list[str]:
    """Reasons and worst frames of a cell that did not pass, and what is no longer as it was."""
    told = reasons(cell)
    if not told and not cell.changes:
        return []
    lines = ["", f"### {escape(cell.name)}", ""]
    for columns, one in told:
        lines.append(f"* **{escape(columns)}**: {escape(one.reason)}")
        lines += [f"  * {escape(line)}" for line in worst_lines(one)]
    return lines + [f"* changed: {escape(change)}" for change in cell.changes]


def reasons(cell: CellReport) -> list[tuple[str, Judgement]]:
    """The judgements with something to say, those that say the same once: ("psnr, ssim", the first)."""
    found: dict[tuple[str, str], list[Judgement]] = {}
    for one in cell.judgements:
        if one.reason:
            alone = one.column if one.worst else ""  # its frames are its own
            found.setdefault((one.reason, alone), []).append(one)
    return [(", ".join(one.column for one in same), same[0]) for same in found.values()]


def escape(text: str) -> str:
    """Text that Markdown and HTML take for text, in one line."""
    safe = PUNCTUATION.sub(r"\\\1", " ".join(one_line(text).split()))
    return safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_json(report: GateReport) -> dict[str, object]:
    """Everything, as plain data; an infinite score or tolerance is text."""
    content = asdict(report)
    for found, cell in zip(content["cells"], report.cells, strict=True):
        for entry, one in zip(found["judgements"], cell.judgements, strict=True):
            limits = {name: getattr(one.limits, name) for name in one.limits.__struct_fields__}
            entry["limits"] = limits
    plain: dict[str, object] = _plain(content)
    return {"verdict": report.verdict, "exit_status": report.exit_status, **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
