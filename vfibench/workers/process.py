"""The process of a worker: frames and answers over its pipes, deadlines, and its last words."""

from __future__ import annotations

import json
import math
import os
import selectors
import subprocess
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from vfibench.errors import SampleError

if TYPE_CHECKING:
    import torch

VERSION = 1
LONGEST_LINE = 1 << 16


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
        self._said: deque[str] = deque(maxlen=5)
        try:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        except OSError as error:
            raise WorkerFailed(f"could not be started: {error.strerror}: {command[0]}") from error
        weakref.finalize(self, _end, self._process)
        threading.Thread(target=_listen, args=(self._stream("stderr"), self._said), daemon=True).start()
        os.set_blocking(self._stream("stdin").fileno(), False)
        self._unread = bytearray()
        self.greeting = self._greet()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ask(self, frames: torch.Tensor, times: Sequence[float]) -> tuple[torch.Tensor, float | None]:
        """Send float32 frames [B, N, 3, H, W] on the CPU; get the answer and the seconds it took.

        Raises:
            SampleError: the worker says that it cannot.
            WorkerFailed: it died, hung or broke the protocol; it is ended.
        """
        import torch

        header = {"shape": list(frames.shape), "dtype": "float32", "times": list(times)}
        line = json.dumps(header).encode() + b"\n"
        try:
            deadline = time.monotonic() + self._patience
            self._send([line, frames.contiguous().numpy().data.cast("B")], deadline)
            answer = self._line(deadline)
            if "error" in answer:
                raise SampleError(f"the worker says: {answer['error']}")
            shape = _shape(answer)
            data = self._bytes(4 * math.prod(shape), deadline)
        except WorkerFailed:
            self.end()
            raise
        made = torch.frombuffer(data, dtype=torch.float32).reshape(shape)
        seconds = answer.get("seconds")
        return made, float(seconds) if isinstance(seconds, int | float) else None

    def end(self) -> None:
        """Kill the process and wait for it."""
        _end(self._process)

    def _greet(self) -> Mapping[str, Any]:
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

    def _line(self, deadline: float) -> Mapping[str, Any]:
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
            self._process.wait()
            what = f"ended with status {self._process.returncode}"
            time.sleep(0.05)  # its last words are still on their way
        words = " | ".join(self._said)
        return WorkerFailed(f"the worker {what}" + (f"; its last words: {words}" if words else ""))


def _shape(answer: Mapping[str, Any]) -> list[int]:
    shape = answer.get("shape")
    whole = isinstance(shape, list) and len(shape) == 5 and all(isinstance(side, int) for side in shape)
    if not whole or answer.get("dtype", "float32") != "float32":
        raise WorkerFailed(
            f'the worker answered {answer}, expected {{"shape": [B, T, 3, H, W], "dtype": "float32"}}'
        )
    assert isinstance(shape, list)
    return shape


def _listen(stream: IO[bytes], said: deque[str]) -> None:
    """Keep the last lines of stderr."""
    for line in stream:
        if text := line.decode(errors="replace").strip():
            said.append(text[:200])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
