"""Decoding and encoding on threads of their own, with bounded queues between them and the network."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

import torch

T = TypeVar("T")
POLL = 0.1  # seconds after which a thread that waits looks whether it is still wanted


def one_core() -> None:
    """Let this thread compute alone: helpers of its own would take the cores from those of the network."""
    torch.get_num_threads()  # torch settles its default first, at the first question
    torch.set_num_threads(1)


class _End:
    """After the last item; with an error where there was one."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Feed(Generic[T]):
    """Items made on a thread of their own, at most `ahead` before they are used.

    Attributes:
        busy: seconds in which items were made.

    Example:
        >>> list(Feed(iter([1, 2, 3]), ahead=2))
        [1, 2, 3]
    """

    def __init__(self, items: Iterator[T], ahead: int) -> None:
        self.busy = 0.0
        self._items = items
        self._queue: queue.Queue[T | _End] = queue.Queue(ahead)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="decode", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """The items; raises what making one raised."""
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def close(self) -> None:
        """Make no more; waits for the item that is being made."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        one_core()
        try:
            while not self._stop.is_set():
                began = time.perf_counter()
                try:
                    item = next(self._items)
                except StopIteration:
                    break
                finally:
                    self.busy += time.perf_counter() - began
                self._put(item)
            self._put(_End())
        except BaseException as error:  # raised where the items are used
            self._put(_End(error))

    def _put(self, item: T | _End) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=POLL)
                return
            except queue.Full:
                continue


class Drain(Generic[T]):
    """Items used up on a thread of their own, at most `behind` waiting.

    Attributes:
        busy: seconds in which items were used.

    Example:
        >>> seen = []
        >>> drain = Drain(seen.append, behind=2)
        >>> drain.put(1); drain.close(); seen
        [1]
    """

    def __init__(self, use: Callable[[T], object], behind: int) -> None:
        self.busy = 0.0
        self._use = use
        self._queue: queue.Queue[T | _End] = queue.Queue(behind)
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="encode", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand an item over; raises what using an earlier one raised."""
        while True:
            if self._error is not None:
                raise self._error
            try:
                self._queue.put(item, timeout=POLL)
                return
            except queue.Full:
                continue

    def close(self) -> None:
        """Wait until everything is used up; raises what using an item raised.

        When this returns or raises, the thread has ended: after Ctrl-C with the item that it was at.
        """
        pressed: KeyboardInterrupt | None = None
        while self._thread.is_alive():
            try:
                with suppress(queue.Full):
                    self._queue.put_nowait(_End())
                self._thread.join(POLL)
            except KeyboardInterrupt as error:
                pressed = error
                self._stop.set()
        if pressed is not None:
            raise pressed
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        one_core()
        while not isinstance(item := self._queue.get(), _End) and not self._stop.is_set():
            began = time.perf_counter()
            try:
                self._use(item)
            except BaseException as error:  # raised where items come from
                self._error = error
                return
            finally:
                self.busy += time.perf_counter() - began
