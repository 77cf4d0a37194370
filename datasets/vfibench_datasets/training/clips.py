"""Folders of high-frame-rate clips, in the style of Adobe240 and NFS: every 8th frame is an input.

A sample is 9, 25, 41 or 57 consecutive frames for 2, 4, 6 or 8 inputs, as SuperSloMo-R was trained. Samples
start at frame 0, 9, 18, ... (0, 25, 50, ...) of their clip, so that no two share a frame; what is left at a
clip's end is not used. The last 5 % of the clips that are long enough, by name, are held out for validation.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vfibench.errors import VfibenchError
from vfibench.frames.files import natural_key
from vfibench.frames.folders import frame_names
from vfibench.trainable import Clip, SourceCard, SourceOptions, TrainingSource, Wanted
from vfibench_datasets.source import read_list
from vfibench_datasets.training.cutting import EIGHTHS, cut, span
from vfibench_datasets.training.parts import PERCENT, part_of, source_root

if TYPE_CHECKING:
    import numpy as np

NAME = "clips"
TEST_LISTS = ("adobe240_superslomo_test.txt", "gopro_test.txt")
SUFFIXES = (".png", ".jpg", ".jpeg")


class Footage(NamedTuple):
    """A clip: its folder and the names of its frames in time order."""

    folder: Path
    frames: tuple[str, ...]


class Clips:
    """Samples of several clips, one clip's after another's.

    Args:
        footage: the clips, each with frames enough for a sample.
        inputs: N of every sample.
        facts: see `TrainingSource`.
    """

    def __init__(self, footage: tuple[Footage, ...], inputs: int, facts: str) -> None:
        self.footage, self.inputs, self.facts = footage, inputs, facts
        self._ends = list(accumulate(len(clip.frames) // span(inputs, EIGHTHS) for clip in footage))
        self.size: int | None = self._ends[-1]

    def sample(self, index: int, rng: np.random.Generator, wanted: Wanted) -> Clip:
        """Sample `index`; the targets' time and then the crop are drawn from `rng`.

        Raises:
            VfibenchError: another number of inputs than the source was opened for, or a frame cannot be used
                (see `cut`).
        """
        if wanted.inputs != self.inputs:
            message = f"source {NAME!r} was opened for {self.inputs} input frames, asked for {wanted.inputs}"
            raise VfibenchError(message, "give SourceOptions the recipe's `inputs`")
        number = bisect_right(self._ends, index)
        clip, length = self.footage[number], span(self.inputs, EIGHTHS)
        first = (index - (self._ends[number - 1] if number else 0)) * length
        frames = [clip.folder / name for name in clip.frames[first : first + length]]
        return cut(frames, EIGHTHS, wanted, rng)


def open_clips(options: SourceOptions) -> TrainingSource:
    """Open the clips in the folder `options.root`, each a sub-folder of numbered frames.

    Raises:
        VfibenchError: no folder, no clip long enough, a frame left out in a clip or there twice, a picture
            that is called otherwise than the others, or a test video of Adobe240 or GoPro.
    """
    root, length = source_root(options.root, NAME), span(options.inputs, EIGHTHS)
    found = [_footage(folder) for folder in _folders(root)]
    long = [clip for clip in found if len(clip.frames) >= length]
    if not long:
        raise _too_short(root, options.inputs, found)
    chosen = tuple(part_of(long, options.part, root))
    source = Clips(chosen, options.inputs, "")
    source.facts = _facts(root, options, source, len(long), len(found))
    return source


def _too_short(root: Path, inputs: int, found: list[Footage]) -> VfibenchError:
    needed, longest = span(inputs, EIGHTHS), max((len(clip.frames) for clip in found), default=0)
    return VfibenchError(
        f"expected {root}/CLIP/0001.png, 0002.png, ... (png or jpg), {needed} frames or more for {inputs} "
        f"inputs, found {len(found)} sub-folders, the longest of {longest} frames",
        "name the folder that holds the clips",
    )


def _facts(root: Path, options: SourceOptions, source: Clips, long: int, found: int) -> str:
    share = f"first {PERCENT} %" if options.part == "train" else f"last {100 - PERCENT} %"
    whole = f"the {share} of {long:,} by name" if long > 1 else "the only one: none is held out"
    short = f"; {found - long:,} too short and left out" if found > long else ""
    samples = f"{source.size:,} samples of {span(options.inputs, EIGHTHS)} frames"
    return (
        f"{NAME} in {root.absolute().name}: {samples}, "
        f"{len(source.footage):,} clips ({whole}{short}); licence: that of the clips"
    )


def _folders(root: Path) -> list[Path]:
    """Sub-folders in natural order; hidden ones are left out."""
    found = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    tests = {Path(line).stem: name for name in TEST_LISTS for line in read_list(name)}
    for path in found:
        if path.name in tests:
            message = f"expected clips to train on, found {path} of the test list {tests[path.name]}"
            raise VfibenchError(message, "take the test videos out of the folder")
    return sorted(found, key=natural_key)


def _footage(folder: Path) -> Footage:
    """The clip in a folder; what is no clip is refused, see `frame_names`."""
    return Footage(folder, frame_names(folder, SUFFIXES, strict=True).frames)


CARD = SourceCard(
    name=NAME,
    target="vfibench_datasets.training.clips:open_clips",
    title="a folder of high-frame-rate clips (Adobe240, NFS): frames 0, 8, ... -> those between; any inputs",
    layout="DIR/CLIP/0001.png, 0002.png, ... (png or jpg; 9 frames or more a clip for 2 inputs, 25 for 4)",
)
