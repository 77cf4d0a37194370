"""Keeping predictions as PNG without holding up the device."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.frames import write_image

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array


class ImageWriter:
    """Writes <folder>/<sample>/t0.500000.png on a thread, the layout `frames:DIR` reads back.

    Args:
        folder: made where missing.
        waiting: pictures in flight before `add` waits; bounds the memory.
    """

    def __init__(self, folder: Path, waiting: int = 32) -> None:
        self._folder = folder
        self._waiting = waiting
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="images")
        self._pending: list[Future[None]] = []

    def add(self, sample: str, time: float, pixels: UInt8Array) -> None:
        """Queue [3, H, W] uint8 RGB; an earlier write's error is raised here."""
        path = self._folder / sample / f"t{time:.6f}.png"
        self._pending.append(self._pool.submit(write_image, path, pixels))
        if len(self._pending) > self._waiting:
            self._pending.pop(0).result()

    def close(self) -> None:
        """Wait for all writes; raise the first error."""
        self._pool.shutdown(wait=True)
        for future in self._pending:
            future.result()
