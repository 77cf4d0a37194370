"""Rows read back from their files: typed at once where a file is whole, else each line that is a row.

Of every line that is none it is told what is wrong with it; the others stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from vfibench.errors import VfibenchError
from vfibench.store.damage import Tell
from vfibench.store.jsonl import Line, parse_line, undisturbed, whole_text
from vfibench.store.rows import ScoreRow, TimingRow
from vfibench.system.json_text import encoded

SCORE_KEYS = ("index", "sample", "t", "status")
TIMING_KEYS = ("samples", "frames", "predict_s", "warmup")

NUMBERS = frozenset({int, float})
NEVER_EXACT = frozenset({"ssim", "ssim3d", "ie", "ie-rms", "ie-l2", "lpips", "lpips-squeeze"})
"""Kinds of metric that have a number for equal pictures; that of PSNR is infinite, and others may be."""
LARGEST = 2**53

RowT = TypeVar("RowT", ScoreRow, TimingRow)

SCORES = msgspec.json.Decoder(ScoreRow)
TIMINGS = msgspec.json.Decoder(TimingRow)


def read_scores(path: Path, tell: Tell) -> list[ScoreRow]:
    """The score rows of a file that another process may be writing: a torn last line is left out.

    Args:
        path: the file.
        tell: takes the error of each line that is no score row; it is left out, too.

    Raises:
        VfibenchError: the file cannot be read.
    """
    lines = whole_text(path).splitlines()
    try:
        with undisturbed():
            rows = [SCORES.decode(line) for line in lines]
        sound = all(row.status != "ok" or (row.scores and _can_be_exact(row)) for row in rows)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        sound = False
    return rows if sound else list(_sound(path, lines, SCORES, SCORE_KEYS, _check_score, tell))


def read_timings(path: Path, tell: Tell) -> list[TimingRow]:
    """The timing rows of a file; see `read_scores`."""
    lines = whole_text(path).splitlines()
    try:
        return [TIMINGS.decode(line) for line in lines]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return list(_sound(path, lines, TIMINGS, TIMING_KEYS, _check_timing, tell))


def _sound(
    path: Path,
    lines: Sequence[bytes],
    decoder: msgspec.json.Decoder[RowT],
    needed: Sequence[str],
    check: Callable[[Path, int, Line], None],
    tell: Tell,
) -> Iterator[RowT]:
    """The rows among the lines of a file; the error of every other is told, with what is wrong with it."""
    for number, line in enumerate(lines, 1):
        text = line.strip(b"\0")  # what a power cut may leave between two sessions
        if not text:
            continue
        try:
            row = parse_line(path, number, text)
            for key in needed:
                if key not in row:
                    raise VfibenchError(f"expected {key!r} on line {number} of {path}", "remove that line")
            check(path, number, row)
            yield _decoded(decoder, encoded(row).encode(), path, number)
        except VfibenchError as error:
            tell(error)


def _decoded(decoder: msgspec.json.Decoder[RowT], line: bytes, path: Path, number: int) -> RowT:
    """A row, with the decoder's own words where it is none and no check above has found why."""
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        told = str(error).replace("`", "")
        raise VfibenchError(f"line {number} of {path} is damaged: {told}", "remove that line") from error


def _check_score(path: Path, number: int, row: Line) -> None:
    """VfibenchError for a value of another type, an ok row without scores, or one that is wrongly exact."""
    if not (type(row["sample"]) is str and type(row["t"]) in NUMBERS and type(row["index"]) in NUMBERS):
        raise _unusable(path, number, "a name as sample, numbers as index and t", row)
    if row["status"] != "ok":
        return
    scores = row.get("scores")
    if not (isinstance(scores, dict) and all(_is_score(score) for score in scores.values())):
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


def _check_timing(path: Path, number: int, line: Line) -> None:
    """VfibenchError for a value that is no number above 0 (a time may be 0)."""
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
