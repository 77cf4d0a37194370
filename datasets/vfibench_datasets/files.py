"""Datasets of image files: items (which file plays which part), and the one class that decodes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import DatasetCard, Sample, Selection
from vfibench.errors import VfibenchError
from vfibench.system.json_text import readable

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array


@dataclass(frozen=True)
class FileSample:
    """One sample as files; paths are relative to the data root, with forward slashes.

    Attributes:
        id: sample id.
        inputs: N input frames in time order; a path may occur again where an edge is replicated.
        targets: T ground-truth frames.
        times: T target times.
        tags: passed on to the Sample.
        mask: picture that is white where pixels count, or None.
        fault: why nothing can be made of its files though they are there; it then counts as missing.
    """

    id: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    times: tuple[float, ...] = (0.5,)
    tags: Mapping[str, str | float | bool] = field(default_factory=dict)
    mask: str | None = None
    fault: str = ""

    @property
    def pictures(self) -> tuple[str, ...]:
        """Every picture of the sample."""
        return (*self.inputs, *self.targets, *((self.mask,) if self.mask else ()))

    @property
    def files(self) -> tuple[str, ...]:
        """Every file of the sample: its pictures, one a file."""
        return self.pictures


class FileDataset:
    """A Dataset over items whose files are known to exist.

    Attributes:
        card, selection, ids: as in the Dataset contract.
        times: target times, the same for all samples.
        root: folder the items' paths are relative to.
        size: (width, height) every picture must have; None where samples differ.
        remarks: sentences for the user, such as how many samples a rule left out.
        changing: whether the files are the user's own, replaced at will: then the fingerprint reads them.
        view: what is made of each [3, H, W] picture once its size is checked, such as a crop; None leaves it.
    """

    def __init__(
        self,
        card: DatasetCard,
        root: Path,
        items: Sequence[FileSample],
        selection: Selection,
        size: tuple[int, int] | None = None,
        remarks: tuple[str, ...] = (),
        changing: bool = False,
        view: Callable[[UInt8Array], UInt8Array] | None = None,
    ) -> None:
        self.card = card
        self.root = root
        self.items = tuple(items)
        self.ids = tuple(item.id for item in items)
        self.times = self.items[0].times if self.items else card.times
        self.selection = selection
        self.size = size
        self.remarks = remarks
        self.changing = changing
        self.view = view

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:
        """Decode sample `index`; a picture that occurs twice is decoded once.

        Raises:
            VfibenchError: a file cannot be read, or its size is not that of the first (or official).
        """
        item = self.items[index]
        pictures: dict[str, UInt8Array] = {}
        size = self.size
        for name in item.pictures:
            if name not in pictures:
                picture = self._read(name, size)
                size = size or (picture.shape[2], picture.shape[1])
                pictures[name] = self.view(picture) if self.view else picture
        mask = pictures[item.mask][0] >= 128 if item.mask else None
        frames, targets = (_stack(pictures, names) for names in (item.inputs, item.targets))
        return Sample(item.id, frames, targets, item.times, item.tags, mask)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of every sample's id and its files' marks, the same on every machine and layout.

        A file's mark is its size, which tells another release or a re-encoded copy apart without reading
        the pictures; of files that change it is the SHA-256, as new frames may be as large as the old.
        """
        digest, mark = hashlib.sha256(), cache(_sha256 if self.changing else _size)
        for item in self.items:
            marks = [mark(self.root / name) for name in item.files]
            digest.update(f"{readable(item.id)} {marks}\n".encode())
        return digest.hexdigest()

    def _read(self, name: str, size: tuple[int, int] | None) -> UInt8Array:
        from vfibench.frames.files import read_image

        path = self.root / name
        picture = read_image(path)
        found = (picture.shape[2], picture.shape[1])
        if size is not None and found != size:
            raise wrong_size(path, size, found)
        return picture


def _size(path: Path) -> int | str:
    return path.stat().st_size


def _sha256(path: Path) -> int | str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wrong_size(path: Path, expected: tuple[int, int], found: tuple[int, int]) -> VfibenchError:
    """The error for a picture of another size; sizes are (width, height)."""
    sizes = [f"{width}x{height}" for width, height in (expected, found)]
    return VfibenchError(
        f"expected {sizes[0]} pixels, found {sizes[1]}, in {path}", "restore the original file"
    )


def _stack(pictures: Mapping[str, UInt8Array], names: Sequence[str]) -> UInt8Array:
    """[N, 3, H, W], a channel-first view of interleaved memory (channels_last to torch)."""
    import numpy as np

    return np.stack([pictures[name].transpose(1, 2, 0) for name in names]).transpose(0, 3, 1, 2)
