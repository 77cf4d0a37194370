r"""Standard output and standard error that take any text, outlive their readers, and obey nobody else.

Whatever the harness, a plugin or a library prints while a command runs goes through an `Outlet`:

* What the terminal's encoding lacks is written in plain characters: arrows as "->", other letters as "\xe9".
* Escape sequences, marks that turn the reading direction round, and GitHub's commands at the beginning of a
  line are made harmless, since names in files and messages of plugins may hold them. The harness's own
  tables and bars are written to a `drawing`, annotations by `command`.
* A reader that has gone (`| head`), a closed stream or a full disk is no error where it happens: what a
  command has done does not depend on who reads about it. `Streams.unwritten` tells of it at the end.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO, cast

from vfibench.errors import one_line

PLAIN = "vfibench.plain"
"""The name of the way in which characters are written that an encoding lacks."""

WRITTEN = {
    "→": "->", "←": "<-", "↔": "<->", "↑": "^", "↓": "v", "▲": "^", "▼": "v", "…": "...", "–": "-", "—": "-",
    "−": "-", "×": "x", "·": ".", "•": "*", "±": "+/-", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "′": "'",
    "‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\ufffd": "?", "│": "|", "─": "-", "━": "-",
}  # fmt: skip
BOXES = re.compile("[\u2500-\u259f]")

ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that cannot be encoded; a handler of `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_written, error.object[error.start : error.end])), error.end


def _written(letter: str) -> str:
    if letter in WRITTEN:
        return WRITTEN[letter]
    return "+" if BOXES.match(letter) else letter.encode("ascii", "backslashreplace").decode()


codecs.register_error(PLAIN, _plain)


class Outlet:
    """A text stream before another, see the module; whatever it does not define is the other's.

    Args:
        stream: what is written to.

    Attributes:
        lost: the first error at which text was lost, None where none was.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._line_begins = True
        self.lost: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text of anybody's."""
        return self.draw(ACTIVE.sub("\ufffd", text))

    def draw(self, text: str) -> int:
        """Write text with the harness's own colours, moves of the cursor and others' words."""
        mark = "" if self._line_begins else "."  # stands for what is in the line already
        harmless = COMMAND.sub(r"\1: :", mark + text)[len(mark) :]
        return self.put(harmless.replace("##[", "# #["))

    def put(self, text: str) -> int:
        """Write what the harness itself means to say."""
        if text:
            self._line_begins = text.endswith("\n")
        try:
            self._stream.write(text)
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            self._lose(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Have all of it arrive now."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def isatty(self) -> bool:
        """Whether a person is at the other end."""
        return not self._stream.closed and self._stream.isatty()

    def _lose(self, error: Exception) -> None:
        """Have nothing arrive from now on: Python would fail again when it flushes at its end."""
        self.lost = self.lost or error
        try:
            number, nothing = self._stream.fileno(), os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, number)
            os.close(nothing)
        except (OSError, ValueError):  # no file of the system is behind it, or none any more
            self._stream = io.StringIO()


class Drawing:
    """An outlet for tables and bars: rich writes them with escape sequences of its own."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outlet, name)

    def write(self, text: str) -> int:
        """Write text in which the harness alone has colours and moves, see `console`."""
        return self._outlet.draw(text)


def drawing(stream: TextIO) -> TextIO:
    """A standard stream for tables and bars; any other stream as it is."""
    return cast("TextIO", Drawing(stream)) if isinstance(stream, Outlet) else stream


def command(text: str) -> None:
    """Say something to the system that runs the job, which reads standard output, and not to people."""
    if isinstance(sys.stdout, Outlet):
        sys.stdout.put(f"{text}\n")
    else:
        print(text)


def say(*lines: str, error: bool = False) -> None:
    """Print sentences, each in one line of its own whatever names it holds.

    Args:
        lines: the sentences.
        error: to standard error, where progress and warnings go.
    """
    for line in lines:
        print(one_line(line), file=sys.stderr if error else sys.stdout, flush=error)


@dataclass(frozen=True)
class Streams:
    """Both outlets of a command."""

    out: Outlet
    err: Outlet

    @property
    def unwritten(self) -> str:
        """Why standard output did not arrive; "" where it did, or where its reader had enough of it."""
        error = self.out.lost
        if not isinstance(error, OSError) or error.errno == errno.EPIPE:
            return ""
        return error.strerror or str(error)


@contextmanager
def standard_streams() -> Iterator[Streams]:
    """Outlets in the place of standard output and standard error for the time of a `with`."""
    _occupy_standard_files()
    before = sys.stdout, sys.stderr
    streams = [io.StringIO() if stream is None else stream for stream in before]
    ways = [(one, one.errors or "strict") for one in streams if isinstance(one, io.TextIOWrapper)]
    for stream, _ in ways:
        stream.reconfigure(errors=PLAIN)
    out, err = (Outlet(stream) for stream in streams)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield Streams(out, err)
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before
        for stream, errors in ways:
            if not stream.closed:
                stream.reconfigure(errors=errors)


def _occupy_standard_files() -> None:
    """Where a standard stream was closed (`>&-`), have no file of ours opened in its place and written to."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(number)
