"""Which frames of a site have a page of their own, and what these pages are called; others link to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from vfibench.contracts import PageOptions
from vfibench.statistics.arrays import Frame
from vfibench.store.result import CellResult
from vfibench_reports.contents.picking import Contest, Pick, contests, picks
from vfibench_reports.kit.site import page_name

Chosen = tuple[Contest, tuple[Pick, ...]]


def frame_page(dataset: str, protocol: str, frame: Frame) -> str:
    """File name of a frame's page."""
    sample, time = frame
    return page_name("sample", dataset, protocol, sample, f"{time:g}")


def list_page(dataset: str, protocol: str) -> str:
    """File name of the list of a (dataset, protocol)'s frames with pages."""
    return page_name("samples", dataset, protocol)


def chosen_frames(results: Sequence[CellResult], options: PageOptions) -> tuple[Chosen, ...]:
    """Every (dataset, protocol) with saved pictures and the frames of it that get a page, maybe none."""
    return _chosen(tuple(results), options.samples, options.named)


@lru_cache(maxsize=1)  # several pages of a site ask for the same
def _chosen(results: tuple[CellResult, ...], count: int, named: tuple[str, ...]) -> tuple[Chosen, ...]:
    return tuple((contest, tuple(picks(contest, count, named))) for contest in contests(results))


def sample_pages(results: Sequence[CellResult], options: PageOptions) -> dict[tuple[str, str, Frame], str]:
    """File names of the pages of frames in this site, by (dataset, protocol, (sample, time))."""
    if not options.writes("sample"):
        return {}
    return {
        (contest.dataset, contest.protocol, pick.frame): frame_page(
            contest.dataset, contest.protocol, pick.frame
        )
        for contest, chosen in chosen_frames(results, options)
        for pick in chosen
    }
