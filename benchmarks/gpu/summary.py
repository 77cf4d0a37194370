"""What was found, as text for a person (summary.txt) and by part as JSON (summary.json)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.gpu.asking import short

Row = Mapping[str, Any]
LIMITS = {"fp32": 1e-3, "tf32": 1e-2, "bf16": 1e-2, "fp16": 1e-2}
"""dB that the worst frame may differ from the CPU's, by precision."""
UNSHOWN = {"part", "name", "at", "trace", "table", "versions", "platform", "said"}


def write_summary(out: Path) -> None:
    """Write both files, and print the text."""
    file = out / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        parts[row["part"]].append(row)
    lines: list[str] = []
    for part, found in parts.items():
        lines.append(f"-- {part}")
        lines += SHOWN.get(part, plain)(found)
    failed = [f"{row['part']}: {row['name']}" for row in rows if "error" in row or row.get("failed")]
    lines.append(
        f"-- {len(rows)} findings, {len(failed)} with an error or a failure: {'; '.join(failed)}"[:700]
    )
    text = "\n".join(lines) + "\n"
    (out / "summary.txt").write_text(text)
    (out / "summary.json").write_text(json.dumps(parts, indent=1))
    print(text[-11000:], flush=True)


def plain(rows: Sequence[Row]) -> list[str]:
    """A line for each finding."""
    return [
        f"{row['name']}: {short({key: value for key, value in row.items() if key not in UNSHOWN})}"[:520]
        for row in rows
    ]


def tests(rows: Sequence[Row]) -> list[str]:
    """A line for each file of tests, and one for each failure."""
    lines = []
    for row in rows:
        counts = ", ".join(f"{row.get(word, 0)} {word}" for word in ("passed", "failed", "skipped"))
        lines.append(f"{row['name']}: {counts}; {row.get('error') or row.get('last')}")
        lines += [f"    {failure[:170]}" for failure in row.get("failures", [])[:14]]
    return lines


def parity(rows: Sequence[Row]) -> list[str]:
    """A line for each method, then how many hold in each precision."""
    lines = ["device less CPU on the same triplets, dB: worst frame (mean), and agreement of the pixels"]
    judged = [row for row in rows if "modes" in row]
    lines += plain([row for row in rows if "modes" not in row])
    for row in judged:
        cells = " ".join(
            f"{name} {cell['psnr_worst']:.5f} ({cell['psnr_mean']:+.5f}) {cell['agreement_db']:.0f} dB"
            for name, cell in row["modes"].items()
        )
        again = f"again {row['again_differs_by']:.1e}, alone {row['batch_of_1_differs_by']:.1e}"
        lines.append(f"{row['name']:24s} {cells} | {again} | {row['deterministic_algorithms'][:60]}")
    for precision, limit in LIMITS.items():
        cells = {row["name"]: row["modes"][precision] for row in judged if precision in row["modes"]}
        off = {
            name: round(cell["psnr_worst"], 4)
            for name, cell in cells.items()
            if not (cell["finite"] and cell["psnr_worst"] <= limit)
        }
        if cells:
            good = f"{len(cells) - len(off)} of {len(cells)} methods within {limit:g} dB on every frame"
            lines.append(f"verdict: {precision}: {good}; others {off}")
    return lines


def speeds(rows: Sequence[Row]) -> list[str]:
    """A line for each method."""
    lines = ["ms a frame in a queue (alone); graph: kernels without the host"]
    lines += plain([row for row in rows if row["name"] != "row"])
    table: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["name"] == "row":
            layout = "" if row["layout"] == "nhwc" else f" {row['layout']}"
            graph = f" graph {row['graph_ms']:.2f}" if "graph_ms" in row else ""
            cell = f"{row['size']} b{row['batch']} {row['mode']}{layout}: "
            table[row["method"]].append(f"{cell}{row['queued_ms']:.2f} ({row['ms']:.2f}){graph}")
    return lines + [f"{name:24s} {'; '.join(cells)}" for name, cells in table.items()]


SHOWN = {"suite": tests, "parity": parity, "speeds": speeds}
