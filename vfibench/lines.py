"""Append-only files of JSON lines: locked while written, cut back to whole lines after a kill."""

from __future__ import annotations

import fcntl
import json
import os
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
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise VfibenchError(
                f"another run is writing {path}", "wait for it to end, or choose another --out"
            ) from error
        self.rows = self._recover()

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


def unwritable(path: Path, error: OSError) -> VfibenchError:
    """The one line for a folder that is read-only, or a disk that is full."""
    return VfibenchError(
        f"cannot write {path}: {error.strerror or error}",
        "free space there or choose another --out; what was written before is kept",
    )


def parse_lines(path: Path, text: bytes) -> Iterator[Row]:
    """Rows of complete lines; VfibenchError names a damaged one."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise VfibenchError(
                f"expected JSON on line {number} of {path}, found {line[:40]!r}", "remove that line"
            ) from error


def read_lines(path: Path) -> list[Row]:
    """Rows of a file another process may be writing: a torn last line is left out."""
    text = path.read_bytes()
    return list(parse_lines(path, text[: text.rfind(b"\n") + 1]))
