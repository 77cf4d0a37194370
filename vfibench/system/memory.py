"""Settings of the whole process that a run is faster with."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # numbers of glibc's malloc.h
KEPT = 256 * 2**20  # bytes of freed memory at the top of a heap that are not given back
LARGEST = 32 * 2**20  # the largest block glibc lets come from a heap


def keep_freed_memory() -> None:
    """Have malloc keep what is freed: scoring needs the same megabytes for each picture.

    By default glibc may give them back to the system each time; fetching them again, page by page, can cost
    more than the scores. Does nothing where the C library is another.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, KEPT)
        mallopt(M_MMAP_THRESHOLD, LARGEST)
