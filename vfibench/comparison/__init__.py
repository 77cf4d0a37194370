"""Two methods frame by frame: differences, an interval, a test, and what they say in words."""

from __future__ import annotations

from vfibench.comparison.paired import pair

__all__ = ["pair"]
