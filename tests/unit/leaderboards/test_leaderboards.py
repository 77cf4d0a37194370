"""What may stand in one table, and what may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from stored import made_result, made_row, made_settings

from vfibench.leaderboards.grouping import Group, boards
from vfibench.statistics.bootstrap import interval
from vfibench.store.cells import Cell
from vfibench.store.result import CellResult


def result(
    method: str,
    psnr: float | list[float | None] | None = 30.0,
    kind: str = "official",
    ok: int = 8,
    column: str = "psnr",
    clips: str = "",
    **settings: Any,
) -> CellResult:
    """A cell of eight frames, all of one score or each of its own; None is exact."""
    scores = psnr if isinstance(psnr, list) else [psnr] * ok
    rows = [
        made_row(
            index=i,
            sample=str(i),
            scores={column: score},
            exact=[column] if score is None else [],
            tags={"clip": clips[i]} if clips else {},
        )
        for i, score in enumerate(scores)
    ]
    return made_result(
        Cell(method, "ucf101", "vfibench", made_settings(**{"files": "f"} | settings)),
        rows,
        {column: "lower" if column == "ie" else "higher"},
        planned=8 if isinstance(psnr, float | None) else len(psnr),
        kind=kind,
        text="1 of 9 (partial)",
    )


def group(*results: CellResult) -> Group:
    ((found,),) = (board.groups for board in boards(results))
    return found


def ranks(*results: CellResult) -> list[list[tuple[str, int | None]]]:
    (board,) = boards(results)
    return [[(entry.label, entry.rank) for entry in group.entries] for group in board.groups]


def test_the_best_mean_comes_first() -> None:
    assert ranks(result("low", 30.0), result("high", 31.0)) == [[("high", 1), ("low", 2)]]


@pytest.mark.parametrize(
    "other",
    [
        {"inputs": 4},
        {"list_sha256": "b"},
        {"files": "g"},
        {"times": [0.25]},
        {"metrics": {"psnr": 2}},
    ],
)
def test_different_tasks_frames_and_versions_never_share_a_table(other: dict[str, Any]) -> None:
    assert sorted(ranks(result("one"), result("two", **other))) == [[("one", 1)], [("two", 1)]]


def test_groups_say_what_their_task_is() -> None:
    cells = [result("small", 40.0, reduced=4), result("whole"), result("many", reduced=2, times=[0.25, 0.5])]
    (board,) = boards(cells)
    assert [(one.heading, one.entries[0].label) for one in board.groups] == [
        ("2 input frames", "whole"),
        ("2 input frames, reduced by 2, 2 output frames", "many (inputs reduced by 2)"),
        ("2 input frames, reduced by 4", "small (inputs reduced by 4)"),
    ]


def test_small_frames_enlarged_afterwards_stand_beside_others_under_a_name_that_says_so() -> None:
    found = ranks(result("one", 31.0), result("two", 30.0, enlarged=4))
    assert found == [[("one", 1), ("two (enlarged by 4, bicubic)", 2)]]


@pytest.mark.parametrize("weak", [{"kind": "partial"}, {"kind": "own list"}, {"ok": 1}])
def test_what_is_not_ranked_does_not_choose_the_column_that_ranks(weak: dict[str, Any]) -> None:
    partial = result("part", 0.5, column="ie", metrics={"ie": 1}, **weak)
    (board,) = boards([partial, moved("one", 0.0), moved("two", 1.0)])
    assert board.columns == ("psnr", "ie")
    assert [(entry.label, entry.rank) for entry in board.groups[0].entries] == [("two", 1), ("one", 2)]


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


RANDOM = np.random.default_rng(2)
FRAMES = RANDOM.normal(30, 3, 40)


def moved(method: str, by: float, noise: float = 0.0, **more: Any) -> CellResult:
    """A cell of forty frames, shared but for a shift and noise without a mean."""
    own = RANDOM.normal(0, noise, 40) if noise else np.zeros(40)
    return result(method, (FRAMES + by + own - own.mean()).tolist(), **more)


def test_methods_that_cannot_be_told_apart_share_a_rank() -> None:
    found = group(moved("a", 1.0, 0.5), moved("b", 0.98, 0.5), moved("c", 0.0, 0.5), moved("d", -0.01, 0.5))
    assert [(entry.label, entry.rank, entry.shares) for entry in found.entries] == [
        ("a", 1, 1),
        ("b", 1, 1),
        ("c", 3, 1),
        ("d", 3, 1),
    ]


def test_a_small_difference_on_every_frame_tells_methods_apart() -> None:
    found = group(moved("a", 0.02, 0.01), moved("b", 0.0, 0.01))
    assert [(entry.rank, entry.shares) for entry in found.entries] == [(1, 0), (2, 0)]


def test_of_errors_the_lower_is_better() -> None:
    assert ranks(moved("a", 1.0, column="ie"), moved("b", 0.0, column="ie")) == [[("b", 1), ("a", 2)]]


def test_a_noisy_method_may_share_a_rank_with_a_better_and_a_worse_one() -> None:
    # Ranks count who is better, so the steadily worse one has the higher number, the noisy one does not.
    found = ranks(moved("best", 0.3), moved("steady", 0.2), moved("noisy", 0.1, 3.0))
    assert found == [[("best", 1), ("steady", 2), ("noisy", 1)]]


def test_frames_of_five_clips_tell_nothing_apart() -> None:
    clips = "abcde" * 8
    found = group(moved("a", 1.0, clips=clips), moved("b", 0.0, clips=clips))
    assert [(entry.rank, entry.shares, entry.intervals) for entry in found.entries] == [
        (1, 1, {"psnr": None})
    ] * 2
    clips = "abcdefgh" * 5
    assert ranks(moved("a", 1.0, clips=clips), moved("b", 0.0, clips=clips)) == [[("a", 1), ("b", 2)]]


def test_intervals_are_those_of_each_column_alone() -> None:
    whole, part = (
        moved("a", 1.0, 0.5),
        result("part", [30.0, 31.0, None, 33.0, 35.0, 31.5, 30.5], kind="partial"),
    )
    for entry in (
        entry for board in boards([whole, part]) for group in board.groups for entry in group.entries
    ):
        scores = entry.result.scores
        assert entry.intervals["psnr"] == pytest.approx(interval(scores.values["psnr"], scores.units))
        low, high = entry.intervals["psnr"]
        assert low < entry.scores["psnr"].mean < high


def test_as_many_exact_frames_are_not_the_same_exact_frames() -> None:
    one = result("one", [None, *[30.0] * 7])
    other = result("other", [*[30.0] * 7, None])
    assert ranks(one, other) == [[("one", None), ("other", None)]]
    assert "leave out different exact frames" in group(one, other).heading
    same = result("other", [None, *[31.0] * 7])
    assert ranks(one, same) == [[("other", 1), ("one", 2)]]


def test_frames_without_a_number_must_be_the_same_ones_too() -> None:
    one, other = result("one"), result("other")
    one.rows[3].scores["psnr"] = None
    found = group(one, other)
    assert not found.ranked
    assert found.heading.endswith("not ranked: their means leave out different frames")


def test_what_lacks_the_ranking_column_comes_last() -> None:
    found = ranks(
        result("one"), result("other", column="ie", metrics={"psnr": 1, "ie": 1}), result("two", 20.0)
    )
    assert found == [[("one", 1), ("two", 2), ("other", 3)]]
