"""What is asked of `vfibench compare-video`, and what cannot be asked for together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.frames.folders import named_folder
from vfibench.system.paths import given_path
from vfibench.video.comparing.layouts import LAYOUTS
from vfibench.video.reading.source import Clip
from vfibench.video.writing.places import check_free

PAGES = (".html", ".htm")
MOST_PLAYED = 6
PAGE_WIDTH = 960
"""Pixels in width of each clip on a page where the user says nothing."""


@dataclass(frozen=True)
class Wish:
    """What is asked for; see the options of `vfibench compare-video`.

    Attributes:
        inputs: words for `open_inputs`.
        output: a video by its suffix, a folder for PNG files, or a page (.html).
        reference: what the others are held against, "" for nothing.
        layout: one of `LAYOUTS`, "" for "side" of two pictures and "grid" of more.
        divider: share of the width for "split", None for one that sweeps.
        errors: whether error maps stand below the pictures.
        strip: whether scores over time stand below all.
        labels: whether names and times are written on the pictures.
        width: most pixels in width of each picture, None for no limit.
        fps: frames per second of the output, None for the time stamps of the input that has most frames.
        in_fps: of folders of pictures and saved images, None for 25.
        clip: the part of each input.
        codec, crf, preset, options: see `vfibench.video.writing.encoders`.
        overwrite: whether an output that exists is replaced.
    """

    inputs: Sequence[str]
    output: Path
    reference: str = ""
    layout: str = ""
    divider: float | None = 0.5
    errors: bool = False
    strip: bool = False
    labels: bool = True
    width: int | None = None
    fps: Fraction | None = None
    in_fps: Fraction | None = None
    clip: Clip = field(default_factory=Clip)
    codec: str = ""
    crf: int | None = None
    preset: str = ""
    options: dict[str, str] = field(default_factory=dict)
    overwrite: bool = False

    @property
    def page(self) -> bool:
        """Whether the output is a page."""
        return self.output.suffix.lower() in PAGES


def check(wish: Wish) -> None:
    """VfibenchError for what cannot be asked for together, or an output that is there."""
    count = len(wish.inputs)
    if count < 2 and not wish.reference:
        raise VfibenchError(f"expected two videos or more, found {count}", "or one and a --reference")
    if wish.layout and wish.layout not in LAYOUTS:
        raise VfibenchError(f"expected --layout {' | '.join(LAYOUTS)}, found {wish.layout!r}")
    if wish.layout in ("split", "blink") and count != 2:
        raise VfibenchError(f"expected two videos with --layout {wish.layout}, found {count}")
    if wish.divider is not None and not 0 <= wish.divider <= 1:
        raise VfibenchError(f"expected --divider between 0 and 1, or sweep, found {wish.divider:g}")
    if (wish.errors or wish.strip) and not wish.reference:
        asked = "--errors" if wish.errors else "--strip"
        raise VfibenchError(f"expected --reference with {asked}, found none", "what are they held against?")
    if wish.page and count + bool(wish.reference) > MOST_PLAYED:
        raise VfibenchError(
            f"expected at most {MOST_PLAYED} clips on a page, found {count + bool(wish.reference)}"
        )
    if wish.page and (wish.layout or wish.errors or wish.codec):
        asked = "--layout" if wish.layout else "--errors" if wish.errors else "--codec"
        raise VfibenchError(f"expected no {asked} for a page, whose player has all views and one codec, VP9")
    _check_output(wish)


def _check_output(wish: Wish) -> None:
    output = wish.output
    for word in filter(None, (*wish.inputs, wish.reference)):
        places = {given_path(word).resolve(), named_folder(word)[0].resolve()}
        if output.resolve() in places | {place.parent for place in places if output.is_dir()}:
            raise VfibenchError(f"expected an output beside the inputs, found the input itself, {output}")
    check_free(output, replaced=wish.overwrite)
