"""Which frames get a page of their own: among those with saved pictures, the ones worth looking at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from vfibench.leaderboards.result_names import unique_names
from vfibench.statistics.arrays import FloatArray, Frame
from vfibench.store.album import Album
from vfibench.store.frame_names import frames_named
from vfibench.store.result import CellResult

DIFFER = "methods differ"
WORST = "hard for the best"
NAMED = "asked for"
EXACT = 100.0
"""What an infinite PSNR counts as where frames are put into an order."""


@dataclass(frozen=True)
class Contender:
    """A cell with saved pictures.

    Attributes:
        name: its label, with what sets it apart from others of that label.
        result, album: its scores and pictures.
        places: of its frames in the arrays of its scores.
    """

    name: str
    result: CellResult
    album: Album
    places: Mapping[Frame, int]

    @property
    def inputs(self) -> int:
        """Input frames of a sample."""
        count: int = self.result.cell.settings.inputs
        return count


@dataclass(frozen=True)
class Contest:
    """The cells of one (dataset, protocol) that have pictures.

    Attributes:
        column: the metric that puts methods and frames into an order.
        contenders: best mean of it first, over the frames that all have scored where there are any.
        frames: F frames (sample, time) that any of them has scored.
        units: [F] what can be drawn again independently: the clip, else the sample.
        scores: [C, F] of `column`; NaN where a contender has none.
        gains: [C, F] the same with the greater the better, and finite where a frame is exact.
    """

    dataset: str
    protocol: str
    column: str
    contenders: tuple[Contender, ...]
    frames: tuple[Frame, ...]
    units: tuple[str, ...]
    scores: FloatArray
    gains: FloatArray

    @property
    def inputs(self) -> list[int]:
        """Every number of input frames that contenders were given; one as a rule."""
        return sorted({contender.inputs for contender in self.contenders})

    def album_of(self, frame: Frame) -> Album | None:
        """An album that holds the frame's ground truth and both neighbours."""
        sample, time = frame
        for contender in self.contenders:
            album = contender.album
            before, after = neighbours(album, frame)
            paths = (album.target(sample, time), album.frame(sample, before), album.frame(sample, after))
            if all(path.is_file() for path in paths):
                return album
        return None

    def shows(self, place: int) -> bool:
        """Whether there is a scored picture of a frame."""
        scored = zip(self.contenders, ~np.isnan(self.scores[:, place]), strict=True)
        frame = self.frames[place]
        return any(good and contender.album.prediction(*frame).is_file() for contender, good in scored)


@dataclass(frozen=True)
class Pick:
    """A frame that gets a page.

    Attributes:
        frame: (sample, time).
        place: its index in `Contest.frames`.
        reason: `DIFFER`, `WORST` or `NAMED`.
        album: where its ground truth and neighbours stand.
    """

    frame: Frame
    place: int
    reason: str
    album: Album


def neighbours(album: Album, frame: Frame) -> tuple[int, int]:
    """Times of the input frames on both sides of a target; of a target at an input's time, it and the next.

    The last input has no next: there it is the one before it, and it.
    """
    sample, time = frame
    before = int(np.floor(time))
    last = time == before and not album.frame(sample, before + 1).is_file()
    return (before - 1, before) if last else (before, before + 1)


def contests(results: Sequence[CellResult]) -> list[Contest]:
    """A contest per (dataset, protocol) of which pictures were saved, in order of first appearance."""
    found: dict[tuple[str, str], list[tuple[CellResult, Album]]] = {}
    for result in results:
        album = Album.of(result.folder, result.cell)
        if album.predictions.is_dir():
            found.setdefault((result.cell.dataset, result.cell.protocol), []).append((result, album))
    made = (_contest(*key, pairs) for key, pairs in found.items())
    return [contest for contest in made if contest.frames]


def _contest(dataset: str, protocol: str, pairs: Sequence[tuple[CellResult, Album]]) -> Contest:
    results = [result for result, _ in pairs]
    column = _common_column(results)
    frames = tuple(dict.fromkeys(frame for result in results for frame in result.scores.frames))
    scores = np.stack([_scores(result, column, frames) for result in results])
    better = next(r.columns[column].better for r in results if column in r.columns)
    gains = np.clip(scores, None, EXACT) if better == "higher" else -scores
    order = np.argsort(-_means(gains), kind="stable")
    names = unique_names(results)
    contenders = [
        Contender(name, result, album, {frame: place for place, frame in enumerate(result.scores.frames)})
        for name, (result, album) in zip(names, pairs, strict=True)
    ]
    return Contest(
        dataset=dataset,
        protocol=protocol,
        column=column,
        contenders=tuple(contenders[place] for place in order),
        frames=frames,
        units=_units(results, frames),
        scores=scores[order],
        gains=gains[order],
    )


def _common_column(results: Sequence[CellResult]) -> str:
    """The first metric that all have, else the first of the first."""
    columns: list[str] = list(results[0].columns)
    shared = [name for name in columns if all(name in result.columns for result in results)]
    return (shared or columns)[0]


def _scores(result: CellResult, column: str, frames: Sequence[Frame]) -> FloatArray:
    """[F] scores of one cell on the contest's frames."""
    found = result.scores
    if column not in found.values:
        return np.full(len(frames), np.nan)
    if found.frames == frames:
        return found.values[column]
    at = {frame: place for place, frame in enumerate(found.frames)}
    places = np.array([at.get(frame, -1) for frame in frames], np.int64)
    return np.where(places >= 0, found.values[column][places], np.nan)


def _means(gains: FloatArray) -> FloatArray:
    """[C] mean over the frames that all have, else over each one's own; minus infinity without any."""
    shared = ~np.isnan(gains).any(axis=0)
    kept = gains[:, shared] if shared.any() else gains
    counts = (~np.isnan(kept)).sum(axis=1)
    means: FloatArray = np.where(counts > 0, np.nansum(kept, axis=1) / np.maximum(counts, 1), -np.inf)
    return means


def _units(results: Sequence[CellResult], frames: Sequence[Frame]) -> tuple[str, ...]:
    names: dict[Frame, str] = {}
    for result in results:
        scores = result.scores
        for frame, unit in zip(scores.frames, scores.units.tolist(), strict=True):
            names.setdefault(frame, scores.unit_names[unit])
    return tuple(names[frame] for frame in frames)


def picks(contest: Contest, count: int, named: Sequence[str] = ()) -> list[Pick]:
    """The named frames with pictures, then `count` others: where methods differ most, or the best is worst.

    These two orders take turns, and each takes one frame per clip (or sample) before it takes a second of
    any: frames of a clip are alike.
    """
    found: dict[Frame, Pick] = {}
    at = {frame: place for place, frame in enumerate(contest.frames)}
    for frame in (frame for word in named for frame in frames_named(word, contest.frames)):
        _take(contest, found, at[frame], NAMED)
    most = len(found) + count
    spread = _spread(contest.gains)
    best = contest.gains[0]
    orders = (_by_turns(contest, -spread, spread > 0), _by_turns(contest, best, ~np.isnan(best)))
    for places in zip_longest(*orders) if count else ():
        for place, reason in zip(places, (DIFFER, WORST), strict=True):
            if place is not None and len(found) < most:
                _take(contest, found, place, reason)
        if len(found) == most:
            break
    return list(found.values())


def _take(contest: Contest, found: dict[Frame, Pick], place: int, reason: str) -> None:
    """Add a frame, unless it is there or has no pictures."""
    frame = contest.frames[place]
    if frame in found:
        return
    album = contest.album_of(frame)
    if album is not None and contest.shows(place):
        found[frame] = Pick(frame, place, reason, album)


def _spread(gains: FloatArray) -> FloatArray:
    """[F] best minus worst of each frame; 0 where fewer than two have a score."""
    several = (~np.isnan(gains)).sum(axis=0) > 1
    top, bottom = (np.where(np.isnan(gains), fill, gains) for fill in (-np.inf, np.inf))
    spread = np.zeros(gains.shape[1])
    spread[several] = (top.max(axis=0) - bottom.min(axis=0))[several]
    return spread


def _by_turns(contest: Contest, keys: FloatArray, usable: npt.NDArray[np.bool_]) -> Iterator[int]:
    """Places in ascending order of their key, the first of every unit before the second of any."""
    order = [int(place) for place in np.argsort(keys, kind="stable") if usable[place]]
    turn: Counter[str] = Counter()
    ranked = []
    for place in order:
        ranked.append((turn[contest.units[place]], place))
        turn[contest.units[place]] += 1
    return (place for _, place in sorted(ranked, key=lambda item: item[0]))
