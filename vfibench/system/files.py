"""Files written whole or not at all, and what went wrong in one line."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vfibench.errors import VfibenchError
from vfibench.system.locks import SOMEBODY, holder_of, is_at, waited_for


def busy(path: Path) -> VfibenchError:
    """The one line for a cell that another process is at, with the process where that is known."""
    who = holder_of(path)
    told = f" ({who})" if who != SOMEBODY else ""
    return VfibenchError(
        f"another run is writing {path}{told}", "wait for it to end, or choose another --out"
    )


def unwritable(path: Path, error: OSError) -> VfibenchError:
    """The one line for a path that is taken or missing, a read-only folder, or a full disk."""
    hints = {
        errno.EEXIST: "a file stands where a folder is needed: choose another place",
        errno.ENOTDIR: "a file stands where a folder is needed: choose another place",
        errno.EISDIR: "a folder stands there: name a file",
        errno.ENOENT: "make its folder, or choose another place",
    }
    kept = "free space there or choose another --out; what was written before is kept"
    return VfibenchError(f"cannot write {path}: {error.strerror or error}", hints.get(error.errno or 0, kept))


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """What kept a text file from being read: "No such file or directory", "no UTF-8 text"."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "no UTF-8 text"


def appendable(path: Path) -> IO[bytes]:
    """A file to lock, read and append to without a buffer; it and its folder are made where missing.

    Raises:
        VfibenchError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab+", buffering=0)
    except OSError as error:
        raise unwritable(path, error) from error


def write_whole(path: Path, content: str | bytes, *, durable: bool = True, make_folder: bool = True) -> None:
    """Replace a file in one step.

    Args:
        path: of the file.
        content: of it; text becomes UTF-8.
        durable, make_folder: see `whole`.

    Raises:
        VfibenchError: it cannot be written.
    """
    try:
        with whole(path, durable=durable, make_folder=make_folder) as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def whole(path: Path, *, durable: bool = True, make_folder: bool = True) -> Iterator[IO[bytes]]:
    """A file to write to that takes the place of another in one step, once the block has ended.

    Where the block fails nothing is left of it, and what stood at `path` stays; after a kill that holds too,
    but for a file .NAME.part, which the next to write the same path takes over. Several at a time wait for
    one another. A link stays one: the file it points to is replaced. What is no file, such as /dev/stdout,
    is written as it is.

    Args:
        path: of the file.
        durable: whether all of it is on the disk before it gets its name (fsync), so that a machine that
            loses power leaves the old or the new as well. Not for thousands of pictures that can be made
            again: for one of 448x256 it takes 4 ms on an SSD, where writing takes 0.1 ms.
        make_folder: whether its folder is made where missing.

    Yields:
        The file, open for bytes; seeking is allowed.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with _alone_at(part, path) as file:
        try:
            yield file
            file.flush()
            rename_whole(part, path, durable=durable)
            path.stat()  # its folder may have gone meanwhile
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def rename_whole(part: Path, path: Path, *, durable: bool = True) -> None:
    """Give a finished file its name, in place of what has it; `durable` and errors as of `whole`."""
    if durable:
        synced(part)
    part.replace(path)


def check_written(paths: Iterable[Path], hint: str) -> None:
    """Make sure that files which this process has written are still there, and not empty.

    Raises:
        VfibenchError: one is not.
    """
    for path in paths:
        try:
            found = "" if path.stat().st_size or not path.is_file() else "an empty file"
        except OSError as error:
            found = error.strerror or str(error)
        if found:
            raise VfibenchError(f"expected {path} as it was written, found: {found}", hint)


def synced(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _alone_at(part: Path, path: Path) -> Iterator[IO[bytes]]:
    """An empty file that nobody else writes to, made or taken over from a process that was killed."""
    while True:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
            lock = waited_for(file, part, f"to write {path}")
            try:
                if is_at(file, part):  # else the one before us has renamed it meanwhile
                    file.truncate()
                    yield file
                    return
            finally:
                lock.close()
