"""Decoding ahead: worker threads fill the next batches while the device works on this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ItemT = TypeVar("ItemT")


def decoded(
    batches: Sequence[tuple[int, Sequence[int]]],
    decode: Callable[[int], ItemT],
    workers: int,
    ahead: int = 2,
) -> Iterator[tuple[int, list[ItemT]]]:
    """Decode batches in order, `ahead` of them in advance.

    Args:
        batches: (batch number, sample indices).
        decode: makes one item; called from `workers` threads (image codecs release the GIL).
        workers: number of threads.
        ahead: batches being decoded while one is in use; bounds the memory.

    Yields:
        (batch number, its items in order). An exception of `decode` is raised when its batch is due, so
        everything before it has been used.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[int, list[Future[ItemT]]]] = deque()
        todo = iter(batches)

        def submit() -> None:
            for number, indices in todo:
                waiting.append((number, [pool.submit(decode, index) for index in indices]))
                return

        try:
            for _ in range(1 + ahead):
                submit()
            while waiting:
                number, futures = waiting.popleft()
                items = [future.result() for future in futures]
                submit()
                yield number, items
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
