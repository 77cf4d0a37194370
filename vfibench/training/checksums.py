"""A checkpoint's SHA-256 in the file itself, so that a flipped bit is found wherever it is.

torch writes a zip archive and reads it without looking at its checksums. The archive's comment, its very end,
holds the SHA-256 of all that is before it: one file, which is replaced in one step and may be moved.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from vfibench.weights.sealing import changed

END = b"PK\x05\x06"
"""How the last record of a zip archive begins, 22 bytes in front of its comment."""
MARK = b"vfibench sha256 "
LENGTH = len(MARK) + 64
BLOCK = 1 << 20


def seal(file: IO[bytes]) -> None:
    """Add the checksum to an archive that has just been written; the file is open for reading, too."""
    size = file.seek(0, 2)
    file.seek(size - 2)
    file.write(LENGTH.to_bytes(2, "little") + MARK)
    file.write(_digest(file, size + len(MARK)).encode())


def check_seal(path: Path, hint: str) -> bool:
    """Whether a file has a checksum, which holds; those of earlier versions have none.

    Raises:
        VfibenchError: it has one that does not hold, or the end of the file is damaged.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - LENGTH, 0))
        tail = file.read()
        if tail.startswith(MARK):
            whole = _digest(file, size - 64).encode() == tail[len(MARK) :]
        elif tail[-22:-18] == END or not _is_archive(file):
            return False
        else:
            whole = False
    if not whole:
        raise changed(path, hint)
    return True


def _is_archive(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(2) == END[:2]


def _digest(file: IO[bytes], size: int) -> str:
    """SHA-256 of the first bytes of a file; it stands behind them afterwards."""
    digest, rest = hashlib.sha256(), size
    file.seek(0)
    while rest:
        block = file.read(min(BLOCK, rest))
        if not block:
            break
        digest.update(block)
        rest -= len(block)
    file.seek(size)
    return digest.hexdigest()
