"""Vimeo-90K's official train lists (Xue et al., IJCV 2019): triplets and septuplets.

Frames are numbered from 1 on disk; im1, im3, im5 and im7 are inputs, im2, im4 and im6 targets at time 1/2,
but where two inputs and one target at a random time are wanted.
The last 5 % of the lines of the train list are held out for validation; the test list is never used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError
from vfibench.trainable import Clip, SourceCard, SourceOptions, TrainingSource, Wanted
from vfibench_datasets.files import FileSample
from vfibench_datasets.source import missing_files, read_list
from vfibench_datasets.training.cutting import HALVES, cut, cut_between, span
from vfibench_datasets.training.parts import PERCENT, part_of, source_root
from vfibench_datasets.vimeo90k import CLIP, SEPTUPLET_CARD, TRIPLET_CARD

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Edition:
    """One of the two sets.

    Attributes:
        source: its name as a source.
        folder: official name.
        train: file name of the train list.
        lines: how many the official train list has.
        test: file name of the test list that ships with the package.
        frames: in a clip.
        inputs: numbers of input frames that samples may have.
        licence: as its authors state it.
    """

    source: str
    folder: str
    train: str
    lines: int
    test: str
    frames: int
    inputs: tuple[int, ...]
    licence: str


TRIPLETS = Edition(
    "vimeo90k-triplets",
    "vimeo_triplet",
    "tri_trainlist.txt",
    51312,
    "vimeo90k_tri_testlist.txt",
    3,
    (2,),
    TRIPLET_CARD.licence,
)
SEPTUPLETS = Edition(
    "vimeo90k-septuplets",
    "vimeo_septuplet",
    "sep_trainlist.txt",
    64612,
    "vimeo90k_sep_testlist.txt",
    7,
    (2, 4),
    SEPTUPLET_CARD.licence,
)


class Vimeo90K:
    """Clips of one edition, one sample each. Two of a septuplet's four inputs: one of its three windows.

    Where one target is wanted at a random time, any three frames in order, as RIFE_m was trained on.

    Args:
        edition: which.
        sequences: the folder of its clips.
        clips: such as "00001/0001".
        facts: see `TrainingSource`.
    """

    def __init__(self, edition: Edition, sequences: Path, clips: tuple[str, ...], facts: str) -> None:
        self.edition, self.sequences, self.clips, self.facts = edition, sequences, clips, facts
        self.size: int | None = len(clips)

    def sample(self, index: int, rng: np.random.Generator, wanted: Wanted) -> Clip:
        """Clip `index`; the window, where there are several, and then the crop are drawn from `rng`.

        Raises:
            VfibenchError: a number of inputs that the edition has not, or a frame cannot be used (see `cut`).
        """
        _check_inputs(self.edition, wanted.inputs)
        folder, length = self.sequences / self.clips[index], span(wanted.inputs, HALVES)
        if (wanted.inputs, wanted.targets, wanted.time) == (2, "middle", "random"):
            return cut_between([folder / _name(number) for number in range(self.edition.frames)], wanted, rng)
        windows = (self.edition.frames - length) // HALVES + 1
        first = HALVES * int(rng.integers(windows)) if windows > 1 else 0
        frames = [folder / _name(number) for number in range(first, first + length)]
        return cut(frames, HALVES, wanted, rng)


def open_triplets(options: SourceOptions) -> TrainingSource:
    """Open the triplets: `options.root` is the folder `vimeo_triplet`, or holds it; see `_open`."""
    return _open(TRIPLETS, options)


def open_septuplets(options: SourceOptions) -> TrainingSource:
    """Open the septuplets: `options.root` is the folder `vimeo_septuplet`, or holds it; see `_open`."""
    return _open(SEPTUPLETS, options)


def _open(edition: Edition, options: SourceOptions) -> Vimeo90K:
    """Open a part of an edition; every file it needs is known to exist afterwards.

    Raises:
        VfibenchError: a number of inputs that the edition has not, no folder or no train list there, a list
            that is none or that names clips of the official test list, or a missing file.
    """
    _check_inputs(edition, options.inputs)
    root = source_root(options.root, edition.source)
    folder = root / edition.folder if (root / edition.folder).is_dir() else root
    lines = _train_list(edition, folder / edition.train)
    clips = tuple(part_of(lines, options.part, folder / edition.train))
    _check_files(edition, folder, clips)
    return Vimeo90K(
        edition, folder / "sequences", clips, _facts(edition, options.part, len(clips), len(lines))
    )


def _facts(edition: Edition, part: str, clips: int, lines: int) -> str:
    share = f"first {PERCENT} %" if part == "train" else f"last {100 - PERCENT} %"
    official = "the official list" if lines == edition.lines else f"the official one has {edition.lines:,}"
    return (
        f"{edition.source}: {clips:,} clips, the {share} of {lines:,} lines of {edition.train} ({official}); "
        f"licence: {edition.licence}"
    )


def _train_list(edition: Edition, path: Path) -> list[str]:
    """Clips of the train list in its own order."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        message = f"expected the train list of {edition.source}, found {error.strerror} for {path}"
        raise VfibenchError(message, f"name the folder that holds {edition.folder} with --data") from error
    test, clips = frozenset(read_list(edition.test)), []
    seen: set[str] = set()
    for number, line in enumerate(map(str.strip, lines), 1):
        if line in seen:
            message = f"expected each clip once, found {line} again, in line {number} of {path}"
            raise VfibenchError(message, "restore the official train list")
        if line and (line in test or not re.fullmatch(CLIP, line)):
            found = f"{line} of the official test list" if line in test else repr(line)
            message = (
                f"expected a clip to train on, such as 00001/0001, found {found}, in line {number} of {path}"
            )
            raise VfibenchError(message, "restore the official train list")
        if line:
            clips.append(line)
            seen.add(line)
    return clips


def _check_files(edition: Edition, folder: Path, clips: tuple[str, ...]) -> None:
    names = [_name(index) for index in range(edition.frames)]
    items = [FileSample(clip, tuple(f"sequences/{clip}/{name}" for name in names), ()) for clip in clips]
    missing = missing_files(folder, items)
    if missing:
        layout = f"sequences/CLIP/{names[0]} to {names[-1]} for every line of {edition.train}"
        found = f"no {next(iter(missing.values()))} ({len(missing):,} of {len(clips):,} clips are incomplete)"
        raise VfibenchError(f"expected {layout}, found {found}", "unpack the archive anew")


def _check_inputs(edition: Edition, inputs: int) -> None:
    if inputs not in edition.inputs:
        offered = " or ".join(map(str, edition.inputs))
        message = f"source {edition.source!r} gives {offered} input frames, the recipe asks for {inputs}"
        raise VfibenchError(message, "change `inputs` in its [data], or the source")


def _name(index: int) -> str:
    """File of a clip's frame, counted from 0."""
    return f"im{index + 1}.png"


TRIPLETS_CARD = SourceCard(
    name=TRIPLETS.source,
    target="vfibench_datasets.training.vimeo90k:open_triplets",
    title="Vimeo-90K triplets, train list: im1, im3 -> im2; 2 inputs",
    layout="DIR/vimeo_triplet/tri_trainlist.txt and sequences/00001/0001/im1.png, im2.png, im3.png",
)
SEPTUPLETS_CARD = SourceCard(
    name=SEPTUPLETS.source,
    target="vfibench_datasets.training.vimeo90k:open_septuplets",
    title="Vimeo-90K septuplets, train list: odd frames -> even frames (2 inputs: or any three); 2, 4 inputs",
    layout="DIR/vimeo_septuplet/sep_trainlist.txt and sequences/00001/0001/im1.png ... im7.png",
)
