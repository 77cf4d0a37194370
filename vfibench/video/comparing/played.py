"""Clips to a page that plays them: all in tiles of one VP9 video, so that one clock drives them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vfibench.system.files import write_whole
from vfibench.video.comparing.counting import COUNTER_SIZE, counted, counter_facts
from vfibench.video.comparing.fitting import Size, fitted
from vfibench.video.comparing.layouts import columns_of
from vfibench.video.comparing.scores import Scored, labelled
from vfibench.video.comparing.timeline import Moment
from vfibench.video.flow import Drain
from vfibench.video.player import Played, PlayedClip, player_page
from vfibench.video.writing.encoders import Encoder
from vfibench.video.writing.rgb_video import BT601, RgbVideo

CRF = 18
MATRIX = BT601
"""Browsers without a GPU convert by libyuv, whose blue of BT.709 is up to 12 levels too dark."""
TICK = Fraction(1, 1000)
"""WebM's own."""


def encoder_of(crf: int | None) -> Encoder:
    """VP9 with a key frame for each 12 frames: a browser that steps back decodes from there."""
    options = {"crf": str(CRF if crf is None else crf), "b": "0", "g": "12", "cpu-used": "4", "row-mt": "1"}
    return Encoder("libvpx-vp9", "crf", options, "yuv420p")


def tiles_of(count: int, size: Size) -> tuple[tuple[int, int], ...]:
    """(left, top) of each clip.

    >>> tiles_of(3, (64, 48))
    ((0, 0), (64, 0), (0, 48))
    """
    columns = columns_of("grid", count)
    return tuple((place % columns * size[0], place // columns * size[1]) for place in range(count))


def play_in_page(
    output: Path,
    shown: Callable[[], Iterator[Moment]],
    names: Sequence[str],
    size: Size,
    scored: Scored | None,
    crf: int | None,
) -> str:
    """Write the page; what it holds, in words.

    Args:
        output: the page.
        shown: gives the moments.
        names: of the clips.
        size: of each clip.
        scored: scores against the reference, None where there is none.
        crf: quality of the video.
    """
    import numpy as np

    tiles = tiles_of(len(names), size)
    across, top_of_counter = (max(tile[axis] for tile in tiles) + size[axis] for axis in (0, 1))
    across, down = max(across, COUNTER_SIZE[0]), top_of_counter + COUNTER_SIZE[1]
    whole = np.zeros((down, across, 3), np.uint8)
    times: list[float] = []
    end = Fraction(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.webm"
        video = RgbVideo(path, encoder_of(crf), (across, down), Fraction(30), TICK, MATRIX)
        drain = Drain(video.write, 4)
        try:
            for moment in shown():
                for frame, (left, top) in zip(moment.frames, tiles, strict=True):
                    whole[top : top + size[1], left : left + size[0]] = fitted(frame.pixels, size)
                whole[top_of_counter:, : COUNTER_SIZE[0]] = counted(moment.number)
                drain.put((whole.copy(), moment.stamp, moment.duration))
                times.append(round(float(moment.stamp), 6))
                end = moment.stamp + moment.duration
        finally:
            try:
                drain.close()
            finally:
                video.close()
        film = Film(path.read_bytes(), tuple(times), float(end), tiles, top_of_counter)
    page = _page(output.stem, names, size, scored, film)
    write_whole(output, page)
    return f"a page of {len(page) / 1e6:.1f} MB, {video.about}"


@dataclass(frozen=True)
class Film:
    """What the player is given.

    Attributes:
        data: a WebM.
        times: when each frame is shown, in seconds.
        end: until when the last one is.
        tiles: (left, top) of each clip.
        top: pixels down to the counter.
    """

    data: bytes
    times: tuple[float, ...]
    end: float
    tiles: tuple[tuple[int, int], ...]
    top: int


def _page(title: str, names: Sequence[str], size: Size, scored: Scored | None, film: Film) -> str:
    reference = scored.reference if scored else None
    told = labelled(names, reference)
    clips = tuple(PlayedClip(name, _scores(scored, place)) for place, name in enumerate(told))
    lines = scored.summary(names) if scored else []
    if scored:
        lines.append(
            "Scores are of the decoded frames, before this page's video was made of them; PSNR on RGB, SSIM "
            "with a Gaussian window of 11x11."
        )
    played = Played(clips, film.times, film.end, size)
    return player_page(title, lines, played, film.tiles, counter_facts(film.top), film.data)


def _scores(scored: Scored | None, place: int) -> dict[str, list[float | None]]:
    if scored is None or place == scored.reference or not scored.scores[place].finite("ssim"):
        return {}
    return scored.scores[place].values
