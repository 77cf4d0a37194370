"""Videos as samples: windows of one scene each, evenly spaced and without repeated frames."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import DatasetCard, Selection
from vfibench.errors import VfibenchError
from vfibench_datasets import marks
from vfibench_datasets.files import FileDataset, FileSample
from vfibench_datasets.windows import window_items

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array
    from vfibench.video.footage.looking import Footage

SUFFIXES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".ts",
    ".m2ts",
    ".mts",
    ".wmv",
    ".flv",
    ".ogv",
    ".3gp",
    ".y4m",
    ".gif",
    ".apng",
)
"""What is taken for a video in a folder of clips."""
OPEN = 4  # clips that are open and whose frames are kept at a time
DIGITS = 6  # of a frame's number in the id of a sample


@dataclass(frozen=True)
class Video:
    """A video of a dataset.

    Attributes:
        name: of the clip, its file name where the user gave no other.
        footage: what was seen of it.
    """

    name: str
    footage: Footage

    def picture(self, number: int) -> str:
        """What a FileSample calls a frame of it."""
        return f"{self.name}#{number}"


@dataclass(frozen=True)
class Windows:
    """The samples of a video, and what is left out.

    Attributes:
        items: those that are scored.
        remark: a sentence of the video's frames, cuts, and the windows that are left out.
    """

    items: list[FileSample]
    remark: str


def look_at(path: Path, name: str) -> Video:
    """The video at a path.

    Raises:
        VfibenchError: PyAV is missing, it is no video, or its frames are not alike.
    """
    from vfibench.video.library import need_av

    need_av()
    from vfibench.video.footage.looking import footage_of

    return Video(name, footage_of(path))


def windows_of(video: Video, factor: int, inputs: int, prefix: str = "") -> Windows:
    """Cut each scene of a video into samples, see `window_items`.

    Left out are windows in which a frame repeats the one before, since it is no target of its own, and those
    whose frames do not lie at even steps, since no method is asked for their times.

    Args:
        video: to be cut.
        factor: every `factor`-th frame is an input.
        inputs: 2 or 4.
        prefix: of the ids of samples, which go on with the number of the first target.
    """
    kept: list[FileSample] = []
    repeated = uneven = 0
    footage = video.footage
    for scene in footage.scenes:
        frames = [video.picture(number) for number in scene]
        ids = [f"{prefix}{number:0{DIGITS}d}" for number in scene]
        for item in window_items(frames, factor, inputs, ids.__getitem__, video.name):
            numbers = [int(name.rpartition("#")[2]) for name in (*item.inputs, *item.targets)]
            first = numbers[len(item.inputs)] - 1
            if footage.repeats(first, first + factor):
                repeated += 1
            elif footage.uneven(min(numbers), max(numbers)):
                uneven += 1
            else:
                kept.append(item)
    cuts = len(footage.scenes) - 1
    told = f"{video.name}: {len(footage.frames)} frames, {cuts} cuts, {len(kept)} windows, none across a cut"
    left = ((repeated, "with a repeated frame"), (uneven, "not evenly spaced in time"))
    told += "".join(f"; left out: {count} {why}" for count, why in left if count)
    return Windows(kept, told)


class FootageDataset(FileDataset):
    """A FileDataset in which some pictures are frames of videos.

    Attributes:
        label: what it is called in results, the same however the path was spelt.
        videos: by name of the clip.
    """

    def __init__(
        self,
        card: DatasetCard,
        root: Path,
        items: Sequence[FileSample],
        selection: Selection,
        videos: Mapping[str, Video],
        remarks: tuple[str, ...],
        label: str,
    ) -> None:
        from vfibench.video.footage.frames import Frames

        super().__init__(card, root, items, selection, remarks=remarks, changing=True)
        self.label = label
        self.videos = videos
        self._frames = {name: Frames(video.footage) for name, video in videos.items()}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Of every sample's id, the contents of its picture files, and every decoded frame of its videos."""
        files = [name for item in self.items for name in item.pictures if self._place(name) is None]
        found = marks.marks_of(self.root, files, whole=True)
        digest = hashlib.sha256()
        for name, video in sorted(self.videos.items()):
            digest.update(f"{name} {video.footage.fingerprint}\n".encode())
        for item in self.items:
            told = [found.get(name) or str(self._place(name)) for name in item.pictures]
            digest.update(f"{item.id} {told}\n".encode())
        return digest.hexdigest()

    @property
    def decoding(self) -> str:
        """How the frames of each video become the RGB that is scored."""
        by_words: dict[str, list[str]] = {}
        for name, video in self.videos.items():
            by_words.setdefault(video.footage.decoding, []).append(name)
        return "; ".join(f"{', '.join(names)}: {words}" for words, names in by_words.items())

    def _place(self, name: str) -> tuple[str, int] | None:
        """The video and the number of a frame; None for a picture file."""
        clip, mark, number = name.rpartition("#")
        return (clip, int(number)) if mark and clip in self.videos else None

    def _read(self, name: str, size: tuple[int, int] | None) -> UInt8Array:
        place = self._place(name)
        if place is None:
            return super()._read(name, size)
        self._used(place[0])
        return self._frames[place[0]].rgb(place[1])

    def _used(self, clip: str) -> None:
        """Let go of the clip that was unused longest, beyond `OPEN`."""
        with self._lock:
            self._recent[clip] = None
            self._recent.move_to_end(clip)
            over = self._recent.popitem(last=False)[0] if len(self._recent) > OPEN else None
        if over is not None:
            self._frames[over].close()


def nothing_left(what: str, remarks: Sequence[str]) -> VfibenchError:
    """The error where no window can be scored."""
    return VfibenchError(
        f"expected windows to score in {what}, found none ({'; '.join(remarks)})",
        "a window is one frame more than --factor, of one scene, evenly spaced, none repeated",
    )
