"""The conformance kit for pages on a good one, and on faulty ones: each fault has one name."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty_pages import FAULTS, faulty
from made_plugins import Frames
from plugged import plugged

from vfibench.contracts import PageCard, PageOptions
from vfibench.errors import VfibenchError
from vfibench.registry import DATASETS, METRICS
from vfibench.store.rows import Counts
from vfibench.system import process_state as state
from vfibench.testing import Report, check_names, check_page
from vfibench.testing.pages.made import IMAGE, SCRIPT, hostile_results, plain_results


def names(report: Report, status: str) -> set[str]:
    return {result.name for result in report if result.status == status}


class Told(Frames):
    """Wants to be told the options."""

    card = PageCard("told", f"{__name__}:Told", options=True)

    def __init__(self, options: PageOptions) -> None:
        assert options.writes("told")
        assert not options.writes("leaderboard")
        assert not options.index


class Text:
    """Writes no HTML."""

    card = PageCard("text", f"{__name__}:Text")

    def render(self, results, out):
        (out / "names.txt").write_text("\n".join(one.cell.method for one in results))
        return [("Names", "names.txt")]


def test_a_good_page_passes_every_check_with_none_skipped():
    report = check_page(Frames)
    assert names(report, "passed") == set(check_names("page")), str(report)
    assert str(report).splitlines()[0] == "made-frames, 3 and 4 made-up results"


def test_a_page_that_takes_options_is_told_them():
    assert names(check_page(Told), "passed") == set(check_names("page"))


def test_a_page_without_html_has_nothing_to_escape():
    report = check_page(Text)
    assert names(report, "skipped") == {"escaped"}
    assert report["escaped"].reason == "writes no HTML"
    assert report.ok


SOME = dict.fromkeys(check for check, _ in FAULTS.values())
"""One fault of each check is tried by the default run, all by the long tests."""
FIRST = [next(name for name, (own, _) in FAULTS.items() if own == check) for check in SOME]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FIRST else [pytest.mark.slow]) for name in FAULTS]
)
def test_a_fault_fails_the_check_it_belongs_to_and_no_other(name: str):
    report = check_page(faulty(name))
    assert names(report, "failed") == {FAULTS[name][0]}, str(report)
    for result in report:
        if result.status == "skipped":
            assert result.reason.startswith("needs "), str(report)


def test_every_check_is_the_one_name_of_some_fault():
    assert {check for check, _ in FAULTS.values()} == set(check_names("page"))


def test_a_page_may_be_given_as_name_target_card_or_class():
    with plugged(Frames):
        ways = ("made-frames", "made_plugins:Frames", Frames.card, Frames)
        assert {str(check_page(way)) for way in ways} == {str(check_page(Frames))}


def test_a_class_without_a_card_is_known_by_the_registered_one_or_refused():
    class Bare:
        def render(self, results, out): ...

    assert check_page("vfibench_reports.strata.page:StrataPage").name == "strata"
    with pytest.raises(VfibenchError, match="expected a page with a card"):
        check_page(Bare)


def test_the_results_it_is_given_are_scored_for_good_and_hold_what_pages_meet(tmp_path: Path):
    blend, nearest, fails = plain_results(tmp_path / "plain")
    assert blend.complete
    assert blend.ranked
    assert any(row.exact for row in nearest.rows)
    assert fails.counts == Counts(12, 10, 2, 0)
    assert (tmp_path / "plain" / "images").is_dir()
    hostile = hostile_results(tmp_path / "hostile")
    assert {one.cell.dataset for one in hostile} == {SCRIPT}
    assert {SCRIPT, IMAGE, "../../outside"} < {one.cell.method for one in hostile}
    assert all(IMAGE in row.scores for row in hostile[0].rows)


def test_what_was_made_up_is_not_registered_afterwards(tmp_path: Path):
    hostile_results(tmp_path / "run")
    assert SCRIPT not in DATASETS.names()
    assert IMAGE not in METRICS.names()


def test_the_kit_leaves_the_process_as_it_was_even_where_the_page_does_not():
    before = state.take()
    for name in ("seeds_python", "changes_folder"):
        check_page(faulty(name))
        assert state.changes(before) == []
