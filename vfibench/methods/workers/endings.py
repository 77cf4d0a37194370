"""How workers end: with what last words, by which signal, and never later than the run that started them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from collections.abc import Iterator
from typing import IO

from vfibench.system.forks import keep_from_children

BLOCK = 1 << 16
LONGEST = 200  # characters of a line that are kept
LINES = 5

# Reads until the run's end of its pipe is closed, by whatever ends the run, then kills the worker's group.
WATCH = 'read nothing; kill -KILL "-$1" 2>/dev/null'


class LastWords:
    """The last lines of a worker's stderr; read in blocks, so that a line without an end fills no memory."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LINES)
        self._begun = b""

    def __iter__(self) -> Iterator[str]:
        """The last lines that are not blank, the one that has no end yet included."""
        begun = [self._begun] if self._begun.strip() else []
        return iter([*self._lines, *map(_text, begun)][-LINES:])

    def listen(self, stream: IO[bytes]) -> None:
        """Read until nobody can write any more; for a thread of its own."""
        file = stream.fileno()
        while block := _read(file):
            self.hear(block)

    def hear(self, block: bytes) -> None:
        """Take some more of what is written."""
        *whole, rest = block.split(b"\n")
        for line in whole:
            if text := _text(self._begun + line):
                self._lines.append(text)
            self._begun = b""
        self._begun = (self._begun + rest)[: 4 * LONGEST]


def _text(line: bytes) -> str:
    return line[: 4 * LONGEST].decode(errors="replace").strip()[:LONGEST]


def _read(file: int) -> bytes:
    try:
        return os.read(file, BLOCK)
    except OSError:
        return b""


def how_it_ended(status: int) -> str:
    """A process's exit status in words.

    Args:
        status: as `subprocess` tells it, negative for a signal. A shell tells of a signal by 128 more.

    >>> how_it_ended(3), how_it_ended(-11), how_it_ended(139)
    ('ended with status 3', 'was killed by SIGSEGV', 'ended with status 139, as after SIGSEGV')
    """
    if status < 0:
        return f"was killed by {_signal(-status)}"
    after = f", as after {_signal(status - 128)}" if status - 128 in set(signal.valid_signals()) else ""
    return f"ended with status {status}{after}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def watched(leader: int) -> subprocess.Popen[bytes] | None:
    """Have a process group killed when this process ends, however it ends; None where there is no shell.

    A worker that computes or hangs does not notice that its stdin has been closed, and what it has started
    itself does not either.

    Args:
        leader: number of the process whose group it is.

    Returns:
        A shell that waits, to be killed when the group has ended.
    """
    words = ["/bin/sh", "-c", WATCH, "watch", str(leader)]
    quiet = subprocess.DEVNULL
    try:
        watcher = subprocess.Popen(
            words, bufsize=0, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError:
        return None
    assert watcher.stdin is not None
    keep_from_children(watcher.stdin)
    return watcher
