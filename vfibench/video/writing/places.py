"""Where an output may be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vfibench.errors import VfibenchError


def is_folder(path: Path) -> bool:
    """Whether an output is a folder of PNG files."""
    return path.suffix == "" or path.is_dir()


def check_free(output: Path, *, replaced: bool, beside: Iterable[Path] = ()) -> None:
    """Make sure that an output can be written.

    Args:
        output: a file, or a folder of PNG files.
        replaced: whether one that is there is replaced.
        beside: other files that are written with it.

    Raises:
        VfibenchError: there is no folder for it, or it is there.
    """
    if not output.parent.is_dir():
        raise VfibenchError(
            f"expected a folder for the output, found none at {output.parent}", "make it first"
        )
    taken = any(output.iterdir()) if output.is_dir() else output.exists()
    there = [output] if taken else [path for path in beside if path.exists()]
    if there and not replaced:
        raise VfibenchError(
            f"expected an output that is not there yet, found {there[0]}", "or add --overwrite"
        )
