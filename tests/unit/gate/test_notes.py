"""What is green without having been judged is named beside the verdicts."""

from __future__ import annotations

import math

import pytest
from gated import kept, results
from report.made_runs import MadeCell

from vfibench.gate.judging import judge, with_speed
from vfibench.gate.outcomes import CellReport, Judgement, Verdict
from vfibench.gate.policy import Override, Policy, SpeedLimit, Tolerance

FAST = CellReport("speed of new against old", (Judgement("ms", Verdict.PASS),), ())
NEVER = Tolerance(mean=math.inf, sample=math.inf)
NO_SPEED = "the policy's [speed] was not applied: give timings with --speed"


@pytest.fixture
def run(tmp_path):
    return results(tmp_path, MadeCell(), MadeCell(method="nearest"))


def test_a_plain_check_has_no_note(run):
    assert judge(run, kept(*run)).notes == ()


def test_a_rule_for_a_misspelt_column_is_named(run):
    policy = Policy(tolerance=(("pnsr", Tolerance(mean=1.0)),))
    assert judge(run, kept(*run), policy).notes == ("the policy's [tolerance.pnsr] applies to nothing here",)


def test_a_rule_for_a_column_that_is_not_judged_is_named(run):
    policy = Policy(metrics=("psnr",), tolerance=(("ssim", Tolerance(mean=1.0)),))
    assert judge(run, kept(*run), policy).notes == ("the policy's [tolerance.ssim] applies to nothing here",)


def test_a_rule_for_one_definition_is_named_only_where_its_column_is_not_judged(tmp_path):
    columns = ("psnr", "psnr@rife")
    run = results(tmp_path, MadeCell(columns=columns))
    rules = (("psnr@rife", Tolerance(mean=1.0)),)
    assert judge(run, kept(*run), Policy(tolerance=rules)).notes == ()
    assert judge(run, kept(*run), Policy(tolerance=rules, metrics=("psnr@rife",))).notes == ()
    told = ("the policy's [tolerance.psnr@rife] applies to nothing here",)
    assert judge(run, kept(*run), Policy(tolerance=rules, metrics=("psnr",))).notes == told


def test_a_limit_of_speed_without_timings_is_named_until_they_are_given(run):
    report = judge(run, kept(*run), Policy(speed=SpeedLimit(slower=1.01)))
    assert report.notes == (NO_SPEED,)
    assert with_speed(report, FAST).notes == ()


@pytest.mark.parametrize(
    ("policy", "note"),
    [
        (Policy(tolerance=(("psnr", NEVER), ("ie", NEVER))), "can never fail: psnr, ie"),
        (
            Policy(override=(Override(method="blend", metric="psnr", mean=math.inf, sample=math.inf),)),
            "can never fail: psnr of blend/ucf101",
        ),
        (Policy(speed=SpeedLimit(slower=math.inf)), "can never fail: speed"),
    ],
)
def test_what_cannot_fail_is_named(run, policy, note):
    assert note in with_speed(judge(run, kept(*run), policy), FAST).notes


def test_a_single_infinite_tolerance_leaves_the_other_rule(run):
    for limits in (Tolerance(mean=math.inf), Tolerance(sample=math.inf)):
        assert judge(run, kept(*run), Policy(tolerance=(("psnr", limits),))).notes == ()


def test_columns_that_the_baseline_does_not_know_are_named(tmp_path, run):
    less = results(
        tmp_path / "less", MadeCell(columns=("psnr", "ssim", "ssim3d")), MadeCell(method="nearest")
    )
    note = "columns not in the baseline, so not judged: "
    assert judge(run, kept(*less)).notes == (f"{note}ie of blend/ucf101",)
    (few,) = results(tmp_path / "few", MadeCell(columns=("psnr",)))
    assert judge(run[:1], kept(few)).notes == (f"{note}ssim, ssim3d, ie",)
    assert judge(run[:1], kept(few), Policy(metrics=("psnr",))).notes == ()
