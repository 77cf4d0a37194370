"""Codecs by the names that people use, with defaults that do no visible harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.codec import Codec, find_best_pix_fmt_of_list

from vfibench.errors import VfibenchError, did_you_mean
from vfibench.video.colour import PLANAR


@dataclass(frozen=True)
class Encoder:
    """An encoder of FFmpeg's, and how it is asked.

    Attributes:
        name: FFmpeg's.
        quality: its option for --crf, "" for none.
        options: its own, with our defaults.
        pixel_format: that it is given, "" for the source's or what loses least of it.
    """

    name: str
    quality: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    pixel_format: str = ""


CODECS = {
    "h264": Encoder("libx264", "crf", {"crf": "18", "preset": "medium"}),
    "hevc": Encoder("libx265", "crf", {"crf": "20", "preset": "medium", "x265-params": "log-level=error"}),
    "av1": Encoder("libsvtav1", "crf", {"crf": "28", "preset": "8"}),
    "vp9": Encoder("libvpx-vp9", "crf", {"crf": "28", "b": "0", "row-mt": "1", "cpu-used": "2"}),
    "ffv1": Encoder("ffv1", "", {"level": "3", "g": "1", "slicecrc": "1"}),
    "prores": Encoder("prores_ks", "", {"profile": "3"}),
    "png": Encoder("png"),
}
EVERYDAY = ("libx264", "libx265", "libsvtav1", "libvpx-vp9")
USUAL = {".webm": "vp9", ".apng": "apng", ".webp": "libwebp_anim"}
"""Codecs of containers that do not hold H.264, the usual one."""


def chosen_encoder(
    word: str, path: Path, crf: int | None, preset: str, options: Mapping[str, str], pixel_format: str
) -> Encoder:
    """What --codec, --crf, --preset, -e and --pixel-format ask for.

    Raises:
        VfibenchError: no such codec in this FFmpeg, --crf for one that has none, or a pixel format that it
            does not take.
    """
    word = word or USUAL.get(path.suffix.lower(), "h264")
    usual = CODECS.get(word) or Encoder(word, "cq" if word.endswith("nvenc") else "crf")
    try:
        known = [one.name for one in Codec(usual.name, "w").video_formats or ()]
    except (ValueError, av.FFmpegError) as error:
        raise VfibenchError(
            f"expected --codec {' | '.join(CODECS)} or an encoder of this FFmpeg's, found {word!r}",
            did_you_mean(word, CODECS, "see --codec in docs/video.md"),
        ) from error
    if pixel_format and (pixel_format not in known or not PLANAR.fullmatch(pixel_format)):
        planes = ", ".join(name for name in known if PLANAR.fullmatch(name))
        raise VfibenchError(f"expected --pixel-format {planes} with {usual.name}, found {pixel_format!r}")
    found = dict(usual.options)
    if crf is not None:
        if not usual.quality:
            raise VfibenchError(f"expected no --crf with --codec {word}, which has no such setting")
        found[usual.quality] = str(crf)
    if preset:
        found["preset"] = preset
    return Encoder(usual.name, usual.quality, {**found, **options}, pixel_format)


def pixel_format_for(encoder: Encoder, pixel_format: str) -> str:
    """The format that an encoder is given: the source's own, or the one that loses least of it.

    RGB, and grey that an encoder does not know, become 4:2:0 for the codecs of everyday videos: few players
    show more.
    """
    known = [one.name for one in Codec(encoder.name, "w").video_formats or ()]
    foreign = pixel_format.startswith("gbr") or (
        pixel_format.startswith("gray") and pixel_format not in known
    )
    if foreign and encoder.name in EVERYDAY:
        deep = not pixel_format.endswith(("p", "gray")) and "yuv420p10le" in known
        return "yuv420p10le" if deep else "yuv420p"
    if not known or pixel_format in known:
        return pixel_format
    best, _ = find_best_pix_fmt_of_list(known, pixel_format, "a" in pixel_format.removeprefix("gray")[:5])
    return best.name if best is not None else known[0]


def parse_options(given: Sequence[str]) -> dict[str, str]:
    """`-e KEY=VALUE`, any number of them.

    >>> parse_options(["tune=animation"])
    {'tune': 'animation'}
    """
    pairs = [one.partition("=") for one in given]
    for (key, sign, _), whole in zip(pairs, given, strict=True):
        if not key or not sign:
            raise VfibenchError(f"expected -e KEY=VALUE, found {whole!r}", "such as: -e tune=animation")
    return {key: value for key, _, value in pairs}
