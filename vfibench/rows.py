"""Score rows: what one must hold, how shards' rows become one list, how they are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vfibench.errors import VfibenchError
from vfibench.lines import Row

SCORE_KEYS = ("index", "sample", "t", "status")
TIMING_KEYS = ("samples", "frames", "predict_s", "warmup")


def merge_rows(name: str, shards: Iterable[Sequence[Row]]) -> list[Row]:
    """One final row a (sample, t) over all shard files, in the dataset's order; ok replaces error.

    Raises:
        VfibenchError: two ok rows of one (sample, t).
    """
    final: dict[tuple[str, float], Row] = {}
    for rows in shards:
        for row in rows:
            key = (row["sample"], row["t"])
            earlier = final.get(key)
            if earlier is not None and earlier["status"] == "ok":
                if row["status"] == "ok":
                    raise VfibenchError(
                        f"sample {key[0]!r} at t={key[1]} was scored twice in cell {name}",
                        "two shards overlap: remove one of their files",
                    )
                continue
            final[key] = row
    return sorted(final.values(), key=lambda row: (row["index"], row["t"]))


def count(rows: Iterable[Mapping[str, Any]], planned: int) -> dict[str, int]:
    """Frames planned, ok, error, and skipped (not reached yet)."""
    ok = error = 0
    for row in rows:
        ok += row["status"] == "ok"
        error += row["status"] != "ok"
    return {"planned": planned, "ok": ok, "error": error, "skipped": planned - ok - error}
