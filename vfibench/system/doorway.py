"""The way into the harness for what plugins answer: it may lie in memory that they use again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

AnswerT = TypeVar("AnswerT")
LOOKED_AT = 3  # answers that are held side by side to see whether they lie in different memory


class Doorway(Generic[AnswerT]):
    """Asks a plugin from several threads at once, or one by one where it answers in the same memory.

    The first calls are made one by one and their answers copied. While they are held, no other answer can
    get their memory from the system: one that lies there was put there by the plugin, which does it again,
    perhaps while another thread still reads. From then on every call waits for the one before it to be
    copied. Where answers lie apart, calls go on side by side and nothing is copied.

    Args:
        memory: where an answer begins, a number for each array; () for what is no answer at all.
        copied: the same answer in memory of its own.
    """

    def __init__(
        self, memory: Callable[[AnswerT], tuple[int, ...]], copied: Callable[[AnswerT], AnswerT]
    ) -> None:
        self._memory = memory
        self._copied = copied
        self._lock = threading.Lock()
        self._held: list[AnswerT] = []
        self._apart = False
        self._again = False

    def __call__(self, ask: Callable[[], AnswerT]) -> AnswerT:
        """What `ask` returns, in memory that nobody writes to; exceptions are the caller's."""
        if self._apart:
            return ask()
        with self._lock:
            found = ask()
            kept = self._copied(found)
            self._look(found)
            return kept

    def _look(self, found: AnswerT) -> None:
        """Learn from one more answer; the lock is held."""
        places = self._memory(found)
        if self._again or not places:
            return
        known = {place for answer in self._held for place in self._memory(answer)}
        self._again = not known.isdisjoint(places)
        self._held.append(found)
        self._apart = not self._again and len(self._held) >= LOOKED_AT
        if self._again or self._apart:
            self._held.clear()

    def __reduce__(self) -> tuple[type[Doorway[AnswerT]], tuple[object, object]]:
        """A copy, or what another process gets, begins anew: locks cannot be copied."""
        return type(self), (self._memory, self._copied)
