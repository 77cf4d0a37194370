"""Files that a forked child must not hold open: a lock lasts until the last process has closed its file."""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from typing import IO, TypeVar

FileT = TypeVar("FileT", bound=IO[bytes])

_files: weakref.WeakSet[IO[bytes]] = weakref.WeakSet()


def keep_from_children(file: FileT) -> FileT:
    """Close this file in every child that Python forks from now on, such as a method's own workers.

    Marking files as to be closed on exec does not reach those: they run no other program. A child that
    outlives a killed run would otherwise keep its run folder locked.

    Args:
        file: opened without a buffer, so that closing it writes nothing.
    """
    _files.add(file)
    return file


def _close_in_child() -> None:
    for file in tuple(_files):
        with suppress(OSError):
            file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
