"""Answers in memory that is used again: copied, and asked for one by one; others side by side."""

from __future__ import annotations

import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from vfibench.system.doorway import LOOKED_AT, Doorway

Array = np.ndarray


def memory(found: Array) -> tuple[int, ...]:
    return (found.ctypes.data,)


def copied(found: Array) -> Array:
    return found.copy()


class Plugin:
    """Answers in one of `slots` arrays, in turn; knows how many calls have gone on at once."""

    def __init__(self, slots: int) -> None:
        self.slots = [np.zeros(1000) for _ in range(slots)]
        self.calls = self.now = self.most = 0
        self.meet = threading.Barrier(4)

    def ask(self, number: int, *, together: bool = False) -> Array:
        self.now += 1
        self.most = max(self.most, self.now)
        if together:
            self.meet.wait(5)
        self.calls += 1
        answer = self.slots[self.calls % len(self.slots)] if self.slots else np.zeros(1000)
        answer[:] = -1
        answer[:] = number
        self.now -= 1
        return answer


@pytest.mark.parametrize("slots", [1, 2])
def test_memory_used_again_is_never_seen_again(slots: int) -> None:
    plugin, door = Plugin(slots), Doorway(memory, copied)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: door(lambda: plugin.ask(number)), range(200)))
    assert [set(answer) for answer in answers] == [{number} for number in range(200)]
    assert plugin.most == 1


def test_answers_of_their_own_are_asked_for_side_by_side_and_not_copied() -> None:
    plugin, door = Plugin(0), Doorway(memory, copied)
    for number in range(LOOKED_AT):
        assert door(lambda number=number: plugin.ask(number))[0] == number
    made = np.zeros(3)
    assert door(lambda: made) is made
    with ThreadPoolExecutor(4) as pool:  # each waits for the other three, which a lock would not let in
        answers = pool.map(lambda number: door(lambda: plugin.ask(number, together=True)), range(4))
        assert [answer[0] for answer in answers] == [0, 1, 2, 3]


def test_an_exception_is_the_callers_and_harms_no_later_call() -> None:
    door = Doorway(memory, copied)
    with pytest.raises(ZeroDivisionError):
        door(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    assert copy.deepcopy(door)(lambda: np.ones(2)).tolist() == [1, 1]
