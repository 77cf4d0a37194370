"""A run on disk: its folder, cells, rows, run.json, pictures and shards.

Read `cells.py` (what is scored), `rows.py` (a score), `folder.py` (how they are kept) and `result.py`
(how they come back), in this order.
"""

from __future__ import annotations

from vfibench.store.folder import ResultStore
from vfibench.store.folders import read_results
from vfibench.store.memory import MemoryStore
from vfibench.store.result import CellResult

__all__ = ["CellResult", "MemoryStore", "ResultStore", "read_results"]
