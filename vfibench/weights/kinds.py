"""What kind of weight file one is, told by its bytes and not by its name, before anything of it is used."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from vfibench.errors import VfibenchError

HINT_FETCH_AGAIN = "fetch the file again and compare its size with the source's"
LARGEST_HEADER = 100_000_000
"""Bytes of a safetensors file's header; the format allows no more."""
LARGEST_UNPACKED = 2 * 2**30
"""Bytes that a compressed archive may unpack to; torch itself does not compress, and maps its files."""


def kind_of(path: Path) -> Literal["safetensors", "torch"]:
    """Which of the two sorts of checkpoints a file is.

    Raises:
        VfibenchError: neither: it is empty, cut short, a text, an archive of other files, or one that unpacks
            to more than `LARGEST_UNPACKED`. A file called .safetensors is told that it is none.
    """
    with path.open("rb") as file:
        head = file.read(256)
    if not head:
        raise VfibenchError(f"expected a checkpoint, found an empty file: {path}", HINT_FETCH_AGAIN)
    if _is_safetensors(head, path.stat().st_size):
        return "safetensors"
    if head.startswith(b"PK"):
        _check_archive(path)
    elif not head.startswith(b"\x80"):  # a pickle of protocol 2 or later
        _refuse(path, head)
    return "torch"


def _is_safetensors(head: bytes, size: int) -> bool:
    """Eight bytes that tell the length of the header in JSON which follows."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and length <= min(size - 8, LARGEST_HEADER)


def _refuse(path: Path, head: bytes) -> None:
    if path.suffix == ".safetensors":
        found = _text(head) or "a damaged or different one"
        message = f"expected a safetensors file, found {found}, {path}"
    else:
        message = f"expected a checkpoint, found {_text(head) or 'a file of another kind'} in {path}"
    raise VfibenchError(message, HINT_FETCH_AGAIN)


def is_mappable(path: Path) -> bool:
    """Whether a file is one of torch's archives whose tensors lie in it as they are, not compressed."""
    if not _is_archive(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return all(one.compress_type == zipfile.ZIP_STORED for one in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return True  # as a whole one is; torch will say what is wrong with it


def _is_archive(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:  # a damaged end record
        return False


def _check_archive(path: Path) -> None:
    """Tell torch's own archives, which hold a data.pkl, from a folder that its authors have zipped."""
    if not _is_archive(path):
        raise VfibenchError(f"expected a whole checkpoint, found one cut short: {path}", HINT_FETCH_AGAIN)
    try:
        with zipfile.ZipFile(path) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):  # a damaged list of its files
        return  # torch will say what is wrong with it
    names = [one.filename for one in files]
    if not any(name.rpartition("/")[2] == "data.pkl" for name in names):
        found = f"a zip archive of {', '.join(names[:3]) or 'nothing'}" + (" ..." if len(names) > 3 else "")
        message = f"expected a checkpoint, found {found} in {path}"
        raise VfibenchError(message, "unpack it and give the weight file that it holds")
    unpacked = sum(one.file_size for one in files)
    packed = any(one.compress_type != zipfile.ZIP_STORED for one in files)
    if unpacked > (LARGEST_UNPACKED if packed else path.stat().st_size):
        message = f"expected a checkpoint, found an archive that unpacks to {unpacked:,} bytes: {path}"
        raise VfibenchError(message, "use the authors' own file, which torch.save has written")


def _text(head: bytes) -> str:
    """How a text file begins, or "" for anything else."""
    try:
        text = head[:200].decode("utf-8", errors="strict" if len(head) < 200 else "ignore")
    except UnicodeDecodeError:
        return ""
    if not all(letter.isprintable() or letter.isspace() for letter in text):
        return ""
    return f"a text that begins {' '.join(text.split())[:40]!r}"
