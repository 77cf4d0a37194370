"""Stored cells brought into comparable groups and ranked."""

from __future__ import annotations

from vfibench.leaderboards.grouping import boards

__all__ = ["boards"]
