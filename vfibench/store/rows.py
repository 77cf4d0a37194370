"""Score rows: what one must hold, how shards' rows become one list, how they are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from vfibench.errors import VfibenchError
from vfibench.store.jsonl import Row

SCORE_KEYS = ("index", "sample", "t", "status")
TIMING_KEYS = ("samples", "frames", "predict_s", "warmup")

NUMBERS = frozenset({int, float})
SCORES = frozenset({float, type(None)})
NEVER_EXACT = frozenset({"ssim", "ssim3d", "ie", "ie-rms", "ie-l2", "lpips", "lpips-squeeze"})
"""Kinds of metric that have a number for equal pictures; that of PSNR is infinite, and others may be."""
LARGEST = 2**53
NONE: dict[str, Any] = {}


def check_scores(path: Path, rows: Sequence[Row]) -> None:
    """Make sure that rows read from a file are what all else computes with.

    Args:
        path: where they are from.
        rows: of strict JSON, in which every number is finite.

    Raises:
        VfibenchError: a value has another type, a row with status "ok" has no scores, or a score is said to
            be exact that has a number or whose metric is never infinite; the line is named.
    """
    for number, row in enumerate(rows, 1):
        if not (type(row["sample"]) is str and type(row["t"]) in NUMBERS and type(row["index"]) in NUMBERS):
            raise _unusable(path, number, "a name as sample, numbers as index and t", row)
        if row["status"] == "ok":
            scores = row.get("scores")
            if type(scores) is not dict or not _all_scores(scores):
                raise _unusable(path, number, "numbers or null as scores", scores)
            if "exact" in row and not _is_exact(row["exact"], scores):
                expected = "columns of PSNR whose score is null as exact"
                raise _unusable(path, number, expected, row["exact"])
            if type(row.get("tags", NONE)) is not dict:
                raise _unusable(path, number, "an object as tags", row["tags"])


def _all_scores(scores: Mapping[str, Any]) -> bool:
    """Whether all values are numbers or null; whole numbers are rare, and must fit into a float."""
    return SCORES.issuperset(map(type, scores.values())) or all(
        type(score) in SCORES or (type(score) is int and abs(score) <= LARGEST) for score in scores.values()
    )


def _is_exact(names: object, scores: Mapping[str, Any]) -> bool:
    """Whether all that is named as exact can be: its score has no number, and its metric may be infinite."""
    return type(names) is list and all(
        type(name) is str and scores.get(name, 0) is None and name.partition("@")[0] not in NEVER_EXACT
        for name in names
    )


def check_timings(path: Path, lines: Sequence[Row]) -> None:
    """Make sure that lines of times can be computed with.

    Raises:
        VfibenchError: a value is no number above 0 (a time may be 0); the line is named.
    """
    for number, line in enumerate(lines, 1):
        counts, seconds, peak = (line["samples"], line["frames"]), line["predict_s"], line.get("peak_mb")
        if (
            any(type(one) is not int or one < 1 for one in counts)
            or (type(seconds) not in NUMBERS or seconds < 0)
            or (peak is not None and type(peak) not in NUMBERS)
        ):
            raise _unusable(path, number, "numbers as samples, frames, predict_s and peak_mb", line)


def _unusable(path: Path, number: int, expected: str, found: object) -> VfibenchError:
    text = repr(found)
    told = text if len(text) <= 60 else text[:60] + "..."
    return VfibenchError(f"expected {expected} on line {number} of {path}, found {told}", "remove that line")


def merge_rows(name: str, shards: Iterable[Sequence[Row]]) -> list[Row]:
    """One final row a (sample, t) over all shard files, in the dataset's order; ok replaces error.

    Raises:
        VfibenchError: two ok rows of one (sample, t).
    """
    rows = [row for shard in shards for row in shard]
    if len({(row["sample"], row["t"]) for row in rows}) < len(rows):
        rows = _final(name, rows)
    return sorted(rows, key=itemgetter("index", "t"))


def _final(name: str, rows: Iterable[Row]) -> list[Row]:
    """The rows that stand where some were tried again."""
    final: dict[tuple[str, float], Row] = {}
    for row in rows:
        key = (row["sample"], row["t"])
        earlier = final.get(key)
        if earlier is not None and earlier["status"] == "ok":
            if row["status"] == "ok":
                raise VfibenchError(
                    f"sample {key[0]!r} at t={key[1]} was scored twice in cell {name}",
                    "two shards overlap: remove one of their files",
                )
            continue
        final[key] = row
    return list(final.values())


def count(rows: Iterable[Mapping[str, Any]], planned: int) -> dict[str, int]:
    """Frames planned, ok, error, and skipped (not reached yet)."""
    states = [row["status"] for row in rows]
    ok = states.count("ok")
    return {"planned": planned, "ok": ok, "error": len(states) - ok, "skipped": planned - len(states)}
