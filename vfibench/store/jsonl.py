"""Append-only files of JSON lines: locked while written, cut back to whole lines after a kill."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from vfibench.errors import VfibenchError
from vfibench.system.files import appendable, busy, locked, unwritable

Line = dict[str, object]
DECODE = msgspec.json.Decoder(dict).decode
"""A line as a dict, several times as fast as json does it, and strictly: NaN and 1e400 are no numbers."""
ODD = re.compile(rb"NaN|-?Infinity|-?\d[\d.]*[eE]\+?\d{3,}|\\u[dD][89a-fA-F]..")
"""What json takes although no strict JSON may hold it; the last are halves of a character."""


class JsonLines:
    """One append-only, locked file of JSON lines.

    Opening it takes the lock, cuts a torn last line and reads what is there.

    Raises:
        VfibenchError: another process holds the file, a line is damaged, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = appendable(path)
        try:
            if not locked(self._file, fcntl.LOCK_EX):
                raise busy(path)
            self.rows = self._recover()
        except BaseException:
            self._file.close()
            raise

    def _recover(self) -> list[Line]:
        self._file.seek(0)
        text = self._file.read()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            os.truncate(self.path, whole)
        return parse_lines(self.path, text[:whole])

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
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
        self._file = appendable(path)
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


def parse_lines(path: Path, text: bytes) -> list[Line]:
    """Rows of complete lines; VfibenchError names one that is not a JSON object."""
    lines = text.splitlines()
    try:
        with undisturbed():
            return [DECODE(line) for line in lines]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return [_parsed(path, number, line) for number, line in enumerate(lines, 1)]


def _parsed(path: Path, number: int, line: bytes) -> Line:
    try:
        row: Line = DECODE(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise VfibenchError(
            f"expected a JSON object on line {number} of {path}, found {no_json(line)}", "remove that line"
        ) from error
    return row


def no_json(text: bytes) -> str:
    r"""What keeps a text from being strict JSON: "NaN", "1e400", "\ud800", else how it begins."""
    try:
        json.loads(text)
        found = ODD.search(text)
    except (ValueError, RecursionError):
        found = None
    return found[0].decode() if found else repr(text[:40])


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection meanwhile: rows hold no cycles, and looking for some costs more than reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def whole_text(path: Path) -> bytes:
    """The complete lines of a file that another process may be writing: a torn last line is left out.

    Raises:
        VfibenchError: the file cannot be read.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise VfibenchError(f"cannot read {path}: {error.strerror or error}", "restore the file") from error
    return text[: text.rfind(b"\n") + 1]


def read_lines(path: Path, needed: Sequence[str] = ()) -> list[Line]:
    """Objects of a file that another process may be writing: a torn last line is left out.

    Args:
        path: the file.
        needed: keys every object must have.

    Raises:
        VfibenchError: the file cannot be read, or a line is damaged; it is named.
    """
    rows = parse_lines(path, whole_text(path))
    for number, row in enumerate(rows, 1):
        for key in needed:
            if key not in row:
                raise VfibenchError(f"expected {key!r} on line {number} of {path}", "remove that line")
    return rows
