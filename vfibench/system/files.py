"""Files written whole or not at all, locks that end with their process, and what went wrong in one line."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path
from typing import IO

from vfibench.errors import VfibenchError


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
    """The one line for a path that is taken or missing, a read-only folder, or a full disk."""
    hints = {
        errno.EEXIST: "a file stands where a folder is needed: choose another place",
        errno.ENOTDIR: "a file stands where a folder is needed: choose another place",
        errno.EISDIR: "a folder stands there: name a file",
        errno.ENOENT: "make its folder, or choose another place",
    }
    kept = "free space there or choose another --out; what was written before is kept"
    return VfibenchError(f"cannot write {path}: {error.strerror or error}", hints.get(error.errno or 0, kept))


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step.

    Raises:
        VfibenchError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
