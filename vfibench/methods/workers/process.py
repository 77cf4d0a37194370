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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

from vfibench.errors import SampleError
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
        self._heard = _Interrupt.heard
        _heed_interrupts()
        self._said: deque[str] = deque(maxlen=5)
        try:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
            )
        except OSError as error:
            raise WorkerFailed(f"could not be started: {error.strerror}: {command[0]}") from error
        _running.add(self._process.pid)
        # Runs once, also at exit: later the number of the process may be another's.
        self._finish = weakref.finalize(self, _end, self._process)
        threading.Thread(target=_listen, args=(self._stream("stderr"), self._said), daemon=True).start()
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
        return self._heard != _Interrupt.heard

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
        except ValueError:
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
                what = f"ended with status {self._process.wait(1)}"
            except subprocess.TimeoutExpired:
                what = "closed its stdin or stdout"
            time.sleep(0.05)  # its last words are still on their way
        words = " | ".join(self._said)
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


def _listen(stream: IO[bytes], said: deque[str]) -> None:
    """Keep the last lines of stderr."""
    for line in stream:
        if text := line.decode(errors="replace").strip():
            said.append(text[:200])


def _end(process: subprocess.Popen[bytes]) -> None:
    _running.discard(process.pid)
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


def _heed_interrupts() -> None:
    """Let Ctrl-C end the workers too: in sessions of their own, they do not hear of it from the terminal.

    Else a run that is interrupted would wait for their answers. What handled the signal before still does.
    Only the main thread may set this, which greets every worker before another thread opens it.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return
    if not isinstance(before, _Interrupt):
        signal.signal(signal.SIGINT, _Interrupt(before))


class _Interrupt:
    """A handler of SIGINT that kills all workers, then does what another one does.

    Attributes:
        heard: how often.
    """

    heard = 0

    def __init__(self, before: Callable[[int, FrameType | None], Any]) -> None:
        self._before = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        _Interrupt.heard += 1
        for leader in tuple(_running):
            _kill_group(leader)
        self._before(number, frame)
