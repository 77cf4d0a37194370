"""Sets whose official list is shorter than their samples: clips as long as on disk, or a count alone.

What is there is then read off the folders, and counted against what the whole set has.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from vfibench.selection import Count, Inventory
from vfibench_datasets.files import Item
from vfibench_datasets.source import FileSource, Layout
from vfibench_datasets.triplets import SIMPLE_NAME
from vfibench_datasets.windows import window_items

_NUMBERED = re.compile(r"(\D*)(\d+)")


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

    def _official(self, root: Path, layout: Layout | None, inputs: int) -> list[Item]:
        if layout is None:
            return []
        lines = self.scan(root / layout.folder) if self.scan else self.lines()
        return [item for line in lines for item in layout.items(root, line, inputs)]

    def _inventory(self, root: Path, layout: Layout | None, items: Sequence[Item]) -> Inventory:
        made = super()._inventory(root, layout, items)
        return replace(made, count=Count(self.unit, self._found(made, items), self.total))

    def _found(self, made: Inventory, items: Sequence[Item]) -> int:
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


def _clip_items(folder: str, suffix: str, factor: int, root: Path, line: str, inputs: int) -> list[Item]:
    match = re.fullmatch(rf"({SIMPLE_NAME})(/\w+)?", line)
    if not match:
        return []
    clip = match[1]
    names = _numbered(root / folder / clip, suffix)
    frames = [f"{folder}/{clip}/{name}" for name in names]
    items = window_items(
        frames, factor, inputs, lambda index: f"{clip}/{names[index].removesuffix(suffix)}", clip
    )
    if match[2]:
        return [item for item in items if item.id == line]
    return items or [absent(clip, f"{folder}/{clip}")]


def absent(clip: str, path: str) -> Item:
    """What stands for a clip that is not there, or shorter than one sample: it lacks `path`."""
    return Item(clip, (path,), (), (), {"clip": clip})


def _numbered(folder: Path, suffix: str) -> list[str]:
    """Frames in the order of their numbers; where one is left out, the name it should have."""
    found: dict[int, str] = {}
    prefix, digits = "", 0
    for path in sorted(folder.glob(f"*{suffix}")):
        if match := _NUMBERED.fullmatch(path.stem):
            found.setdefault(int(match[2]), path.name)
            prefix, digits = match[1], len(match[2])
    if not found:
        return []
    names = (found.get(n, f"{prefix}{n:0{digits}d}{suffix}") for n in range(min(found), max(found) + 1))
    return list(names)
