"""Sets whose official list is shorter than their samples: clips as long as on disk, or a count alone.

What is there is then read off the folders, and counted against what the whole set has.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

from vfibench.contracts import Count, Inventory
from vfibench.frames.folders import files_in
from vfibench_datasets.files import FileSample
from vfibench_datasets.source import FileSource, Layout
from vfibench_datasets.triplets import SIMPLE_NAME
from vfibench_datasets.windows import window_items

_NUMBERED = re.compile(r"(?!\.)(\D*)(\d+)")  # a hidden file is no frame
_LONGEST_GAP = 10_000  # frames; a longer one is not filled with the names that should be there


def no_lines() -> tuple[str, ...]:
    """The `lines` of a set without an official list."""
    return ()


@dataclass(frozen=True)
class ScannedSource(FileSource):
    """A FileSource that counts clips, or finds its lines on disk.

    Attributes:
        unit: what the whole set is counted in.
        total: how many it has.
        scan: (folder of a layout) -> lines, for a set without an official list.
    """

    unit: Literal["clips", "samples"] = "clips"
    total: int = 0
    scan: Callable[[Path], list[str]] | None = None

    def _official(self, root: Path, layout: Layout | None, inputs: int) -> list[FileSample]:
        if layout is None:
            return []
        lines = self.scan(root / layout.folder) if self.scan else self.lines()
        return [item for line in lines for item in layout.items(root, line, inputs)]

    def _inventory(self, root: Path, layout: Layout | None, items: Sequence[FileSample]) -> Inventory:
        made = super()._inventory(root, layout, items)
        return replace(made, count=Count(self.unit, self._found(made, items), self.total))

    def _found(self, made: Inventory, items: Sequence[FileSample]) -> int:
        """Complete samples, or clips that lack no sample."""
        if self.unit == "samples":
            return len(made.present)
        lacking = {item.tags["clip"] for item in items if item.id in made.missing}
        return len({item.tags["clip"] for item in items} - lacking)


def subfolders(folder: Path) -> list[str]:
    """Names of the folders in a folder, sorted; those of no simple form are left out."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name for entry in entries if re.fullmatch(SIMPLE_NAME, entry.name) and entry.is_dir()
        )


def clip_layout(folder: str, suffix: str, factor: int) -> Layout:
    """Clips as folders of numbered frames, `folder`/CLIP/000001.png, cut into windows.

    A line is a clip or one of its samples, called after its first target: CLIP/000002.

    Args:
        folder: relative to the data root.
        suffix: of the frames, such as ".png".
        factor: every `factor`-th frame goes in, those between are targets.
    """
    return Layout(folder, partial(_clip_items, folder, suffix, factor), f"*/*{suffix}")


def _clip_items(
    folder: str, suffix: str, factor: int, root: Path, line: str, inputs: int
) -> list[FileSample]:
    match = re.fullmatch(rf"({SIMPLE_NAME})(/\w+)?", line)
    if not match:
        return []
    clip, place = match[1], f"{folder}/{match[1]}"
    numbers, fault = _numbers(root / place, suffix)
    if fault := fault or _stray(numbers):
        return [absent(line if match[2] else clip, place, fault, clip)]
    names = _numbered(numbers, suffix)
    frames = [f"{place}/{name}" for name in names]
    items = window_items(
        frames, factor, inputs, lambda index: f"{clip}/{names[index].removesuffix(suffix)}", clip
    )
    if match[2]:
        return [item for item in items if item.id == line]
    return items or [absent(clip, place, too_short(len(names), factor) if (root / place).is_dir() else "")]


def absent(name: str, path: str, fault: str = "", clip: str = "") -> FileSample:
    """What stands for a clip, or for a sample of it, that cannot be had.

    Args:
        name: of the clip or sample.
        path: what is not there, or of no use.
        fault: why it is of no use, where it is there.
        clip: the clip's name, where `name` is a sample's.
    """
    return FileSample(name, (path,), (), (), {"clip": clip or name}, fault=fault)


def too_short(frames: int, factor: int) -> str:
    """Why a clip of so many frames gives no sample."""
    return f"it has {frames} frames, one sample needs {factor + 1}"


def _numbers(folder: Path, suffix: str) -> tuple[dict[int, str], str]:
    """Names of the numbered frames in a folder, by number, in order; and which of them is there twice, or "".

    Names may begin differently ("im3.png", "Copy of im3.png"): those count that begin as most do, of
    equally many those that begin shortest.
    """
    names = sorted(name for name in files_in(folder) if name.endswith(suffix))
    matches = [match for name in names if (match := _NUMBERED.fullmatch(name.removesuffix(suffix)))]
    called = Counter(match[1] for match in matches)
    usual = min(called, key=lambda prefix: (-called[prefix], len(prefix)), default="")
    found: dict[int, str] = {}
    fault = ""
    for match in matches:
        number, name = int(match[2]), match[0] + suffix
        if match[1] == usual and found.setdefault(number, name) != name:
            fault = f"frame {number} is there twice, {found[number]} and {name}; remove one of them"
    return dict(sorted(found.items())), fault


def _stray(found: dict[int, str]) -> str:
    """Why frames are no one clip: a gap so long that a file of another kind must lie among them; else ""."""
    for (number, name), (after, far) in pairwise(found.items()):
        if after - number > _LONGEST_GAP:
            return f"no frame between {name} and {far}; remove what is not of the clip, or restore them"
    return ""


def _numbered(found: dict[int, str], suffix: str) -> list[str]:
    """Frames in the order of their numbers; where one is left out, the name it should have."""
    names: list[str] = []
    last = min(found, default=0) - 1
    for number, name in found.items():
        prefix, digits = re.split(r"(?=\d)", name.removesuffix(suffix), maxsplit=1)
        names += [f"{prefix}{n:0{len(digits)}d}{suffix}" for n in range(last + 1, number)] + [name]
        last = number
    return names
