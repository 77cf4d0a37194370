"""The process around a method's calls: what one changes reaches neither the next method nor the scores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from vfibench.system import process_state
from vfibench.system.process_state import AT_ONCE, GENERATORS, LASTING

SEED = 0
TOLD_LAST = tuple(name for name in LASTING if name != "the warnings filters")  # libraries add some, once
SELDOM = ("the handlers of signals",)  # only the main thread can change them, and it makes no predictions


class Keeper:
    """Puts back what a method changes of the process; made and used on the thread that predicts.

    Loading begins with seeded random generators, and every call with those that loading left: a method that
    draws random numbers gives the same frames in any order of calls, resumed or not. What a method may need
    as long as it is used (`process_state.LASTING`) is put back when it is done.

    What a method changes *while* it predicts is seen by the threads that decode and score at that moment.
    They name types and devices themselves, and paths are absolute; and from the first call on that changed
    anything nothing is scored while the method predicts (`apart`). What a plugin's dataset sees meanwhile
    cannot be helped.

    Attributes:
        told: what was changed and when, each once, such as "loading changed torch's default dtype".
    """

    def __init__(self) -> None:
        self.told: dict[str, None] = {}
        self._careless = False
        self._turn = threading.Lock()
        self._before = process_state.take()
        self._calls: dict[str, object] = {}
        process_state.seed(SEED)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Around the building and loading of the method."""
        kept = {name: self._before[name] for name in AT_ONCE if name not in GENERATORS}
        try:
            yield
        finally:
            self._tell("loading", process_state.restore(kept))
            self._calls = process_state.take([name for name in AT_ONCE if name not in SELDOM])

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Around a call of the method: reading the state again takes about 0.1 ms."""
        with self.apart():
            try:
                yield
            finally:
                found = process_state.restore(self._calls)
                self._careless |= not set(found) <= set(GENERATORS)
                self._tell("predicting", found)

    def apart(self) -> AbstractContextManager[object]:
        """Around scoring: beside the calls of a method that leaves the process alone, else in turns."""
        return self._turn if self._careless else nullcontext()

    def close(self) -> None:
        """Put everything back as it was before the method was loaded."""
        found = process_state.restore(self._before)
        self._tell("the method", [name for name in found if name in TOLD_LAST])

    def _tell(self, when: str, names: list[str]) -> None:
        if names:
            self.told[f"{when} changed {', '.join(names)}"] = None
