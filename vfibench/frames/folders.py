"""Folders of pictures: what a folder is called, which of its files are frames, and in which order."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.system.json_text import readable
from vfibench.system.paths import given_path

SHOWN = 3  # names told where there are many


@dataclass(frozen=True)
class FrameNames:
    """The files of one clip.

    Attributes:
        frames: names of the frames in time order.
        step: from one frame's number to the next; 0 where names have no numbers.
        others: names of the files that are no frames.
    """

    frames: tuple[str, ...]
    step: int
    others: tuple[str, ...]


def frame_names(folder: Path, suffixes: Sequence[str], *, strict: bool = False) -> FrameNames:
    """Which files of a folder are the frames of a clip.

    Frames are called alike but for a number, which grows by the same step from each to the next. Hidden files
    and those of other suffixes are no frames.

    Args:
        folder: the clip.
        suffixes: of frames, in lower case.
        strict: whether there must be numbers and the step must be 1; else names without any number are
            taken in their order, and a clip of every second frame is one.

    Raises:
        VfibenchError: the folder cannot be read; a picture is called otherwise, as copies and masks are; a
            number is missing or occurs twice.
    """
    files = files_in(folder)
    frames = [name for name in files if not name.startswith(".") and Path(name).suffix.lower() in suffixes]
    others = tuple(sorted(files.difference(frames)))
    twice = [stem for stem, times in Counter(Path(name).stem for name in frames).items() if times > 1]
    if twice and not strict:
        raise VfibenchError(f"expected one frame called {twice[0]!r}, found several, in {folder}")
    found = {name: re.split(r"([0-9]+)", Path(name).stem) for name in sorted(frames)}
    _check_alike(folder, found, strict)
    numbers = {name: tuple(map(int, parts[1::2])) for name, parts in found.items()}
    if not any(numbers.values()):
        return FrameNames(tuple(found), 0, others)
    ordered = sorted(numbers, key=lambda name: (numbers[name], name))
    columns = list(zip(*numbers.values(), strict=True))
    field = max((k for k, column in enumerate(columns) if len(set(column)) > 1), default=len(columns) - 1)
    step = _check_steps(folder, {name: numbers[name][field] for name in ordered}, strict)
    return FrameNames(tuple(ordered), step, others)


def _check_alike(folder: Path, found: dict[str, list[str]], strict: bool) -> None:
    """Refuse the first picture that is not called as most are.

    Args:
        found: text, number, text, ... of each name.
        strict: whether names must have a number.
    """
    forms = {name: tuple(parts[::2]) if len(parts) > 1 else () for name, parts in found.items()}
    counted = Counter(forms.values())
    usual = max(counted, key=lambda form: (counted[form], len(form)), default=())
    for name, form in forms.items():
        if not form and (strict or usual):
            raise VfibenchError(f"expected numbered frames, found {name}, in {folder}", "remove the file")
        if form != usual:
            like = next(other for other in forms if forms[other] == usual)
            raise VfibenchError(
                f"expected frames called like {like}, found {name}, in {folder}",
                "remove the file, or move frames of another clip to a folder of their own",
            )


def _check_steps(folder: Path, numbers: dict[str, int], strict: bool) -> int:
    """The step from each number to the next; a number that is missing or there twice is refused."""
    steps = Counter(after - before for before, after in pairwise(numbers.values()))
    usual = min(steps, key=lambda step: (-steps[step], step), default=1)
    step = 1 if strict or usual == 0 else usual
    for (last, before), (name, after) in pairwise(numbers.items()):
        if after != before + step:
            hint = "restore the frame, or split the clip there into two folders"
            raise VfibenchError(
                f"expected frame {before + step} after {last} and found {name}, in {folder}",
                hint if after != before else "remove the one that is not of the clip",
            )
    return step


def files_in(folder: Path) -> frozenset[str]:
    """Names of the files in a folder, none where it is missing.

    Raises:
        VfibenchError: the folder may not be read.
    """
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise VfibenchError(f"cannot read folder {folder}: {error.strerror}", "make it readable") from error


def named_folder(word: str) -> tuple[Path, str]:
    """The folder, or file, and the name of "DIR" or "DIR=NAME".

    Without a name it is the last of the folder's own path, links resolved: the same for every spelling, with
    accents as one character each. Bytes that are no UTF-8 become the replacement character.

    >>> named_folder("/data/film=first try")[1], named_folder("/data/./film/")[1]
    ('first try', 'film')
    """
    folder = given_path(word).absolute()
    path, equals, name = word.rpartition("=")
    if equals and path and name and "/" not in name and not folder.exists():
        return given_path(path).absolute(), name
    return folder, unicodedata.normalize("NFC", readable(folder.resolve().name)) or "root"


def some(names: Iterable[str]) -> str:
    """A few of many names.

    >>> some(["a", "b"]), some("abcde")
    ('a, b', 'a, b, c and 2 more')
    """
    told = list(names)
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more
