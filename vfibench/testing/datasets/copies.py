"""A copy of a dataset's files, to be changed, and the options that open it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vfibench.contracts import DatasetCard, DatasetOptions
from vfibench.testing.battery import Skip

MOST_FILES = 2_000
MOST_BYTES = 64 * 1024**2


def copied(options: DatasetOptions, card: DatasetCard, root: Path, into: Path) -> DatasetOptions:
    """Copy what a dataset reads into an empty folder.

    Of a data root only the folders of the card are copied, where it names any.

    Args:
        options: that open the original.
        card: of the dataset.
        root: as the dataset tells it.
        into: an empty folder.

    Returns:
        Options that open the copy.

    Raises:
        Skip: the root is neither the data root, nor in it, nor the argument; or it holds too much.
    """
    root = root.resolve()
    if options.argument and Path(options.argument).expanduser().resolve() == root:
        _copy([root], root, into)
        return replace(options, argument=str(into))
    if options.root is None or not root.is_relative_to(options.root.resolve()):
        raise Skip(f"its root {root} is neither the data root nor its argument")
    data_root = options.root.resolve()
    named = [data_root / folder for folder in card.folders if (data_root / folder).is_dir()]
    _copy(named if root == data_root and named else [root], data_root, into)
    return replace(options, root=into)


def _copy(folders: Sequence[Path], start: Path, into: Path) -> None:
    """Copy the files below some folders, each to the same place relative to `start`."""
    for path in _files(folders):
        place = into / path.relative_to(start)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _files(folders: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    size = 0
    for folder in folders:
        for place, _, names in os.walk(folder, followlinks=True):
            for name in names:
                found.append(Path(place, name))
                size += found[-1].stat().st_size
                if len(found) > MOST_FILES or size > MOST_BYTES:
                    held = f"{MOST_FILES:,} files or {MOST_BYTES // 1024**2} MB"
                    raise Skip(f"{folder} holds more than {held}, too much to copy and change")
    return found


def change_all(folder: Path) -> None:
    """Add a byte to every file."""
    for path in _files([folder]):
        with path.open("ab") as file:
            file.write(b"\n")
