"""Many at once, in order: bounds and errors."""

from __future__ import annotations

import threading
import time

import pytest

from vfibench.errors import VfibenchError
from vfibench.system.threads import in_order


def test_results_come_in_order_whatever_the_threads_do() -> None:
    def work(index: int) -> int:
        time.sleep(0.002 * (index % 3))
        return index * index

    assert list(in_order(range(30), work, workers=4)) == [index * index for index in range(30)]


def test_no_more_than_a_few_tasks_are_begun_in_advance() -> None:
    seen: set[int] = set()
    lock = threading.Lock()

    def work(index: int) -> int:
        with lock:
            seen.add(index)
        return index

    stream = in_order(range(100), work, workers=2)
    next(stream)
    time.sleep(0.2)
    assert max(seen) < 5
    stream.close()  # type: ignore[attr-defined]


def test_an_error_is_raised_when_its_result_is_due_and_not_before() -> None:
    def work(index: int) -> int:
        if index == 7:
            raise VfibenchError("cannot read image seven.png")
        return index

    used: list[int] = []

    def use() -> None:
        used.extend(in_order(range(20), work, workers=2))

    with pytest.raises(VfibenchError, match="seven"):
        use()
    assert used == list(range(7))


def test_each_thread_is_prepared_once() -> None:
    prepared: list[str] = []
    list(
        in_order(range(20), lambda index: index, 3, lambda: prepared.append(threading.current_thread().name))
    )
    assert 1 <= len(prepared) == len(set(prepared)) <= 3
