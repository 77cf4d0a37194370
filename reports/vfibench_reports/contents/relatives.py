"""The pages of a site about the same (dataset, protocol), which lead to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from vfibench.contracts import PageOptions
from vfibench.errors import VfibenchError
from vfibench.leaderboards.grouping import Board, boards
from vfibench.store.result import CellResult
from vfibench_reports.contents.comparisons import compared
from vfibench_reports.contents.divisions import divisible
from vfibench_reports.contents.samples import chosen_frames
from vfibench_reports.kit.site import page_name

TITLES = {"leaderboard": "Leaderboard", "strata": "Strata", "compare": "Comparison", "sample": "Samples"}


@dataclass(frozen=True)
class Relative:
    """A page that is written in the same call.

    Attributes:
        kind: name of its plugin.
        title: of a link to it.
        name: file name.
    """

    kind: str
    title: str
    name: str


def relatives(
    results: Sequence[CellResult], dataset: str, protocol: str, options: PageOptions, but: str = ""
) -> list[Relative]:
    """The pages of a (dataset, protocol), without those of the kind `but`."""
    found = _written(tuple(results), options).get((dataset, protocol), ())
    return [one for one in found if one.kind != but]


@lru_cache(maxsize=1)  # every page of a site asks
def _written(
    results: tuple[CellResult, ...], options: PageOptions
) -> dict[tuple[str, str], tuple[Relative, ...]]:
    every = boards(results)
    keys = [(board.dataset, board.protocol) for board in every]
    about = {
        "leaderboard": set(keys),
        "strata": {key for key, board in zip(keys, every, strict=True) if _has_strata(board, every)},
        "compare": set(compared(results)),
        "sample": {
            (contest.dataset, contest.protocol)
            for contest, chosen in chosen_frames(results, options)
            if chosen
        },
    }
    return {
        key: tuple(
            Relative(kind, title, page_name("samples" if kind == "sample" else kind, *key))
            for kind, title in TITLES.items()
            if options.writes(kind) and key in about[kind]
        )
        for key in keys
    }


def _has_strata(board: Board, every: Sequence[Board]) -> bool:
    """Whether the strata page of a board is written; one with a damaged file of facts is not."""
    try:
        return divisible(board, every)
    except VfibenchError:
        return False
