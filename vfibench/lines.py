"""Append-only files of JSON lines: locked while written, cut back to whole lines after a kill."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from vfibench.errors import VfibenchError

Row = dict[str, Any]


class JsonLines:
    """One append-only, locked file of JSON lines.

    Opening it takes the lock, cuts a torn last line and reads what is there.

    Raises:
        VfibenchError: another process holds the file, a line is damaged, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab+", buffering=0)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            if not locked(self._file, fcntl.LOCK_EX):
                raise busy(path)
            self.rows = self._recover()
        except BaseException:
            self._file.close()
            raise

    def _recover(self) -> list[Row]:
        self._file.seek(0)
        text = self._file.read()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            os.truncate(self.path, whole)
        return list(parse_lines(self.path, text[:whole]))

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows in one go, so that a kill leaves at most one torn line at the end."""
        data = memoryview("".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode())
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise unwritable(self.path, error) from error

    def close(self) -> None:
        """Give the lock back."""
        self._file.close()


class CellLock:
    """Shared by the shards of one split of a cell; keeps out a run that splits it otherwise.

    Two splits at once would score samples twice. The file holds the number of shards of those who hold it.

    Args:
        path: the lock file, made where missing.
        shards: number of shards of this run's split.

    Raises:
        VfibenchError: a run with another number of shards is writing the cell, or the file cannot be made.
    """

    def __init__(self, path: Path, shards: int) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab+", buffering=0)
        except OSError as error:
            raise unwritable(path, error) from error
        for _ in range(50):  # another shard may be between its two locks
            if self._join(shards):
                return
            time.sleep(0.05)
        self._file.close()
        raise busy(path)

    def _join(self, shards: int) -> bool:
        if locked(self._file, fcntl.LOCK_EX):  # nobody else is here: say how the cell is split
            self._file.truncate(0)
            self._file.write(str(shards).encode())
        if not locked(self._file, fcntl.LOCK_SH):
            return False
        self._file.seek(0)
        if self._file.read() == str(shards).encode():
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Leave; the last one out frees the cell."""
        self._file.close()


def locked(file: IO[bytes], kind: int) -> bool:
    """Try to take a lock (fcntl.LOCK_EX or LOCK_SH) without waiting; the kernel frees it at any death."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def busy(path: Path) -> VfibenchError:
    """The one line for a cell that another process is at."""
    return VfibenchError(f"another run is writing {path}", "wait for it to end, or choose another --out")


def unwritable(path: Path, error: OSError) -> VfibenchError:
    """The one line for a folder that is read-only, or a disk that is full."""
    return VfibenchError(
        f"cannot write {path}: {error.strerror or error}",
        "free space there or choose another --out; what was written before is kept",
    )


def parse_lines(path: Path, text: bytes) -> Iterator[Row]:
    """Rows of complete lines; VfibenchError names one that is not a JSON object."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise VfibenchError(
                f"expected a JSON object on line {number} of {path}, found {line[:40]!r}", "remove that line"
            )
        yield row


def read_lines(path: Path, needed: Sequence[str] = ()) -> list[Row]:
    """Rows of a file another process may be writing: a torn last line is left out.

    Args:
        needed: keys every row must have.

    Raises:
        VfibenchError: the file cannot be read, or a line is damaged; it is named.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise VfibenchError(f"cannot read {path}: {error.strerror or error}", "restore the file") from error
    rows = list(parse_lines(path, text[: text.rfind(b"\n") + 1]))
    for number, row in enumerate(rows, 1):
        missing = [key for key in needed if key not in row]
        if missing:
            raise VfibenchError(f"expected {missing[0]!r} on line {number} of {path}", "remove that line")
    return rows
