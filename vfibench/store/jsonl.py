"""Append-only files of JSON lines: locked while written, cut back to whole lines after a kill."""

from __future__ import annotations

import gc
import json
import re
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import fsync
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.system.files import appendable, busy, unwritable
from vfibench.system.json_text import decoded, encoded
from vfibench.system.locks import Lock

Line = dict[str, object]
ODD = re.compile(rb"NaN|-?Infinity|-?\d[\d.]*[eE]\+?\d{3,}|\\u[dD][89a-fA-F]..")
"""What json takes although no strict JSON may hold it; the last are halves of a character."""
SYNCED_S = 5.0
"""Seconds between two waits for the disk while rows are written: a machine that loses power loses no more."""


class JsonLines:
    """One append-only, locked file of JSON lines.

    Opening it takes the lock and cuts what a kill or a power cut has left at its end: half a line, or zeros.

    Attributes:
        path: of the file.
        rows: the objects there were at opening; lines that are none are left out.

    Raises:
        VfibenchError: another process holds the file, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place = path.absolute()  # wherever a method goes meanwhile
        self._file = appendable(path)
        try:
            lock = Lock.take(self._file, path)
            if lock is None:
                raise busy(path)
            self._lock = lock
            text = self._recovered()
        except OSError as error:
            self._file.close()
            raise unwritable(path, error) from error
        except BaseException:
            self._file.close()
            raise
        self.rows = [row for row in map(_row, text.splitlines()) if row is not None]
        self._size, self._sum, self._unsynced, self._synced = (
            len(text),
            zlib.crc32(text),
            False,
            time.monotonic(),
        )

    def _recovered(self) -> bytes:
        """The file as it is once its end has been cut."""
        self._file.seek(0)
        text = self._file.read()
        end = sound_end(text)
        if end < len(text):
            self._file.truncate(end)
        return text[:end]

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows in one go, so that a kill leaves at most one torn line at the end.

        Raises:
            VfibenchError: they cannot be written, or what was written before is no longer there.
        """
        text = "".join(encoded(row) + "\n" for row in rows).encode()
        self._check_size()
        data = memoryview(text)
        try:
            while data:
                data = data[self._file.write(data) :]
            self._size, self._sum = self._size + len(text), zlib.crc32(text, self._sum)
            self._unsynced = True
            if time.monotonic() - self._synced > SYNCED_S:
                self._sync()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def settle(self) -> None:
        """Wait until all is on the disk, and make sure that it is what was written.

        Raises:
            VfibenchError: it is not; another has removed, cut or replaced the file.
        """
        try:
            if self._unsynced:
                self._sync()
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._check_size()
        try:
            found = self._place.read_bytes()
        except OSError as error:
            raise self._lost(error.strerror or str(error)) from error
        if zlib.crc32(found) != self._sum:
            raise self._lost("another content")

    def _sync(self) -> None:
        fsync(self._file.fileno())
        self._unsynced, self._synced = False, time.monotonic()

    def _check_size(self) -> None:
        try:
            size = self._place.stat().st_size
        except OSError as error:
            raise self._lost(error.strerror or str(error)) from error
        if size != self._size:
            raise self._lost(f"{size:,}")

    def _lost(self, found: str) -> VfibenchError:
        """The error for a file that somebody has tampered with while it was written."""
        return VfibenchError(
            f"expected the {self._size:,} bytes that this run has stored in {self.path}, found {found}",
            "something else has removed or changed it meanwhile: run the same command again",
        )

    def close(self) -> None:
        """Give the lock back."""
        self._lock.close()
        self._file.close()


def sound_end(text: bytes) -> int:
    """Where the last sound line of a file ends: behind it is half a line, or what a power cut has zeroed."""
    end = text.rfind(b"\n") + 1
    while end:
        begin = text.rfind(b"\n", 0, end - 1) + 1
        line = text[begin:end]
        if b"\0" not in line or _row(line.strip(b"\0")) is not None:
            break
        end = begin
    return end


def _row(line: bytes) -> Line | None:
    """A line as an object, None where it is none."""
    try:
        found = decoded(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def parse_line(path: Path, number: int, line: bytes) -> Line:
    """A line as an object; VfibenchError names one that is none."""
    row = _row(line)
    if row is None:
        raise VfibenchError(
            f"expected a JSON object on line {number} of {path}, found {no_json(line)}", "remove that line"
        )
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
