"""Stopping a training between two steps."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def asked_to_stop(world: int) -> Iterator[list[int]]:
    """A list that is no longer empty once SIGINT or SIGTERM has come; a second one ends the process at once.

    Several processes would stop at different steps and wait for each other: there, signals stay as they are,
    and a training that torchrun has ended goes on from its last checkpoint.
    """
    stop: list[int] = []
    if world > 1:
        yield stop
        return

    def remember(number: int, _frame: FrameType | None) -> None:
        stop.append(number)
        signal.signal(number, before[number])

    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, remember)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
