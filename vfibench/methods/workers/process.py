"""The process of a worker: frames and answers over its pipes, deadlines, and its last words."""

from __future__ import annotations

import json
import math
import os
import selectors
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from vfibench.errors import SampleError, one_line
from vfibench.methods.workers.endings import LastWords, how_it_ended, watched
from vfibench.system.interrupts import Presses, at_press, heed
from vfibench.system.json_text import encoded

if TYPE_CHECKING:
    import torch

VERSION = 1
LONGEST_LINE = 1 << 16


_running: set[int] = set()  # process groups of workers, each called by the number of its leader


class WorkerFailed(Exception):
    """The worker died, hung or broke the protocol; the message ends with its last words."""


class Worker:
    """A running worker process.

    Args:
        command: words of the command line.
        patience: seconds to wait for an answer.

    Raises:
        WorkerFailed: it cannot be started, or its greeting is not one.
    """

    def __init__(self, command: Sequence[str], patience: float) -> None:
        self._patience = patience
        self._heard = Presses.heard
        heed()  # in sessions of their own, workers do not hear of Ctrl-C from the terminal
        at_press(_kill_all)
        self._said = LastWords()
        try:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
            )
        except OSError as error:
            raise WorkerFailed(f"could not be started: {error.strerror}: {command[0]}") from error
        _running.add(self._process.pid)
        # Runs once, also at exit: later the number of the process may be another's.
        self._finish = weakref.finalize(self, _end, self._process, watched(self._process.pid))
        threading.Thread(target=self._said.listen, args=(self._stream("stderr"),), daemon=True).start()
        os.set_blocking(self._stream("stdin").fileno(), False)
        self._unread = bytearray()
        self.greeting = self._greet()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it, and nobody waits for answers any more."""
        return self._heard != Presses.heard

    def ask(self, frames: torch.Tensor, times: Sequence[float]) -> tuple[torch.Tensor, float | None]:
        """Send float32 frames [B, N, 3, H, W] on the CPU; get the answer and the seconds it took.

        Raises:
            SampleError: the worker says that it cannot.
            WorkerFailed: it died, hung or broke the protocol; it is ended.
        """
        import torch

        header = {"shape": list(frames.shape), "dtype": "float32", "times": list(times)}
        line = encoded(header).encode() + b"\n"
        try:
            deadline = time.monotonic() + self._patience
            self._send([line, frames.contiguous().numpy().data.cast("B")], deadline)
            answer = self._line(deadline)
            if "error" in answer:
                raise SampleError(f"the worker says: {answer['error']}")
            shape, seconds = _shape(answer), _seconds(answer)
            data = self._bytes(4 * math.prod(shape), deadline)
        except WorkerFailed:
            self.end()
            raise
        made = torch.frombuffer(data, dtype=torch.float32).reshape(shape)
        return made, seconds

    def end(self) -> None:
        """Kill the process and all that it started, and wait for it."""
        self._finish()

    def _greet(self) -> Mapping[str, object]:
        try:
            greeting = self._line(time.monotonic() + self._patience)
        except WorkerFailed:
            self.end()
            raise
        if greeting.get("vfibench") != VERSION:
            self.end()
            raise self._failed(f'greeted with {greeting}, expected {{"vfibench": {VERSION}, ...}}')
        return greeting

    def _stream(self, name: str) -> IO[bytes]:
        stream: IO[bytes] | None = getattr(self._process, name)
        assert stream is not None
        return stream

    def _send(self, parts: Sequence[bytes | memoryview], deadline: float) -> None:
        """Write without waiting longer than allowed for a worker that does not read."""
        file = self._stream("stdin").fileno()
        for part in parts:
            rest = memoryview(part)
            while rest:
                self._wait(file, selectors.EVENT_WRITE, deadline)
                try:
                    rest = rest[os.write(file, rest) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise self._failed("died") from error

    def _line(self, deadline: float) -> Mapping[str, object]:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > LONGEST_LINE:
                raise self._failed("wrote bytes without an end of line, expected a line of JSON")
            self._receive(LONGEST_LINE, deadline)
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            shown = line[:80].decode(errors="replace")
            raise self._failed(f"wrote {shown!r} to stdout, expected a line of JSON (print to stderr)")
        return found

    def _bytes(self, count: int, deadline: float) -> bytearray:
        while len(self._unread) < count:
            self._receive(1 << 20, deadline)
        data = self._unread[:count]
        del self._unread[:count]
        return data

    def _receive(self, most: int, deadline: float) -> None:
        file = self._stream("stdout").fileno()
        self._wait(file, selectors.EVENT_READ, deadline)
        found = os.read(file, most)
        if not found:
            raise self._failed("died")
        self._unread += found

    def _wait(self, file: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(file, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise self._failed(f"gave no answer in {self._patience:g} s")

    def _failed(self, what: str) -> WorkerFailed:
        if what == "died":
            try:
                what = how_it_ended(self._process.wait(1))
            except subprocess.TimeoutExpired:
                what = "closed its stdin or stdout"
            time.sleep(0.05)  # its last words are still on their way
        words = one_line(" | ".join(self._said))
        return WorkerFailed(f"the worker {what}" + (f"; its last words: {words}" if words else ""))


def _shape(answer: Mapping[str, object]) -> list[int]:
    shape = answer.get("shape")
    sides = shape if isinstance(shape, list) else []
    whole = len(sides) == 5 and all(type(side) is int and side > 0 for side in sides)
    if not whole or answer.get("dtype", "float32") != "float32":
        raise WorkerFailed(
            f'the worker answered {answer}, expected {{"shape": [B, T, 3, H, W], "dtype": "float32"}}'
        )
    assert isinstance(shape, list)
    return shape


def _seconds(answer: Mapping[str, object]) -> float | None:
    seconds = answer.get("seconds")
    if not isinstance(seconds, int | float):
        return None
    if not (math.isfinite(seconds) and seconds >= 0):
        raise WorkerFailed(f"the worker answered {seconds} seconds, expected a finite number from 0")
    return float(seconds)


def _end(process: subprocess.Popen[bytes], watcher: subprocess.Popen[bytes] | None) -> None:
    _running.discard(process.pid)
    if watcher is not None:  # before the group's number can be another's
        watcher.kill()
        watcher.communicate()
    if not _kill_group(process.pid):
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _kill_group(leader: int) -> bool:
    """Kill a process and what it started, such as the network behind `sh -c`; False where none is alive."""
    if not hasattr(os, "killpg"):
        return False
    try:
        os.killpg(leader, signal.SIGKILL)
    except OSError:  # none of it is alive
        return False
    return True


def _kill_all() -> None:
    """End every worker, so that a run which is interrupted does not wait for their answers."""
    for leader in tuple(_running):
        _kill_group(leader)
