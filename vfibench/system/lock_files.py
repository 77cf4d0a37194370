"""Lock files, for disks without locks: made only where there is none, touched while their process lives."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from vfibench.system.json_text import encoded

TOUCHED_S = 30.0  # between two signs of life
STALE_S = 300.0  # without one, a lock of another host counts as left behind


class Holder(msgspec.Struct, frozen=True):
    """Who has a lock.

    Attributes:
        host: its name.
        machine: what tells its processes' numbers from those of a container with the same host name.
        process: number of the process there.
        since: when the process began, in the kernel's own ticks; "" where that is not known.
        taken: when the lock was taken, UTC.
    """

    host: str
    machine: str
    process: int
    since: str = ""
    taken: str = ""

    @property
    def here(self) -> bool:
        """Whether it is a process that can be asked for from here."""
        return (self.host, self.machine) == (socket.gethostname(), _machine())

    @property
    def alive(self) -> bool:
        """Whether a process of `here` lives."""
        return _alive(self.process) and _began(self.process) == self.since

    def __str__(self) -> str:
        """In words."""
        return f"process {self.process} on {self.host} (since {self.taken})"


def this_process() -> str:
    """What a lock says of who has it: a line of JSON."""
    number = os.getpid()
    taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    held = Holder(socket.gethostname(), _machine(), number, _began(number), taken)
    return encoded(msgspec.to_builtins(held)) + "\n"


def holder_in(path: Path) -> str:
    """Who has a lock, in words, as its file says; "" where it says nothing."""
    found = _read(path)
    return str(found) if found else ""


@dataclass(frozen=True)
class LockFile:
    """A lock file that this process has made.

    Attributes:
        path: of it.
        content: of it; nobody else's is the same.
    """

    path: Path
    content: bytes

    @classmethod
    def make(cls, path: Path) -> LockFile | None:
        """Make it; None where another process has it.

        Raises:
            OSError: the folder cannot be written.
        """
        content = this_process().encode()
        for _ in range(3):  # the one that stands there may be left behind
            try:
                number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            except FileExistsError:
                if not taken_away(path):
                    return None
                continue
            with os.fdopen(number, "wb") as file:
                file.write(content)
            made = cls(path, content)
            _touched.add(made)
            return made
        return None

    def remove(self) -> None:
        """Give it back, unless another process has taken it over meanwhile."""
        _touched.discard(self)
        try:
            if self.path.read_bytes() == self.content:
                self.path.unlink()
        except FileNotFoundError:
            return


class _Touched:
    """The lock files of this process, touched again and again by a thread of their own."""

    def __init__(self) -> None:
        self._files: set[LockFile] = set()
        self._thread: threading.Thread | None = None

    def add(self, made: LockFile) -> None:
        """Begin to touch a file."""
        self._files.add(made)
        if self._thread is None or not self._thread.is_alive():  # a forked process has no such thread
            self._thread = threading.Thread(target=self._go_on, daemon=True)
            self._thread.start()

    def discard(self, made: LockFile) -> None:
        """End that."""
        self._files.discard(made)

    def forget(self) -> None:
        """End all: they are another process's."""
        self._files.clear()

    def _go_on(self) -> None:
        while True:
            time.sleep(TOUCHED_S)
            for made in tuple(self._files):
                try:
                    os.utime(made.path)
                except OSError:
                    continue


_touched = _Touched()
os.register_at_fork(after_in_child=_touched.forget)


def taken_away(path: Path) -> bool:
    """Remove a lock file that was left behind; False where its process may live, or another was quicker."""
    try:
        content = path.read_bytes()
        found = _parsed(content)
        if found.alive if found and found.here else _age(path) <= STALE_S:
            return False
    except FileNotFoundError:
        return True
    aside = path.with_name(f"{path.name}.{socket.gethostname()}.{os.getpid()}")
    try:
        path.rename(aside)  # of two that do this, one fails
        if aside.read_bytes() != content:  # it has been taken over already: put it back
            os.link(aside, path)
            return False
    except OSError:
        return False
    finally:
        aside.unlink(missing_ok=True)
    return True


def _age(path: Path) -> float:
    """Seconds since a file was touched, by the clock of the disk it lies on, which may be another host's."""
    probe = path.with_name(f"{path.name}.{os.getpid()}.now")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def _read(path: Path) -> Holder | None:
    try:
        with path.open("rb") as file:
            return _parsed(file.read(4096))
    except OSError:
        return None


def _parsed(content: bytes) -> Holder | None:
    try:
        return msgspec.json.decode(content, type=Holder)
    except (msgspec.MsgspecError, ValueError):  # it is just being written, or another program's
        return None


@cache
def _machine() -> str:
    """The start of the machine and the space of process numbers, where the kernel tells them."""
    try:
        begun = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{begun} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _began(process: int) -> str:
    """When a process began, in ticks since the machine did: numbers of processes are given again."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
