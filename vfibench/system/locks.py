"""Locks between processes, which end with their process; files beside stand in where a disk has no locks.

The kernel's locks (flock) are freed at any death, and a process that was forked off does not keep them.
Some file systems have none: Lustre without `-o flock`, some NFS, some that run in user space. There a lock is
a file .NAME.lock, made only where there is none. It says which process of which host made it and when, and is
touched as long as that process lives; one whose process is gone, or that was not touched for minutes on
another host, is taken over.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vfibench.errors import VfibenchError
from vfibench.system.forks import keep_from_children
from vfibench.system.lock_files import LockFile, holder_in, this_process
from vfibench.system.telling import note_once

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
"""What a file system without locks answers."""
SOMEBODY = "another process"
SILENT_S = 1.0  # how long is waited before anybody is told


class NoLocks(Exception):
    """The file system has none."""

    def tell(self, path: Path) -> None:
        """Say so, once in a process."""
        where = path.parent.resolve()
        note_once(f"the file system of {where} has no locks ({self}); lock files stand in", "no locks")


def locked(file: IO[bytes], kind: int) -> bool:
    """Try to take a lock of the kernel's (fcntl.LOCK_EX or LOCK_SH) without waiting.

    Returns:
        False where another process has it.

    Raises:
        NoLocks: the file system has none.
        OSError: it fails otherwise.
    """
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno == errno.EWOULDBLOCK:
            return False
        if error.errno in NO_LOCKS:
            raise NoLocks(error.strerror) from error
        raise
    return True


class Lock:
    """A lock on an open file; see `take`.

    Args:
        file: open for writing; it stays open as long as the lock is held.
        beside: the lock file where the disk has no locks, else None.
    """

    def __init__(self, file: IO[bytes], beside: LockFile | None = None) -> None:
        self.file = keep_from_children(file)
        self._beside = beside
        self._process = os.getpid()

    @classmethod
    def take(cls, file: IO[bytes], path: Path) -> Lock | None:
        """Take the lock of a file that this process has open, without waiting; None while another has it.

        Args:
            file: the open file.
            path: where it lies.

        Raises:
            OSError: the disk fails.
        """
        try:
            return cls(file) if locked(file, fcntl.LOCK_EX) else None
        except NoLocks as error:
            error.tell(path)
            beside = LockFile.make(path.absolute().with_name(f".{path.name}.lock"))
            return None if beside is None else cls(file, beside)

    def close(self) -> None:
        """Give it back; in a forked process nothing, since the lock is not its own."""
        if self._process != os.getpid():
            return
        if self._beside is not None:
            self._beside.remove()
        elif not self.file.closed:  # a process forked off without Python's knowledge may have the file too
            fcntl.flock(self.file, fcntl.LOCK_UN)


def waited_for(file: IO[bytes], path: Path, what: str) -> Lock:
    """Take the lock of a file, waiting for others; after a second it is told who has it.

    Args:
        file: open for reading and writing.
        path: where it lies.
        what: what is waited for, such as "to write run.json".

    Raises:
        OSError: the disk fails.
    """
    begun, pause = time.monotonic(), 0.005
    while (lock := Lock.take(file, path)) is None:
        if time.monotonic() - begun > SILENT_S:
            note_once(f"waiting {what}: {holder_of(path)} has the lock {path}")
        time.sleep(pause)
        pause = min(2 * pause, 0.5)
    return lock


def holder_of(path: Path) -> str:
    """Who has a lock, in words."""
    return holder_in(path.with_name(f".{path.name}.lock")) or holder_in(path) or SOMEBODY


@contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Within, no other process does the same; others that want to are waited for.

    Args:
        path: a file that stands for the work; it is made where missing, and says who has it.
        what: see `waited_for`.

    Raises:
        OSError: it cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        lock = waited_for(file, path, what)
        try:
            sign(file)
            yield
        finally:
            lock.close()


def sign(file: IO[bytes]) -> None:
    """Write into a file whose lock this process has that it has it."""
    file.truncate(0)
    file.write(this_process().encode())


@contextmanager
def only_one(path: Path, refused: str, hint: str) -> Iterator[None]:
    """Within, no other process does the same; one that wants to is told so.

    Args:
        path: a file that stands for the work; it is there only meanwhile, and says who has it.
        refused: what is said to the second, before who the first is.
        hint: what it is to do.

    Raises:
        VfibenchError: another process is at it.
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("ab+", buffering=0) as file:
            lock = Lock.take(file, path)
            if lock is None:
                raise VfibenchError(f"{refused}: {holder_of(path)} has the lock {path}", hint)
            try:
                if not is_at(file, path):  # the one before us has ended, and its file with it
                    continue
                sign(file)
                yield
                return
            finally:
                if is_at(file, path):
                    path.unlink(missing_ok=True)
                lock.close()


def is_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one of that path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
