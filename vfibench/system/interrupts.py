"""Ctrl-C: the first press ends a command after what it is at, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

STATUS = 128 + signal.SIGINT  # the exit status of a process that was interrupted
Handler = Callable[[int, FrameType | None], object]

_acts: list[Callable[[], None]] = []  # what a press does besides, such as ending workers


class Presses:
    """The handler of SIGINT, which counts.

    A method may hang in a thread that nobody can end. The main thread then waits for it after the first
    press, and the second one ends the process: what was stored is kept, as after any kill.

    Attributes:
        heard: presses so far.
    """

    heard = 0

    def __init__(self, before: Handler) -> None:
        self._before = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Hear a press; the first is then what it was before, a KeyboardInterrupt as a rule."""
        Presses.heard += 1
        for act in tuple(_acts):
            act()
        if Presses.heard > 1:
            with suppress(OSError):
                os.write(2, b"\nended at once; what was stored before is kept\n")
            os._exit(STATUS)
        self._before(number, frame)


def heed() -> None:
    """Count presses of Ctrl-C from now on; called by the main thread, elsewhere it does nothing.

    What handled the signal before still does. Where nothing Python knows of handled it, it stays so.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is threading.main_thread() and callable(before) and not heeded():
        signal.signal(signal.SIGINT, Presses(before))


def heeded() -> bool:
    """Whether presses are counted: `heed` was called, and nobody has set another handler since."""
    return isinstance(signal.getsignal(signal.SIGINT), Presses)


def forget() -> None:
    """Begin to count anew; for a process that goes on after a press, as tests do."""
    Presses.heard = 0


def at_press(act: Callable[[], None]) -> None:
    """Do this at each press, before anything is raised; nothing is added twice."""
    if act not in _acts:
        _acts.append(act)


def pressed() -> bool:
    """Whether somebody wants this process to end.

    Only the main thread is told of Ctrl-C. Where presses are not counted there, each KeyboardInterrupt may
    be one.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    return not heeded() or Presses.heard > 0
