"""Pictures a run keeps beside its scores, and where each of them stands.

    images/<cell>/<sample>/t0.500000.png       a prediction; `frames:DIR` reads images/<cell>
    images/inputs.<dataset>.<key>/<sample>/    what the predictions were made from and are held against:
        frame-0.png, frame-1.png               input frames by their time, 0 and 1 being the middle two,
        frame--1.png, frame-2.png              and those around them, where a sample has more,
        target-t0.500000.png                   the ground truth at a time

Predictions are a cell's own. Inputs and targets are kept once for all cells of a run folder that score the
same frames: the key stands for the list of samples, their files and the target times. Shards on other
machines keep pictures in run folders of their own; `vfibench merge` joins scores, not pictures, and
`vfibench report` looks for pictures where each result was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from vfibench.contracts import Sample
from vfibench.errors import VfibenchError
from vfibench.frames.files import write_image
from vfibench.store.cells import Cell, file_word, short_key
from vfibench.store.comparability import FRAMES, values
from vfibench.system.files import check_written
from vfibench.system.json_text import readable

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

FOLDER = "images"


@dataclass(frozen=True)
class Album:
    """Where the pictures of one cell stand.

    Attributes:
        predictions: folder of the cell's own.
        inputs: folder of the input frames and targets, shared with the cells that score the same frames.
        kept: pictures that were written or found whole by `keep`.
    """

    predictions: Path
    inputs: Path
    kept: set[Path] = field(default_factory=set, compare=False, repr=False)

    @classmethod
    def of(cls, run: Path, cell: Cell) -> Album:
        """The album of a cell in a run folder, whether or not anything is in it."""
        return cls(run / FOLDER / cell.name, run / FOLDER / inputs_name(cell))

    def prediction(self, sample: str, time: float) -> Path:
        """The prediction of a sample at a time; for errors see `place`."""
        return place(self.predictions, sample) / f"t{time:.6f}.png"

    def target(self, sample: str, time: float) -> Path:
        """The ground truth of a sample at a time."""
        return place(self.inputs, sample) / f"target-t{time:.6f}.png"

    def frame(self, sample: str, time: int) -> Path:
        """The input frame of a sample that stands at a time: 0 and 1 are the middle two."""
        return place(self.inputs, sample) / f"frame-{time}.png"

    def keep(self, sample: Sample, predicted: Iterable[UInt8Array]) -> None:
        """Write a sample's predictions, and its inputs and targets where they are not there yet.

        Args:
            sample: the sample.
            predicted: [3, s*H, s*W] uint8 RGB, one a time of the sample.

        Raises:
            VfibenchError: the folder is read-only, the disk is full, or `place` refuses the sample's id.
        """
        for time, pixels in zip(sample.times, predicted, strict=True):
            write_image(self.prediction(sample.id, time), pixels)
            self.kept.add(self.prediction(sample.id, time))
        targets = [self.target(sample.id, time) for time in sample.times]
        first = 1 - len(sample.frames) // 2
        frames = [self.frame(sample.id, time) for time in range(first, first + len(sample.frames))]
        pictures = [*sample.targets, *sample.frames]
        for path, pixels in zip([*targets, *frames], pictures, strict=True):
            write_once(path, pixels)
            self.kept.add(path)

    def spoilt(self, sample: str, times: Iterable[float]) -> bool:
        """Whether a prediction of a sample is there but cannot be read."""
        return any(spoilt(self.prediction(sample, time)) for time in times)

    def check(self) -> None:
        """Make sure that all pictures that were kept are on the disk.

        Raises:
            VfibenchError: one is not; something else has removed it meanwhile.
        """
        check_written(self.kept, "run again with --policy always to save it again")


def place(folder: Path, sample: str) -> Path:
    """The folder of a sample, which lies within `folder`.

    Raises:
        VfibenchError: the id would lead out of it: an absolute path, one with a drive, or one with "..".
    """
    path = PureWindowsPath(sample)  # knows both sorts of slashes
    if path.anchor or path.drive or ".." in path.parts or "\0" in sample:
        raise VfibenchError(
            f"expected a sample id that stays within the folder of pictures, found {sample!r}",
            'give the sample an id without "..", a drive or a slash in front',
        )
    return folder / readable(sample)


def inputs_name(cell: Cell) -> str:
    """The folder of a cell's inputs and targets: "inputs.ucf101.1a2b3c4d".

    Example:
        >>> from vfibench.store.settings import Settings
        >>> settings = Settings(inputs=2, list_sha256="ab", times=(0.5,), metrics={})
        >>> inputs_name(Cell("blend", "clip:My Film", "vfibench", settings))
        'inputs.clip-My-Film.bc92f65c'
    """
    return f"inputs.{file_word(cell.dataset)}.{short_key([cell.dataset, values(cell, FRAMES)])}"


def write_once(path: Path, pixels: UInt8Array) -> None:
    """Write [3, H, W] uint8 RGB as PNG unless it is there and whole; it appears whole or not at all.

    Several processes may write the same picture at once: the last one's replaces its equals.

    Raises:
        VfibenchError: the folder is read-only, or the disk is full.
    """
    if not path.exists() or spoilt(path):
        write_image(path, pixels)


def spoilt(path: Path) -> bool:
    """Whether a picture is there but empty, zeroed or cut, as it may be after a power cut."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.verify()  # every chunk's checksum
    except FileNotFoundError:
        return False
    except (OSError, SyntaxError, ValueError):
        return True
    return False
