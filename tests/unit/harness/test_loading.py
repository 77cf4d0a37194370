"""Decoding ahead: order, bounds, errors."""

from __future__ import annotations

import threading
import time

import pytest

from vfibench.errors import VfibenchError
from vfibench.loading import decoded

BATCHES = [(number, range(3 * number, 3 * number + 3)) for number in range(10)]


def test_items_come_in_order_whatever_the_threads_do() -> None:
    def decode(index: int) -> int:
        time.sleep(0.001 * (index % 3))
        return index

    found = list(decoded(BATCHES, decode, workers=4))
    assert found == [(number, list(part)) for number, part in BATCHES]


def test_no_more_than_a_few_batches_are_decoded_in_advance() -> None:
    seen: set[int] = set()
    lock = threading.Lock()

    def decode(index: int) -> int:
        with lock:
            seen.add(index)
        return index

    stream = decoded(BATCHES, decode, workers=2, ahead=2)
    next(stream)
    time.sleep(0.2)
    assert max(seen) < 3 * 4
    stream.close()


def test_an_error_is_raised_when_its_batch_is_due_and_not_before() -> None:
    def decode(index: int) -> int:
        if index == 7:
            raise VfibenchError("cannot read image seven.png")
        return index

    used: list[int] = []

    def use() -> None:
        used.extend(number for number, _ in decoded(BATCHES, decode, workers=2))

    with pytest.raises(VfibenchError, match="seven"):
        use()
    assert used == [0, 1]
