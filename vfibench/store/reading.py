"""Rows read back from their files: typed at once where a file is whole, else with a line on what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from vfibench.errors import VfibenchError
from vfibench.store.jsonl import Line, read_lines, undisturbed, whole_text
from vfibench.store.rows import ScoreRow, TimingRow

SCORE_KEYS = ("index", "sample", "t", "status")
TIMING_KEYS = ("samples", "frames", "predict_s", "warmup")

NUMBERS = frozenset({int, float})
NEVER_EXACT = frozenset({"ssim", "ssim3d", "ie", "ie-rms", "ie-l2", "lpips", "lpips-squeeze"})
"""Kinds of metric that have a number for equal pictures; that of PSNR is infinite, and others may be."""
LARGEST = 2**53

RowT = TypeVar("RowT", ScoreRow, TimingRow)

SCORES = msgspec.json.Decoder(ScoreRow)
TIMINGS = msgspec.json.Decoder(TimingRow)


def read_scores(path: Path) -> list[ScoreRow]:
    """The score rows of a file that another process may be writing: a torn last line is left out.

    Raises:
        VfibenchError: the file cannot be read, or a line is no score row; it is named.
    """
    lines = whole_text(path).splitlines()
    try:
        with undisturbed():
            rows = [SCORES.decode(line) for line in lines]
        sound = all(row.status != "ok" or (row.scores and _can_be_exact(row)) for row in rows)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        sound = False
    if not sound:
        _check_scores(path, read_lines(path, SCORE_KEYS))
        rows = [_decoded(SCORES, line, path, number) for number, line in enumerate(lines, 1)]
    return rows


def read_timings(path: Path) -> list[TimingRow]:
    """The timing rows of a file; see `read_scores`."""
    lines = whole_text(path).splitlines()
    try:
        return [TIMINGS.decode(line) for line in lines]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        _check_timings(path, read_lines(path, TIMING_KEYS))
        return [_decoded(TIMINGS, line, path, number) for number, line in enumerate(lines, 1)]


def _decoded(decoder: msgspec.json.Decoder[RowT], line: bytes, path: Path, number: int) -> RowT:
    """A row, with the decoder's own words where it is none and no check above has found why."""
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        told = str(error).replace("`", "")
        raise VfibenchError(f"line {number} of {path} is damaged: {told}", "remove that line") from error


def _check_scores(path: Path, rows: Sequence[Line]) -> None:
    """VfibenchError for a value of another type, an ok row without scores, or one that is wrongly exact."""
    for number, row in enumerate(rows, 1):
        if not (type(row["sample"]) is str and type(row["t"]) in NUMBERS and type(row["index"]) in NUMBERS):
            raise _unusable(path, number, "a name as sample, numbers as index and t", row)
        if row["status"] != "ok":
            continue
        scores = row.get("scores")
        if not isinstance(scores, dict) or not all(_is_score(score) for score in scores.values()):
            raise _unusable(path, number, "numbers or null as scores", scores)
        if "exact" in row and not _is_exact(row["exact"], scores):
            expected = "columns of PSNR whose score is null as exact"
            raise _unusable(path, number, expected, row["exact"])
        if type(row.get("tags", {})) is not dict:
            raise _unusable(path, number, "an object as tags", row["tags"])


def _is_score(score: object) -> bool:
    """Whether a value is a number or null; whole numbers are rare, and must fit into a float."""
    return score is None or type(score) is float or (type(score) is int and abs(score) <= LARGEST)


def _is_exact(names: object, scores: Mapping[str, object]) -> bool:
    """Whether all that is named as exact can be: its score has no number, and its metric may be infinite."""
    return isinstance(names, list) and all(
        type(name) is str and scores.get(name, 0) is None and name.partition("@")[0] not in NEVER_EXACT
        for name in names
    )


def _can_be_exact(row: ScoreRow) -> bool:
    return not row.exact or _is_exact(list(row.exact), row.scores)


def _check_timings(path: Path, lines: Sequence[Line]) -> None:
    """VfibenchError for a value that is no number above 0 (a time may be 0); the line is named."""
    for number, line in enumerate(lines, 1):
        counts, seconds, peak = (line["samples"], line["frames"]), line["predict_s"], line.get("peak_mb")
        sound = (
            all(type(one) is int and one >= 1 for one in counts)
            and (isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0)
            and (peak is None or type(peak) in NUMBERS)
        )
        if not sound:
            raise _unusable(path, number, "numbers as samples, frames, predict_s and peak_mb", line)


def _unusable(path: Path, number: int, expected: str, found: object) -> VfibenchError:
    text = repr(found)
    told = text if len(text) <= 60 else text[:60] + "..."
    return VfibenchError(f"expected {expected} on line {number} of {path}, found {told}", "remove that line")
