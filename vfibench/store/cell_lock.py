"""The lock of a cell: shared by the shards of one split, closed to a run that splits it otherwise."""

from __future__ import annotations

import fcntl
import os
import time
from itertools import count
from pathlib import Path

from vfibench.system.files import appendable, busy, unwritable
from vfibench.system.lock_files import LockFile, taken_away
from vfibench.system.locks import Lock, NoLocks, locked

_numbers = count()


class CellLock:
    """Shared by the shards of one split of a cell; keeps out a run that splits it otherwise.

    Two splits at once would score samples twice. The file holds the number of shards of those who hold it.
    Where the disk has no locks each of them makes a lock file of its own, which has the number in its name.

    Args:
        path: the lock file, made where missing.
        shards: number of shards of this run's split.

    Raises:
        VfibenchError: a run with another number of shards is writing the cell, or the file cannot be made.
    """

    def __init__(self, path: Path, shards: int) -> None:
        self._file = appendable(path)
        self._path, self._own = path, f".{path.name}.of{shards}"
        for _ in range(50):  # another shard may be between its two locks
            if self._joined(shards):
                return
            time.sleep(0.05)
        self._file.close()
        raise busy(path)

    def _joined(self, shards: int) -> bool:
        try:
            lock = self._join(shards)
        except OSError as error:
            self._file.close()
            raise unwritable(self._path, error) from error
        if lock is not None:
            self._lock = lock
        return lock is not None

    def _join(self, shards: int) -> Lock | None:
        try:
            if locked(self._file, fcntl.LOCK_EX):  # nobody else is here: say how the cell is split
                self._file.truncate(0)
                self._file.write(str(shards).encode())
            if not locked(self._file, fcntl.LOCK_SH):
                return None
        except NoLocks as error:
            error.tell(self._path)
            return self._beside()
        self._file.seek(0)
        if self._file.read() == str(shards).encode():
            return Lock(self._file)
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return None

    def _beside(self) -> Lock | None:
        """A lock file of its own, unless there is one of another split; of two that meet, both withdraw."""
        own = self._path.with_name(f"{self._own}.{os.uname().nodename}.{os.getpid()}.{next(_numbers)}.lock")
        made = LockFile.make(own)
        others = [
            path
            for path in self._path.parent.glob(f".{self._path.name}.of*.lock")
            if not path.name.startswith(f"{self._own}.") and not taken_away(path)
        ]
        if made is not None and others:
            made.remove()
        return None if made is None or others else Lock(self._file, made)

    def close(self) -> None:
        """Leave; the last one out frees the cell."""
        self._lock.close()
        self._file.close()
