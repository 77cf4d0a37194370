"""What tells a file's contents: all of them where files are few, its size and its end where they are many."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

FEW = 512 << 20
"""Bytes in all up to which every file is read whole: about a second."""
END = 64
"""Bytes read at a file's end, where a PNG has the checksum of all its pixels (RFC 1950, 2.2)."""


class Marked(Protocol):
    """A sample, as far as its files are concerned."""

    @property
    def id(self) -> str:
        """Of the sample."""

    @property
    def files(self) -> tuple[str, ...]:
        """Its files, relative to the data root."""


def fingerprint(root: Path, samples: Sequence[Marked], *, whole: bool) -> str:
    """SHA-256 over every sample's id and its files' marks: the same on every machine and in every folder.

    Args:
        root: folder that the files' paths are relative to.
        samples: in scoring order.
        whole: whether files are read to their ends; else a mark is a file's size and its last bytes.
    """
    marks = marks_of(root, [name for sample in samples for name in sample.files], whole=whole)
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(f"{sample.id} {[marks[name] for name in sample.files]}\n".encode())
    return digest.hexdigest()


def marks_of(root: Path, files: Iterable[str], *, whole: bool) -> dict[str, str]:
    """What tells each file's contents, by its path relative to `root`; see `fingerprint`."""
    names = list(dict.fromkeys(files))
    found = _each([root / name for name in names], _sha256 if whole else _outside)
    return dict(zip(names, found, strict=True))


def are_few(root: Path, samples: Iterable[Marked]) -> bool:
    """Whether the files of these samples are small enough to be read whole before each run."""
    names = {name for sample in samples for name in sample.files}
    return sum((root / name).stat().st_size for name in names) <= FEW


def _each(paths: Sequence[Path], mark: Callable[[Path], str]) -> list[str]:
    with ThreadPoolExecutor() as threads:
        return list(threads.map(mark, paths, chunksize=64))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _outside(path: Path) -> str:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - END, 0))
        return f"{size} {file.read().hex()}"
