"""A checkpoint: fetched, checked, and read without running what is in it."""

from __future__ import annotations

from vfibench.weights.reading import header_of, read_checkpoint

__all__ = ["header_of", "read_checkpoint"]
