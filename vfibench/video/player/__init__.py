"""The player of clips in step, for any page, and as a page of its own. Nothing of PyAV is needed here."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vfibench.system.json_text import encoded
from vfibench.version import __version__

POLICY = "default-src 'none'; style-src 'unsafe-inline'; media-src blob:"
"""Of a page: nothing is fetched, and one script runs, known by its hash."""
HERE = Path(__file__).resolve().parent / "static"


@dataclass(frozen=True)
class PlayedClip:
    """A clip of a player.

    Attributes:
        name: in its caption.
        scores: by column, one per frame: None for none, infinite for an exact one; empty for a clip that is
            not scored, such as the ground truth.
    """

    name: str
    scores: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class Played:
    """What a player is told of its film.

    Attributes:
        clips: two to six, or one.
        times: when each frame is shown, in seconds.
        end: until when the last one is.
        size: (width, height) of each clip in pixels.
    """

    clips: tuple[PlayedClip, ...]
    times: tuple[float, ...]
    end: float
    size: tuple[int, int]

    def to_json(self) -> dict[str, object]:
        """As player.js reads it."""
        clips = [
            {
                "name": clip.name,
                "scores": {name: [_plain(value) for value in values] for name, values in clip.scores.items()}
                or None,
            }
            for clip in self.clips
        ]
        width, height = self.size
        return {"clips": clips, "times": list(self.times), "end": self.end, "width": width, "height": height}


def _plain(value: float | None) -> float | str | None:
    if value is None or math.isnan(value):
        return None
    return "exact" if math.isinf(value) else round(value, 5)


@cache
def asset(name: str) -> str:
    """A file of the player's: "player.js", "chart.js" or "player.css"."""
    return (HERE / name).read_text(encoding="utf-8")


def player_page(
    title: str,
    lines: Sequence[str],
    played: Played,
    tiles: Sequence[tuple[int, int]],
    counter: Mapping[str, int],
    film: bytes,
) -> str:
    """A page that plays a film and loads nothing else.

    Args:
        title: of the page.
        lines: told below it.
        played: what the film shows.
        tiles: (left, top) of each clip in the film, in pixels.
        counter: where each frame has its number, see `vfibench.video.comparing.counting`.
        film: a WebM.

    Returns:
        HTML.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    script = asset("chart.js") + asset("player.js") + asset("start.js")
    facts = {"tiles": [list(tile) for tile in tiles], "counter": dict(counter)}
    data = encoded({**played.to_json(), **facts}, compact=True)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return made.get_template("page.html").render(
        title=title,
        lines=lines,
        version=__version__,
        policy=f"{POLICY}; script-src 'sha256-{digest}'",
        style=Markup(asset("page.css") + asset("player.css")),  # noqa: S704 our own files
        script=Markup(script),  # noqa: S704
        data=Markup(data.replace("<", "\\u003c")),  # noqa: S704
        film=Markup(base64.b64encode(film).decode()),  # noqa: S704 letters and digits alone
    )
