"""Space-time super-resolution: four small frames go in, all seven of their span come out, 4 times larger.

The task of Zooming Slow-Mo (Xiang et al., CVPR 2020): of seven consecutive frames the first, third, fifth and
seventh are reduced by 4 (`vfibench.frames.resize`, on the fly) and go in; all seven are targets, at full
size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from vfibench.contracts import DatasetCard, Sample
from vfibench.errors import VfibenchError
from vfibench_datasets.files import FileDataset, FileSample
from vfibench_datasets.source import FileSource, Layout, count_numbered, read_list
from vfibench_datasets.triplets import SIMPLE_NAME
from vfibench_datasets.vimeo90k import CLIP, SEPTUPLET_CARD, SIZE

SCALE = 4
TIMES = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
SPAN = len(TIMES)  # frames a window covers; every other one is an input
_PAPER = (
    "Xiang et al., Zooming Slow-Mo: Fast and Accurate One-Stage Space-Time Video Super-Resolution, CVPR 2020"
)
_REDUCED = "Inputs are made from the targets by MATLAB-like antialiased bicubic reduction, rounded to 8 bits."


class LowResolution(FileDataset):
    """A FileDataset whose inputs are reduced by the card's scale as they are decoded."""

    @classmethod
    def of(cls, full: FileDataset) -> LowResolution:
        """The same samples; `full` gives inputs and targets at one size."""
        made = cls(full.card, full.root, full.items, full.selection, full.size, full.told, view=full.view)
        made.times = full.card.times
        return made

    def times_of(self, index: int) -> tuple[float, ...]:
        """Target times of sample `index`: a window that shares a frame with the one before leaves it out."""
        return self.items[index].times

    def __getitem__(self, index: int) -> Sample:
        """Decode sample `index`, reduce its inputs.

        Raises:
            VfibenchError: as FileDataset, and where a side is no multiple of the scale.
        """
        from vfibench.frames.resize import reduced_pictures

        sample, scale = super().__getitem__(index), self.card.scale
        height, width = sample.targets.shape[-2:]
        if height % scale or width % scale:
            raise VfibenchError(
                f"expected sides that are multiples of {scale}, found {width}x{height}, in sample "
                f"{sample.id!r} of {self.card.name}",
                "restore the original files",
            )
        return replace(sample, frames=reduced_pictures(sample.frames, scale))


def windows(frames: Sequence[str], name: Callable[[int], str], clip: str) -> list[FileSample]:
    """Cut a sequence into windows of seven frames, each beginning with the last frame of the one before.

    That frame is scored with the window before, so that every frame is scored once; what is left after the
    last whole window is not scored.

    Args:
        frames: paths in time order.
        name: sample id from the index of the window's first frame.
        clip: tagged on every sample.
    """
    items = []
    for start in range(0, len(frames) - SPAN + 1, SPAN - 1):
        window = tuple(frames[start : start + SPAN])
        known = 1 if start else 0
        items.append(FileSample(name(start), window[::2], window[known:], TIMES[known:], {"clip": clip}))
    return items


def _vimeo(root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001 (a Layout's signature)
    """A line is a clip, which is one window."""
    if not re.fullmatch(CLIP, line):
        return []
    frames = [f"vimeo_septuplet/sequences/{line}/im{number}.png" for number in range(1, SPAN + 1)]
    return windows(frames, lambda _: line, line)


def _vimeo_card(speed: str, count: int, digest: str) -> DatasetCard:
    return DatasetCard(
        name=f"vimeo90k-{speed}",
        target=f"vfibench_datasets.stvsr:{speed.upper()}",
        title=f"Vimeo-90K septuplets with {speed} motion, 4 frames 112x64 -> 7 frames 448x256",
        task="im1, im3, im5, im7 at a quarter of the size -> im1 ... im7, 7 output frames",
        count=count,
        list_sha256=digest,
        inputs=(4,),
        times=TIMES,
        scale=SCALE,
        folders=SEPTUPLET_CARD.folders,
        layout=SEPTUPLET_CARD.layout,
        source=SEPTUPLET_CARD.source,
        size=SEPTUPLET_CARD.size,
        licence=SEPTUPLET_CARD.licence,
        paper=_PAPER,
        notes=f"{_REDUCED} The lists of fast, medium and slow motion hold 7,815 of the 7,824 clips of "
        "sep_testlist.txt.",
    )


def _speed(speed: str, count: int, digest: str) -> FileSource:
    layouts = (Layout("vimeo_septuplet/sequences", _vimeo),)
    lines = partial(read_list, f"vimeo90k_{speed}.txt")
    return FileSource(_vimeo_card(speed, count, digest), layouts, lines, SIZE, LowResolution.of)


FAST = _speed("fast", 1225, "9cfd49bbe5ebcb28a976d309e3caefd9fe8a7ee8bdb5b5b5ce5ec29a007eed6a")
MEDIUM = _speed("medium", 4977, "c89afd293f5112f4f94d779abf033b37459fcfe80941ef2413920e9d30c88a4f")
SLOW = _speed("slow", 1613, "a170691a2c8bb967b82cca029abff372bf8523030e230748d2eff15cdcd959cb")

VID4_CARD = DatasetCard(
    name="vid4",
    target="vfibench_datasets.stvsr:VID4",
    title="Vid4 in windows of 7 frames, 4 frames 180x120 to 180x144 -> 7 frames 720x480 to 720x576",
    task="frames 0, 2, 4, 6 of a window at a quarter of the size -> frames 0 ... 6, 7 output frames; "
    "the next window begins with frame 6; 160 of 171 frames are scored",
    count=26,
    list_sha256="8092a7b61d59fd7f5da1071b53c8830b5e258ff2aff8ca82c44fa2025ff14ad1",
    inputs=(4,),
    times=TIMES,
    scale=SCALE,
    folders=("vid4", "Vid4"),
    layout="vid4/GT/calendar/000.png, 001.png, ... (or 00000000.png, ...)\nvid4/GT/city, foliage, walk alike",
    source="the Vid4 archives of video super-resolution toolboxes (GT: calendar 41, city 34, foliage 49, "
    "walk 47 frames)",
    size="50 MB",
    licence="none stated",
    paper="Liu and Sun, A Bayesian Approach to Adaptive Video Super Resolution, CVPR 2011",
    notes=f"{_REDUCED} A frame that two windows share is scored with the first of them; frames after the "
    "last whole window are not scored: 160 of 171 frames count. A line of an own list is a clip (city) or "
    "the first frame of a window (city/006).",
)


def _clips() -> dict[str, int]:
    """Number of frames of each clip."""
    rows = (row.split(",") for row in read_list("vid4_frames.csv")[1:])
    return {clip: int(frames) for clip, frames in rows}


def _vid4(folder: str, digits: int, root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001
    """A line is a clip, or one of its windows; a clip outside the list is as long as on disk."""
    match = re.fullmatch(rf"({SIMPLE_NAME})(/\d{{3}})?", line)
    if not match:
        return []
    clip = match[1]
    length = _clips().get(clip) or count_numbered(root / folder / clip, digits, ".png")
    frames = [f"{folder}/{clip}/{number:0{digits}d}.png" for number in range(length)]
    items = windows(frames, partial("{}/{:03d}".format, clip), clip)
    return [item for item in items if item.id == line] if match[2] else items


def _vid4_layout(top: str, digits: int) -> Layout:
    folder = f"{top}/GT"
    return Layout(folder, partial(_vid4, folder, digits), f"*/{0:0{digits}d}.png")


VID4 = FileSource(
    VID4_CARD,
    tuple(_vid4_layout(top, digits) for top in VID4_CARD.folders for digits in (3, 8)),
    lambda: list(_clips()),
    refine=LowResolution.of,
)

CARDS = (FAST.card, MEDIUM.card, SLOW.card, VID4.card)
