"""The project's own baseline can be read, and what gates it is a policy that lets rounding pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vfibench.comparison.paired import Paired
from vfibench.gate.files import baseline_text, read_baseline
from vfibench.gate.judging import judge_pair
from vfibench.gate.policy import read_policy

BASELINES = Path(__file__).resolve().parents[3] / "baselines"


@pytest.fixture(scope="module")
def cells():
    return read_baseline(BASELINES / "synthetic.csv")


def test_the_committed_file_is_as_the_command_writes_it(cells):
    assert baseline_text(cells) == (BASELINES / "synthetic.csv").read_text()


def test_it_holds_the_default_run(cells):
    from vfibench.running.plan import DEFAULT_DATASETS, DEFAULT_METHODS

    assert {(one.cell.method, one.cell.dataset) for one in cells} == {
        (method, dataset) for method in DEFAULT_METHODS for dataset in DEFAULT_DATASETS
    }
    assert all(one.cell.settings.selection == "official" for one in cells)


@pytest.mark.parametrize(("step", "verdict"), [(0.001, "PASS"), (0.02, "REGRESSION")])
def test_a_thousandth_of_a_decibel_passes_and_a_fiftieth_does_not(cells, step, verdict):
    policy = read_policy(BASELINES / "gate.toml")
    assert not policy.idle([(one.cell, list(one.values)) for one in cells])
    for one in cells:
        first, units = one.values["psnr"], np.arange(len(one.frames))
        pair = Paired("psnr", "higher", one.frames, first, first - step, units, False, 0)
        assert judge_pair(pair, policy.limits(one.cell, "psnr")).verdict == verdict
        assert judge_pair(replace(pair, second=first), policy.limits(one.cell, "psnr")).verdict == "PASS"
