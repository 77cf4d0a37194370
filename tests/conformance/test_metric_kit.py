"""The conformance kit for metrics on a good one, and on faulty ones: each fault has one name."""

from __future__ import annotations

import made_plugins
import pytest
from faulty_metrics import FAULTS, faulty
from made_plugins import Mse
from plugged import plugged

from vfibench.contracts import MetricCard
from vfibench.errors import VfibenchError
from vfibench.system import process_state as state
from vfibench.testing import Report, check_metric, check_names


def names(report: Report, status: str) -> set[str]:
    return {result.name for result in report if result.status == status}


def test_a_good_metric_passes_every_check_with_none_skipped():
    report = check_metric(Mse)
    assert names(report, "passed") == set(check_names("metric")), str(report)
    assert all(result.cases > 0 for result in report)
    assert str(report).splitlines()[0] == "made-mse, on cpu"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_the_check_it_belongs_to_and_no_other(name: str):
    report = check_metric(faulty(name))
    assert names(report, "failed") == {FAULTS[name][0]}, str(report)
    for result in report:
        if result.status == "skipped":
            assert result.reason.startswith("needs "), str(report)


def test_every_check_is_the_one_name_of_some_fault():
    assert {check for check, _ in FAULTS.values()} == set(check_names("metric"))


def test_a_metric_may_be_given_as_name_target_card_class_function_or_instance():
    with plugged(Mse):
        ways = ("made-mse", "made_plugins:Mse", Mse.card, Mse, lambda: Mse(), Mse())
        assert {str(check_metric(way)) for way in ways} == {str(check_metric(Mse))}


def test_what_is_no_metric_is_refused():
    with pytest.raises(VfibenchError, match="expected a Metric with a card, found 7"):
        check_metric(lambda: 7)
    with pytest.raises(VfibenchError, match=r"unknown metric 'pnsr'; did you mean psnr"):
        check_metric("pnsr")


def test_a_metric_that_says_it_cannot_be_had_here_is_not_checked(monkeypatch: pytest.MonkeyPatch):
    def refuse() -> Mse:
        raise VfibenchError("no such model", "pip install it")

    monkeypatch.setattr(made_plugins, "Mse", refuse)
    with pytest.raises(VfibenchError, match="no such model; pip install it"):
        check_metric(MetricCard("vmaf", "made_plugins:Mse", optional=True))
    with pytest.raises(VfibenchError, match="needs a dataset with motion masks"):
        check_metric("psnr@dvf")


def test_the_kit_leaves_the_process_as_it_was_even_where_the_metric_does_not():
    before = state.take()
    for name in ("seeds_torch", "default_dtype"):
        assert names(check_metric(faulty(name)), "failed") == {"global_state"}
        assert state.changes(before) == []
