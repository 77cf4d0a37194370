"""What may stand in one table, and what may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vfibench.cells import Cell
from vfibench.leaderboards import boards
from vfibench.store import CellResult

COLUMN = {"title": "", "version": 1, "unit": "", "better": "higher"}


def result(
    method: str, psnr: float | None = 30.0, kind: str = "official", ok: int = 2, **settings: Any
) -> CellResult:
    decides = {
        "inputs": 2,
        "list_sha256": "a",
        "files": "f",
        "times": [0.5],
        "metrics": {"psnr": 1},
        "precision": "fp32",
    }
    exact = {"exact": ["psnr"]} if psnr is None else {}
    rows = [
        {"index": i, "sample": str(i), "t": 0.5, "status": "ok", "scores": {"psnr": psnr}, **exact}
        for i in range(ok)
    ]
    counts = {"planned": 2, "ok": ok, "error": 0, "skipped": 2 - ok}
    info = {
        "selection": {"kind": kind, "text": "1 of 9 (partial)"},
        "columns": {"psnr": COLUMN},
        "unavailable": {},
    }
    return CellResult(Cell(method, "ucf101", "vfibench", decides | settings), counts, rows, [], info, Path())


def ranks(*results: CellResult) -> list[list[tuple[str, int | None]]]:
    (board,) = boards(results)
    return [[(entry.label, entry.rank) for entry in group.entries] for group in board.groups]


def test_the_best_mean_comes_first() -> None:
    assert ranks(result("low", 30.0), result("high", 31.0)) == [[("high", 1), ("low", 2)]]


@pytest.mark.parametrize(
    "other",
    [{"inputs": 4}, {"list_sha256": "b"}, {"files": "g"}, {"times": [0.25]}, {"metrics": {"psnr": 2}}],
)
def test_different_tasks_frames_and_versions_never_share_a_table(other: dict[str, Any]) -> None:
    assert sorted(ranks(result("one"), result("two", **other))) == [[("one", 1)], [("two", 1)]]


def test_a_metric_only_one_cell_has_does_not_part_them() -> None:
    assert len(ranks(result("one"), result("two", metrics={"psnr": 1, "lpips": 1}))) == 1


@pytest.mark.parametrize("weak", [{"kind": "partial"}, {"kind": "own list"}, {"ok": 1}])
def test_partial_own_and_incomplete_results_have_no_rank(weak: dict[str, Any]) -> None:
    assert ranks(result("whole"), result("weak", 50.0, **weak)) == [[("whole", 1)], [("weak", None)]]


def test_means_over_different_frames_have_no_rank() -> None:
    assert ranks(result("exact", None), result("other")) == [[("exact", None), ("other", None)]]


def test_boards_are_by_dataset_and_protocol() -> None:
    other = result("one")
    other = CellResult(Cell("one", "davis", "vfibench", other.cell.settings), *list(vars(other).values())[1:])
    assert [board.dataset for board in boards([result("one"), other])] == ["ucf101", "davis"]
