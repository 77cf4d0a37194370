"""Speed is judged as a ratio of two arms that took turns in one job, and as nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.gate.judging import judge, with_speed
from vfibench.gate.outcomes import Verdict
from vfibench.gate.policy import SpeedLimit
from vfibench.gate.speed import judge_speed, read_speed
from vfibench.speed.record import Arm, Interleaved
from vfibench.speed.turns import in_turns
from vfibench.statistics.bootstrap import ratio_of

OLD = np.random.default_rng(1).uniform(0.09, 0.11, 30)


def verdict(new, old=OLD, slower=1.10, interleaved=True):
    found = Interleaved(1, interleaved, Arm("new", tuple(new)), Arm("old", tuple(old)))
    return judge_speed(found, SpeedLimit(slower=slower)).judgements[0]


def test_a_slower_arm_is_a_regression_beyond_the_limit_alone():
    assert verdict(1.2 * OLD).verdict is Verdict.REGRESSION
    assert verdict(1.05 * OLD).verdict is Verdict.PASS
    assert verdict(1.2 * OLD, slower=1.3).verdict is Verdict.PASS
    assert "1.200 times as long (1.200 to 1.200), allowed 1.1" in verdict(1.2 * OLD).reason


def test_a_faster_arm_passes_since_no_stored_number_would_have_to_follow():
    assert verdict(0.2 * OLD).verdict is Verdict.PASS


def test_a_ratio_that_chance_explains_is_no_regression():
    new = OLD * np.where(np.arange(30) % 2, 0.5, 2.0)  # the median ratio is between
    assert verdict(np.append(new[:-1], OLD[-1] * 1.3)).verdict is Verdict.PASS


def test_what_slows_the_whole_machine_slows_nobody():
    load = np.linspace(1.0, 3.0, 30)
    assert verdict(OLD * load, OLD * load).verdict is Verdict.PASS
    assert ratio_of(1.5 * OLD * load, OLD * load)[0] == pytest.approx(1.5)


def test_too_few_rounds_or_arms_apart_are_not_comparable():
    assert verdict(OLD[:9], OLD[:9]).verdict is Verdict.NOT_COMPARABLE
    assert verdict(OLD, OLD[:-1]).verdict is Verdict.NOT_COMPARABLE
    assert verdict(OLD, interleaved=False).verdict is Verdict.NOT_COMPARABLE


def test_a_slow_arm_turns_the_whole_check_red():
    found = Interleaved(1, True, Arm("new", tuple(2 * OLD)), Arm("old", tuple(OLD)))
    assert with_speed(judge([], []), judge_speed(found, SpeedLimit())).exit_status == 1
    assert with_speed(judge([], []), judge_speed(found, SpeedLimit(slower=3.0))).exit_status == 3


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize(
    ("new", "old"), [(1e300, 1e-300), (np.nan, 0.1), (np.inf, 0.1), (0.1, np.nan), (np.inf, np.inf)]
)
def test_times_without_a_finite_ratio_are_not_comparable(new, old):
    found = verdict([new] * 12, [old] * 12)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert "expected a finite ratio of times" in found.reason


def test_a_finite_ratio_with_an_infinite_bound_is_not_comparable():
    found = verdict([1e300] * 5 + [1.0] * 6, [1e-300] * 5 + [1.0] * 6)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert "found 1 (1 to " in found.reason


@dataclass
class Recorder:
    """Stands for `Prepared`: notes who is called, when."""

    name: str
    calls: list[str] = field(default_factory=list)

    def warm_up(self, least):
        self.calls += [self.name] * least
        return least

    def seconds(self, runs):
        self.calls += [self.name] * runs
        return [0.1] * runs


def test_the_arms_take_turns_and_change_who_goes_first():
    calls: list[str] = []
    spent = in_turns([Recorder("N", calls), Recorder("O", calls)], rounds=4, warmup=2)
    assert "".join(calls) == "NNOO" + "NOONNOON"
    assert spent == [[0.1] * 4, [0.1] * 4]


def test_what_the_command_prints_is_what_the_gate_reads(tmp_path, capsys):
    words = "speed -m blend --against nearest --size 16x16 --runs 10 --warmup 1 --device cpu"
    _run([*words.split(), "--json"])
    (tmp_path / "s.json").write_text(capsys.readouterr().out)
    report = read_speed(tmp_path / "s.json", SpeedLimit(slower=1e6))
    assert report.name == "speed of blend against nearest"
    assert report.judgements[0].verdict is Verdict.PASS
    assert report.judgements[0].frames == 10
    content = json.loads((tmp_path / "s.json").read_text())
    assert (content["width"], content["precision"], content["device"]) == (16, "fp32", "cpu")
    _run(words.split())
    assert "times as long, 95% interval" in capsys.readouterr().out


def _run(words):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"method": "blend", "ms_median": 1.0}', "expected timings of two arms that took turns"),
        ("[1", "expected timings of two arms that took turns"),
        (
            '{"schema_version": 2, "interleaved": true, "new": {"method": "a", "seconds": []}, '
            '"old": {"method": "b", "seconds": []}}',
            "expected schema_version 1",
        ),
        (
            '{"schema_version": 1, "interleaved": true, "new": {"method": "a", "seconds": [0.0]}, '
            '"old": {"method": "b", "seconds": [1.0]}}',
            "expected timings of two arms",
        ),
    ],
)
def test_another_file_is_refused(tmp_path, text, message):
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(VfibenchError, match=message):
        read_speed(tmp_path / "s.json", SpeedLimit())
    with pytest.raises(VfibenchError, match="found No such file"):
        read_speed(tmp_path / "no.json", SpeedLimit())
