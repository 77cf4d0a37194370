"""Where a source lies, and the one rule by which sources hold samples out for validation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

from vfibench.errors import VfibenchError

T = TypeVar("T")
PERCENT = 95
"""Of the train list that RIFE trains on (Huang et al., ECCV 2022)."""


def source_root(root: Path | None, source: str) -> Path:
    """The folder of a source's data.

    Raises:
        VfibenchError: there is none, or it is no folder.
    """
    if root is None or not root.is_dir():
        found = "none" if root is None else f"no folder {root}"
        raise VfibenchError(f"expected the folder of source {source!r}, found {found}", "name it with --data")
    return root


def part_of(clips: Sequence[T], part: Literal["train", "validation"], where: object) -> Sequence[T]:
    """The first 95 % of the clips (rounded down, one at least) to train on; the rest to validate on.

    Args:
        clips: in an order that never changes.
        where: a list or folder, for the message.

    Raises:
        VfibenchError: nothing is left to validate on.
    """
    last = max(1, len(clips) * PERCENT // 100)
    chosen = clips[:last] if part == "train" else clips[last:]
    if not chosen:
        message = f"expected two clips or more, of which one is held out for validation, found {len(clips)}"
        raise VfibenchError(f"{message}, in {where}", "add a clip")
    return chosen
