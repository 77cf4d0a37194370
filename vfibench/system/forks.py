"""Files that a forked child must not hold open: locks and pipes last until the last process closes them."""

from __future__ import annotations

import io
import os
import weakref
from contextlib import suppress
from typing import IO, TypeVar

FileT = TypeVar("FileT", bound=IO[bytes])

_files: weakref.WeakSet[IO[bytes]] = weakref.WeakSet()


def keep_from_children(file: FileT) -> FileT:
    """Let go of this file in every child that Python forks from now on, such as a method's own workers.

    Marking files as to be closed on exec does not reach those: they run no other program. A child that
    outlives a killed run would otherwise keep its run folder locked. What the child still has in a buffer
    goes nowhere: the parent writes it.
    """
    _files.add(file)
    return file


def _let_go_in_child() -> None:
    for file in tuple(_files):
        with suppress(OSError, ValueError):  # ValueError: it is closed already
            number = file.fileno()
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number, inheritable=False)
            os.close(nowhere)
            if isinstance(file, io.RawIOBase):  # a buffer may be held by a thread that the child lacks
                file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
