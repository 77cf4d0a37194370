"""The conformance kit on good adapters, and on faulty ones: each fault has one name."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from faulty import FAULTS, HALVES_FAULTS, faulty
from good_adapters import GOOD, KINDS, FourTimes, Halves, Learned, Midpoint, TwoFrames

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench.system import process_state as state
from vfibench.testing import CheckResult, Report, check_adapter, check_names
from vfibench.testing.battery import Check
from vfibench.testing.methods.subject import BATTERY

CONTENT = {"static_scene", "orientation", "channels", "interval", "alignment"}
SEVERAL = {"several_times", "samples_and_times", "time_order"}
OF_TIMES = {name: FAULTS[name] for name in FAULTS if FAULTS[name] in SEVERAL | {"predict_clip"}}
OF_HALVES = OF_TIMES | {name: check for name, (check, _) in HALVES_FAULTS.items()}


def names(report: Report, status: str) -> set[str]:
    return {result.name for result in report if result.status == status}


@pytest.mark.parametrize("adapter", [*KINDS, Halves])
def test_a_good_adapter_passes_every_check_with_none_skipped(adapter):
    report = check_adapter(adapter)
    assert names(report, "passed") == set(check_names()), str(report)
    assert all(result.cases > 0 for result in report)
    assert report.ok


def on_every_kind(places: Iterable[tuple[int, str]]) -> list[Any]:
    """Each fault on every kind of method: by default on one, in turn; the long tests take the rest."""
    return [
        pytest.param(kind, fault, marks=[] if (place + turn) % len(KINDS) == 0 else [pytest.mark.slow])
        for place, fault in places
        for turn, kind in enumerate(KINDS)
    ]


@pytest.mark.parametrize(("kind", "fault"), on_every_kind(enumerate(FAULTS)))
def test_a_fault_fails_the_check_it_belongs_to_and_no_other(kind, fault):
    report = check_adapter(faulty(kind, fault), size=(32, 64))
    assert names(report, "failed") == {FAULTS[fault]}, str(report)
    assert not report.ok
    for result in report:
        if result.status == "skipped":  # only ever as a consequence
            assert result.reason.startswith("needs "), str(report)


@pytest.mark.parametrize("fault", OF_HALVES)
def test_a_fault_in_the_times_of_halves_fails_the_check_it_belongs_to_and_no_other(fault):
    report = check_adapter(faulty(Halves, fault), size=(32, 64))
    assert names(report, "failed") == {OF_HALVES[fault]}, str(report)


def test_every_check_is_the_one_name_of_some_fault():
    assert set(FAULTS.values()) == set(check_names())


def test_checks_of_several_times_are_skipped_for_a_midpoint_method():
    report = check_adapter(Midpoint)
    assert names(report, "skipped") == SEVERAL | {"predict_clip"}
    assert report["several_times"].reason == "predicts the midpoint only"
    assert report.ok


def test_a_learned_method_without_weights_is_checked_as_initialised_and_the_report_says_so():
    report = check_adapter(Learned)
    assert names(report, "skipped") == CONTENT | {"predict_clip"}
    assert report["batch"].status == report["time_order"].status == "passed"
    assert "random initialisation" in str(report).splitlines()[0]
    assert report.ok


def saved(path: Path, added: float) -> Path:
    """Weights with which the network adds this much brightness."""
    adapter = Learned()
    adapter.load(torch.device("cpu"), None)
    adapter.net[2].weight.data.zero_()
    adapter.net[2].bias.data.fill_(added)
    torch.save(adapter.net.state_dict(), path)
    return path


def test_a_learned_method_with_weights_is_held_to_its_pictures(tmp_path):
    good = check_adapter(Learned, weights=saved(tmp_path / "good.pt", 0.0))
    assert names(good, "skipped") == {"predict_clip"}
    assert good.ok
    bad = check_adapter(Learned, weights=saved(tmp_path / "bad.pt", 0.1))
    assert names(bad, "failed") == {"static_scene"}
    assert str(tmp_path / "bad.pt") in str(bad)


@pytest.mark.parametrize(
    "fault", ["ignores_time", "mean_over_the_batch", "previous_mixed_in", "noise", "seeds_torch"]
)
def test_faults_that_need_no_weights_show_without_them(fault):
    assert names(check_adapter(faulty(Learned, fault)), "failed") == {FAULTS[fault]}


def test_an_adapter_may_be_given_as_name_target_card_class_or_instance():
    ways = ("good_adapters:TwoFrames", TwoFrames.card, TwoFrames, TwoFrames())
    assert {str(check_adapter(way)) for way in ways} == {str(check_adapter(TwoFrames))}
    assert check_adapter("blend").name == "blend"


def test_an_instance_is_checked_with_its_own_settings_and_left_alone():
    adapter = Midpoint(weight=0.9)
    assert check_adapter(adapter).ok
    assert vars(adapter) == {"weight": 0.9}
    assert names(check_adapter(Midpoint(weight=1.5)), "failed") == {"interval"}


def test_an_expected_failure_is_named_by_the_caller_with_a_reason():
    report = check_adapter(faulty(TwoFrames, "refuses_batches"), expected_failures={"batch": "one at a time"})
    assert report["batch"].status == "expected failure"
    assert report["batch"].reason.startswith("one at a time (case 1 raised ValueError")
    assert report.ok
    assert str(report).endswith("23 checks: 21 passed, 0 failed, 1 skipped, 1 expected to fail")


def test_an_expected_failure_that_passes_is_said_to():
    report = check_adapter(TwoFrames, expected_failures={"batch": "one at a time"})
    assert report["batch"].status == "passed"
    assert "expected to fail" in report["batch"].reason


def test_an_unknown_expected_failure_is_refused_with_the_nearest_name():
    with pytest.raises(VfibenchError, match=r"unknown check 'bach'; did you mean batch"):
        check_adapter(TwoFrames, expected_failures={"bach": "typo"})


def test_a_class_without_a_card_is_refused():
    class Bare:
        def load(self, device, weights): ...
        def predict(self, frames, times): ...

    with pytest.raises(VfibenchError, match=r"expected an Adapter with a card, found .*Bare"):
        check_adapter(Bare)


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(VfibenchError, match=r"unknown method 'blnd'; did you mean blend"):
        check_adapter("blnd")


def test_a_check_that_runs_no_case_is_a_failure(monkeypatch):
    empty = Check("empty", "nothing", (), lambda subject: iter(()))
    monkeypatch.setitem(BATTERY.checks, "empty", empty)
    report = check_adapter(TwoFrames)
    assert report["empty"] == CheckResult("empty", "failed", "ran no case", 0, "nothing")
    assert not report.ok


def test_the_report_counts_and_names_what_failed():
    report = check_adapter(faulty(FourTimes, "bgr"))
    assert str(report).splitlines()[-1] == "23 checks: 22 passed, 1 failed, 0 skipped"
    assert report["channels"].cases == 6
    assert report["channels"].reason.startswith("2 frames, R: moves RGB by 0.000, 0.000, 0.200 (and 3 more")
    with pytest.raises(AssertionError, match="channels"):
        report.assert_ok()
    with pytest.raises(AssertionError, match="channels"):
        report.assert_ok("channels")
    report.assert_ok("batch")


def test_a_report_of_nothing_is_not_ok():
    assert not Report("none", "none needed", ()).ok
    with pytest.raises(AssertionError):
        Report("none", "none needed", ()).assert_ok()


@pytest.mark.parametrize(
    "adapter", [TwoFrames, *(faulty(Learned, n) for n in FAULTS if FAULTS[n] == "global_state")]
)
def test_the_kit_leaves_the_process_as_it_was_even_where_the_adapter_does_not(adapter):
    before = state.take()
    check_adapter(adapter)
    assert state.changes(before) == []


def test_seeding_with_the_callers_own_number_is_found_too():
    with state.preserved():
        state.seed(0)
        for fault in ("seeds_torch", "seeds_numpy", "seeds_python"):
            assert names(check_adapter(faulty(TwoFrames, fault)), "failed") == {"global_state"}


def test_the_kit_works_inside_inference_mode():
    with torch.inference_mode():
        assert check_adapter(TwoFrames).ok
        assert names(check_adapter(faulty(TwoFrames, "gradients_off")), "failed") == {"global_state"}


def test_frames_follow_the_multiple_and_the_padding_of_the_card():
    class Coarse(TwoFrames):
        card = AdapterCard("coarse", "good_adapters:TwoFrames", padding=FourTimes.card.padding, times="any")

        def predict(self, frames, times):
            assert frames.shape[-2] % 4 == frames.shape[-1] % 4 == 0
            return super().predict(frames, times)

    assert check_adapter(Coarse, size=(33, 50)).ok


@pytest.mark.parametrize("adapter", GOOD)
def test_the_kit_takes_less_than_two_seconds_of_processor_time_on_small_adapters(adapter):
    start = time.process_time()
    check_adapter(adapter)
    assert time.process_time() - start < 2
