"""From stored rows to the numbers in tables. Nothing here needs a GPU, an image or torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class ScoredFrame(Protocol):
    """What is read of a score row; see `vfibench.store.rows.ScoreRow`."""

    @property
    def sample(self) -> str:
        """The sample's id."""

    @property
    def t(self) -> float:
        """Target time."""

    @property
    def status(self) -> str:
        """Whether there are scores: "ok", or "error"."""

    @property
    def scores(self) -> Mapping[str, float | None]:
        """By column; None for an infinite one, and where the definition gives no number."""

    @property
    def exact(self) -> Sequence[str]:
        """Columns whose score is infinite."""

    @property
    def tags(self) -> Mapping[str, object]:
        """Facts about the frame."""


class TimedCall(Protocol):
    """What is read of a timing row; see `vfibench.store.rows.TimingRow`."""

    @property
    def samples(self) -> int:
        """In the call."""

    @property
    def frames(self) -> int:
        """That came out of it."""

    @property
    def predict_s(self) -> float:
        """Seconds."""

    @property
    def warmup(self) -> bool:
        """Whether it was the first at its shape."""

    @property
    def peak_mb(self) -> float | None:
        """Peak memory so far, MiB."""


@dataclass(frozen=True)
class Summary:
    """A mean and what it stands on.

    Attributes:
        mean: arithmetic mean of the per-frame values, None where there is none.
        n: frames in the mean.
        exact: frames left out of a PSNR mean because they equal the target exactly (infinite dB).
        undefined: frames left out because the definition gives no number.
    """

    mean: float | None
    n: int
    exact: int = 0
    undefined: int = 0


def summarise(rows: Iterable[ScoredFrame], column: str) -> Summary:
    """Mean of one metric column over rows with status "ok"."""
    scored = [row for row in rows if row.status == "ok" and column in row.scores]
    values = [value for row in scored if (value := row.scores[column]) is not None]
    exact = undefined = 0
    if len(values) < len(scored):
        exact = sum(column in row.exact for row in scored if row.scores[column] is None)
        undefined = len(scored) - len(values) - exact
    mean = math.fsum(values) / len(values) if values else None
    return Summary(mean, len(values), exact, undefined)


@dataclass(frozen=True)
class ClipMean:
    """The mean over clips of each clip's mean over its frames.

    Attributes:
        mean: None where no frame has a number.
        clips: clips in the mean.
        even: whether all have as many frames in it, so that the mean over frames is the same.
    """

    mean: float | None
    clips: int
    even: bool


def over_clips(rows: Sequence[ScoredFrame], column: str) -> ClipMean | None:
    """The mean of one column over clips; None where a scored row does not name its clip.

    Rows of several times of one sample count in their clip as frames do. Exact and undefined frames are
    left out as in `summarise`; a clip of nothing else is left out as a whole.
    """
    clips = by_clip(rows)
    return clip_mean(clips, column) if clips else None


def clip_of(tags: Mapping[str, object]) -> str:
    """The clip that the tags of a frame name, "" where they name none.

    >>> clip_of({"clip": "a"}), clip_of({"clip": ""}), clip_of({})
    ('a', '', '')
    """
    name = tags.get("clip")
    return "" if name is None else str(name)


def by_clip(rows: Iterable[ScoredFrame]) -> dict[str, list[ScoredFrame]]:
    """The scored rows of each clip; empty where one does not name its clip."""
    clips: dict[str, list[ScoredFrame]] = {}
    for row in rows:
        if row.status == "ok":
            name = clip_of(row.tags)
            if not name:
                return {}
            clips.setdefault(name, []).append(row)
    return clips


def clip_mean(clips: Mapping[str, Sequence[ScoredFrame]], column: str) -> ClipMean:
    """The mean of one column over clips, given their scored rows; what is left out is as in `over_clips`."""
    found = [summarise(clip, column) for clip in clips.values()]
    means = [summary.mean for summary in found if summary.mean is not None]
    mean = math.fsum(means) / len(means) if means else None
    return ClipMean(mean, len(means), len({summary.n for summary in found}) == 1)


def percentile(values: Sequence[float], share: float) -> float:
    """Linear-interpolation percentile, `share` in [0, 1], of a non-empty sequence."""
    return float(np.quantile(values, share))


@dataclass(frozen=True)
class Throughput:
    """The network's own speed, apart from decoding and scoring.

    Attributes:
        frames_per_s: output frames per second of network time.
        ms_median, ms_p95: milliseconds an output frame, over calls (a call's time is shared by its
            samples and times: amortised).
        ms_call: median milliseconds a sample, all its times together.
        times: output frames a sample.
        calls: calls counted.
        warm: False where only warm-up calls were available.
        peak_mb: peak memory in MiB (CUDA allocator, or the process's resident set).
    """

    frames_per_s: float
    ms_median: float
    ms_p95: float
    ms_call: float
    times: int
    calls: int
    warm: bool
    peak_mb: float | None


def throughput(timings: Sequence[TimedCall]) -> Throughput | None:
    """Summarise a cell's timing lines; None where there are none.

    The first call of each frame and batch size in a process is warm-up and is left out while others remain.
    """
    steady = [line for line in timings if not line.warmup]
    used = steady or list(timings)
    if not used:
        return None
    seconds = math.fsum(line.predict_s for line in used)
    per_frame = [1e3 * line.predict_s / line.frames for line in used]
    per_sample = [1e3 * line.predict_s / line.samples for line in used]
    peaks = [line.peak_mb for line in timings if line.peak_mb is not None]
    return Throughput(
        frames_per_s=sum(line.frames for line in used) / max(seconds, 1e-9),
        ms_median=percentile(per_frame, 0.5),
        ms_p95=percentile(per_frame, 0.95),
        ms_call=percentile(per_sample, 0.5),
        times=max(line.frames // line.samples for line in used),
        calls=len(used),
        warm=bool(steady),
        peak_mb=max(peaks) if peaks else None,
    )
