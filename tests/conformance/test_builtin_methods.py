"""Every method in the catalogue keeps the contract; learned ones as initialised, for want of weights."""

from __future__ import annotations

import pytest

from vfibench.registry import METHODS
from vfibench.testing import check_adapter, check_names

BUILTIN = [name for name in METHODS.names() if METHODS.origin(name) == "built-in"]
QUICK = [name for name in BUILTIN if not METHODS.card(name).learned]
LEARNED = [name for name in BUILTIN if METHODS.card(name).learned]
SMALL = (32, 48)  # raised to multiples of the card's; the checks of content, which want more, are skipped


def test_the_catalogue_holds_methods_of_both_sorts():
    assert {"blend", "nearest"} <= set(QUICK)
    assert {"superslomo", "convlstm"} <= set(LEARNED)


@pytest.mark.parametrize("name", QUICK)
def test_a_method_that_learns_nothing_conforms(name):
    report = check_adapter(name)
    report.assert_ok()
    skipped = {result.name for result in report if result.status == "skipped"}
    assert skipped <= {"predict_clip", "several_times", "samples_and_times", "time_order"}
    assert len(report.results) == len(check_names())


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_method_conforms_as_initialised(name):
    check_adapter(name, size=SMALL).assert_ok()
