"""The rows of a run: one score row per (sample, time), one timing row per call of the network.

Score rows as lines of `scores/*.jsonl`:

    {"index": 0, "sample": "31", "t": 0.5, "status": "ok", "scores": {"psnr": 31.878, "ssim": 0.9602}}
    {"index": 1, "sample": "41", "t": 0.5, "status": "ok", "scores": {"psnr": null}, "exact": ["psnr"]}
    {"index": 2, "sample": "71", "t": 0.5, "status": "error", "message": "NaN in the prediction"}
    {"index": 3, "sample": "99", "t": 0.5, "status": "ok", "scores": {"psnr": 30.5, "mine": null},
     "failed": {"mine": "the metric mine (my-package) failed: ValueError: no edges"}}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from vfibench.errors import VfibenchError

AtLeastOne = Annotated[int, Meta(ge=1)]
Tag = str | int | float | bool


class ScoreRow(Struct, frozen=True, omit_defaults=True):
    """What became of one frame.

    Attributes:
        index: the sample's place in the dataset's list.
        sample: its id.
        t: target time.
        status: "ok", or "error" for a frame without scores.
        scores: by column; null for an infinite PSNR, and where the definition gives no number.
        exact: columns whose score is infinite: the prediction equals the target.
        tags: the dataset's facts about the frame.
        message: why there is no score.
        failed: columns that could not be computed for this frame, with the reason; null in `scores`.
    """

    index: int
    sample: str
    t: float
    status: Literal["ok", "error"]
    scores: dict[str, float | None] = {}
    exact: tuple[str, ...] = ()
    tags: dict[str, Tag] = {}
    message: str = ""
    failed: dict[str, str] = {}

    @property
    def frame(self) -> tuple[str, float]:
        """What the row is of."""
        return self.sample, self.t

    def to_json(self) -> dict[str, object]:
        """The row as a line holds it."""
        found: dict[str, object] = msgspec.to_builtins(self)
        return found


class TimingRow(Struct, frozen=True, kw_only=True):
    """One call of the network.

    Attributes:
        batch: number of the batch in the dataset's list.
        samples: in the call.
        frames: that came out of it.
        shape: height and width of the input frames, empty where they were not stored.
        predict_s: seconds, the network's own.
        warmup: whether it was the first call at its shape.
        peak_mb: peak memory in MiB, of the process so far or on CUDA of the call; None where it is not known.
    """

    batch: int = 0
    samples: AtLeastOne
    frames: AtLeastOne
    shape: tuple[int, ...] = ()
    predict_s: Annotated[float, Meta(ge=0)]
    warmup: bool
    peak_mb: float | None = None

    def to_json(self) -> dict[str, object]:
        """The row as a line holds it."""
        found: dict[str, object] = msgspec.to_builtins(self)
        return found


class Counts(Struct, frozen=True):
    """The frames (sample, time) of a cell.

    Attributes:
        planned: all of them.
        ok: with scores.
        error: that failed.
        skipped: not reached yet.
    """

    planned: int
    ok: int
    error: int
    skipped: int


def count(rows: Iterable[ScoreRow], planned: int) -> Counts:
    """Count final rows, at most one of each frame."""
    states = [row.status for row in rows]
    ok = states.count("ok")
    return Counts(planned, ok, len(states) - ok, planned - len(states))


def merge_rows(name: str, shards: Iterable[Sequence[ScoreRow]]) -> list[ScoreRow]:
    """One final row per (sample, t) over all shard files, in the dataset's order; ok replaces error.

    Raises:
        VfibenchError: two ok rows of one (sample, t).
    """
    rows = [row for shard in shards for row in shard]
    if len({row.frame for row in rows}) < len(rows):
        rows = _final(name, rows)
    return sorted(rows, key=attrgetter("index", "t"))


def _final(name: str, rows: Iterable[ScoreRow]) -> list[ScoreRow]:
    """The rows that stand where some were tried again."""
    final: dict[tuple[str, float], ScoreRow] = {}
    for row in rows:
        earlier = final.get(row.frame)
        if earlier is not None and earlier.status == "ok":
            if row.status == "ok":
                raise VfibenchError(
                    f"sample {row.sample!r} at t={row.t} was scored twice in cell {name}",
                    "two shards overlap: remove one of their files",
                )
            continue
        final[row.frame] = row
    return list(final.values())
