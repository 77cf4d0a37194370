"""Pictures of consecutive times for the player: all times of a sample, or those of samples in a row."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from vfibench.errors import VfibenchError
from vfibench.frames.files import read_interleaved
from vfibench.store.album import Album
from vfibench.video.player import Played, PlayedClip
from vfibench_reports.contents.picking import Contender, Contest
from vfibench_reports.kit.small_pictures import lossy_uri

if TYPE_CHECKING:
    pass

BUDGET = 800_000
"""Characters of all pictures of a player."""
MOST_CLIPS = 6
MOST_FRAMES = 25
LEAST_FRAMES = 4
"""Fewer are two inputs and what is between them: other parts of the page show that better."""
RATE = 12
"""Frames per second: slow enough to see what happens."""
NARROWEST = 160  # pixels in width that pictures are made smaller to


@dataclass(frozen=True)
class Motion:
    """What the player of a page is given.

    Attributes:
        played: names, times and scores.
        uris: pictures as data URIs, each once.
        frames: of each time and clip, the place in `uris`.
        size: (width, height) of the pictures before they were made smaller.
    """

    played: Played
    uris: tuple[str, ...]
    frames: tuple[tuple[int, ...], ...]
    size: tuple[int, int]

    def to_json(self) -> dict[str, object]:
        """As the page's script reads it."""
        return {
            **self.played.to_json(),
            "uris": list(self.uris),
            "frames": [list(one) for one in self.frames],
        }

    @property
    def characters(self) -> int:
        """Of all pictures."""
        return sum(map(len, self.uris))

    @property
    def smaller(self) -> bool:
        """Whether the pictures were made smaller."""
        return self.played.size != self.size


@dataclass(frozen=True)
class Step:
    """A time of the player: an input of a sample, or one of its targets."""

    sample: str
    time: float
    is_input: bool


def motion_of_sample(contest: Contest, sample: str, album: Album) -> Motion | None:
    """All times of one sample with the inputs on both sides, in a loop; None where these are few.

    Args:
        contest: the methods.
        sample: its id.
        album: where its truth and inputs stand.
    """
    return _motion(contest, _steps(contest, [sample]), album)


def motion_of_clip(contest: Contest, place: int) -> Motion | None:
    """The samples in a row around a frame, up to `MOST_FRAMES`; None where these are few.

    Samples are in a row where the second input of one is the first of the next.

    Args:
        contest: the methods.
        place: of the frame in `Contest.frames`.
    """
    frame = contest.frames[place]
    album = contest.album_of(frame)
    if album is None:
        return None
    samples = list(dict.fromkeys(sample for sample, _ in contest.frames))
    return _motion(contest, _steps(contest, _row(samples, frame[0], album, contest)), album)


def _row(samples: Sequence[str], middle: str, album: Album, contest: Contest) -> list[str]:
    """The samples in a row with `middle`, as many as fit, those after it first."""
    at = samples.index(middle)
    each = 1 + sum(sample == middle for sample, _ in contest.frames)
    most = max(1, (MOST_FRAMES - 1) // each)
    first = last = at

    def joined(place: int) -> bool:
        """Whether the sample at a place and the next one are in a row, and there is room."""
        inside = 0 <= place < len(samples) - 1 and last - first + 1 < most
        return inside and _joined(album, samples[place], samples[place + 1])

    while joined(last):
        last += 1
    while joined(first - 1):
        first -= 1
    return list(samples[first : last + 1])


def _joined(album: Album, one: str, following: str) -> bool:
    """Whether a sample ends with the frame that the next one begins with."""
    paths = album.frame(one, 1), album.frame(following, 0)
    return all(path.is_file() for path in paths) and paths[0].read_bytes() == paths[1].read_bytes()


def _steps(contest: Contest, samples: Sequence[str]) -> list[Step]:
    times: dict[str, list[float]] = {sample: [] for sample in samples}
    for sample, time in contest.frames:
        if sample in times:
            times[sample].append(time)
    found = []
    for sample, among in times.items():
        if any(not 0 < time < 1 for time in among):
            return []  # super-resolution: its inputs are of another size
        found += [Step(sample, 0, True), *(Step(sample, time, False) for time in sorted(among))]
    return [*found, Step(samples[-1], 1, True)]


def _motion(contest: Contest, steps: Sequence[Step], album: Album) -> Motion | None:
    if len(steps) < LEAST_FRAMES:
        return None
    truths = [_truth(album, step) for step in steps]
    if not all(path.is_file() for path in truths):
        return None
    shown = [one for one in contest.contenders if _has_all(one, steps)][: MOST_CLIPS - 1]
    paths = [truths, *([_made(one, album, step) for step in steps] for one in shown)]
    distinct = list(dict.fromkeys(path for row in paths for path in row))
    try:
        with ThreadPoolExecutor() as pool:
            size, small, uris = _encoded(distinct, pool)
    except VfibenchError:
        return None  # a damaged picture, which the page tells of elsewhere
    place = {path: number for number, path in enumerate(distinct)}
    frames = tuple(tuple(place[row[number]] for row in paths) for number in range(len(steps)))
    clips = (PlayedClip("ground truth", {}), *(PlayedClip(one.name, _scores(one, steps)) for one in shown))
    times = tuple(number / RATE for number in range(len(steps)))
    return Motion(Played(clips, times, len(steps) / RATE, small), tuple(uris), frames, size)


def _truth(album: Album, step: Step) -> Path:
    return album.frame(step.sample, int(step.time)) if step.is_input else album.target(step.sample, step.time)


def _made(one: Contender, album: Album, step: Step) -> Path:
    return _truth(album, step) if step.is_input else one.album.prediction(step.sample, step.time)


def _has_all(one: Contender, steps: Sequence[Step]) -> bool:
    return all(step.is_input or one.album.prediction(step.sample, step.time).is_file() for step in steps)


def _scores(one: Contender, steps: Sequence[Step]) -> dict[str, list[float | None]]:
    """PSNR and SSIM of each time, None at the inputs' own."""
    columns = [name for name in ("psnr", "ssim") if name in one.result.scores.values]
    found: dict[str, list[float | None]] = {}
    for name in columns:
        values = one.result.scores.values[name]
        places = [None if step.is_input else one.places.get((step.sample, step.time)) for step in steps]
        found[name] = [None if place is None else float(values[place]) for place in places]
    return found


def _encoded(
    paths: Sequence[Path], pool: ThreadPoolExecutor
) -> tuple[tuple[int, int], tuple[int, int], list[str]]:
    """The size of the pictures, the one they are shown at, and their data URIs, all within the budget."""
    first = read_interleaved(paths[0])
    size = (first.shape[1], first.shape[0])
    some = [lossy_uri(Image.fromarray(read_interleaved(path))) for path in paths[:: max(1, len(paths) // 4)]]
    share = min(1.0, (BUDGET / (len(paths) * max(map(len, some)))) ** 0.5)
    while True:
        width = max(min(NARROWEST, size[0]), int(size[0] * share))
        small = (width, max(1, round(size[1] * width / size[0])))
        uris = list(pool.map(partial(_shrunk, size=small), paths))
        if sum(map(len, uris)) <= BUDGET or width <= NARROWEST:
            return size, small, uris
        share *= 0.9


def _shrunk(path: Path, size: tuple[int, int]) -> str:
    image = Image.fromarray(read_interleaved(path))
    return lossy_uri(image if image.size == size else image.resize(size, Image.Resampling.LANCZOS))
