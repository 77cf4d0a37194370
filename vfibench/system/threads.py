"""Work on many items at once, results in order, memory bounded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

TaskT = TypeVar("TaskT")
ResultT = TypeVar("ResultT")


def in_order(
    tasks: Iterable[TaskT],
    work: Callable[[TaskT], ResultT],
    workers: int,
    prepare: Callable[[], None] | None = None,
) -> Iterator[ResultT]:
    """Do `work` on threads and yield its results in the order of `tasks`.

    Args:
        tasks: taken as they are needed, at most twice `workers` ahead of what has been yielded.
        work: called from `workers` threads at once.
        workers: number of threads.
        prepare: called once on each thread before its first task.

    Yields:
        One result a task. An exception of `work` is raised when its result is due, so everything before
        it has been used; tasks not yet begun are dropped.
    """
    pool = ThreadPoolExecutor(workers, "vfibench", prepare or _nothing)
    waiting: deque[Future[ResultT]] = deque()
    try:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _nothing() -> None:
    """No preparation."""


def settle_threads() -> None:
    """Let OpenMP's threads go to sleep soon after each loop; to be called before torch is loaded.

    By default they spin for a millisecond, and take the cores from the threads that decode and score.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
