"""What is asked of `vfibench interpolate`, and what cannot be asked for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.video.cuts import THRESHOLD
from vfibench.video.interpolating.journal import journal_path
from vfibench.video.interpolating.times import words
from vfibench.video.reading.animation import ANIMATIONS
from vfibench.video.reading.source import Clip
from vfibench.video.shots import Ends, cuts_at, cuts_by_score
from vfibench.video.writing.encoders import Encoder, chosen_encoder
from vfibench.video.writing.places import check_free
from vfibench.video.writing.resuming import parts_of

ANIMATED = (*ANIMATIONS, ".png")
"""Containers that cannot be joined from packets."""


@dataclass(frozen=True)
class Wish:
    """What is asked for; see the options of `vfibench interpolate`.

    Attributes:
        source, output: a video file or a folder of pictures each.
        method: catalogue name or "pkg.mod:Class".
        factor, fps, slow: see `vfibench.video.interpolating.times.timing_for`.
        weights, device, precision, batch: see `vfibench.video.interpolating.making.Maker`.
        clip: which part of the source.
        in_fps: frames per second of a folder of pictures.
        codec, crf, preset, options, pixel_format: see `vfibench.video.writing.encoders`.
        cuts: "auto", "off", a score, or a file with the numbers of the frames that begin a scene.
        overwrite: whether an output that exists is replaced.
        n_out: of space-time super-resolution: output frames per window, None for the method's own.
        tile: of space-time super-resolution: pixels a side that are enlarged at once, None for whole frames.
        audio: "drop" or "stretch": what becomes of sound with --slow.
        repeats: "keep", or "retime": frames that repeat the one before give way to made ones.
        resume: whether an output that was begun is gone on with, and this one may be.
    """

    source: Path
    output: Path
    method: str
    factor: int | None = None
    fps: Fraction | None = None
    slow: Fraction | None = None
    weights: Path | None = None
    device: str = ""
    precision: str = "fp32"
    batch: int = 8
    clip: Clip = field(default_factory=Clip)
    in_fps: Fraction | None = None
    codec: str = ""
    crf: int | None = None
    preset: str = ""
    options: dict[str, str] = field(default_factory=dict)
    pixel_format: str = ""
    cuts: str = "auto"
    overwrite: bool = False
    n_out: int | None = None
    tile: int | None = None
    resume: bool = False
    audio: str = "drop"
    repeats: str = "keep"


def encoder_of(wish: Wish) -> Encoder:
    """What --codec and its like ask for."""
    return chosen_encoder(wish.codec, wish.output, wish.crf, wish.preset, wish.options, wish.pixel_format)


def check_paths(wish: Wish) -> None:
    """VfibenchError for an output that is the input, or exists."""
    output = wish.output
    if output.resolve() == wish.source.resolve():
        raise VfibenchError(f"expected an output beside the input, found the input itself, {output}")
    goes_on = wish.resume and parts_of(output).is_dir()
    check_free(output, replaced=wish.overwrite or goes_on, beside=[journal_path(output)])
    if wish.factor is not None and wish.factor < 2:
        raise VfibenchError(f"expected --factor 2 or more, found {wish.factor}")
    for option, value, known in (
        ("--audio", wish.audio, ("drop", "stretch")),
        ("--repeats", wish.repeats, ("keep", "retime")),
    ):
        if value not in known:
            raise VfibenchError(f"expected {option} {' | '.join(known)}, found {value!r}")
    if wish.resume and output.suffix.lower() in ANIMATED:
        raise VfibenchError(
            f"expected a video or a folder with --resume, found {output.suffix}, which cannot be put together"
        )
    if wish.slow is not None and wish.slow <= 1:
        raise VfibenchError(f"expected --slow above 1, found {words(wish.slow)}")


def cuts_of(word: str) -> Ends:
    """What --cuts asks for."""
    if word == "auto":
        return cuts_by_score(THRESHOLD)
    if word == "off":
        return cuts_at(frozenset())
    with suppress(ValueError):
        if 0 < float(word) <= 100:
            return cuts_by_score(float(word))
    try:
        return cuts_at(frozenset(int(line) for line in Path(word).read_text(encoding="utf-8").split()))
    except (OSError, ValueError) as error:
        raise VfibenchError(
            f"expected --cuts auto | off | SCORE | FILE with a frame number per line, found {word!r}"
        ) from error
