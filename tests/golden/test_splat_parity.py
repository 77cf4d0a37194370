"""Splatting equals the operator of sniklaus/softmax-splatting, in every mode and with every denominator."""

from __future__ import annotations

import pytest
import torch
from golden.parity import read_figures

from vfibench_adapters.blocks.splat import splat

MODES = ("sum", "avg", "linear", "soft", "soft_addeps", "soft_zeroeps", "soft_clipeps")


@pytest.fixture(scope="module")
def figures(shared):
    return read_figures("softsplat_op", shared)


def test_every_stored_mode_has_a_test(figures):
    assert {name for name in figures.arrays if name.startswith("out_")} == {f"out_{mode}" for mode in MODES}


@pytest.mark.parametrize("name", MODES)
def test_the_operator_gives_what_the_original_gave(figures, name):
    mode, _, denominator = name.partition("_")
    stored = {key: torch.from_numpy(value) for key, value in figures.arrays.items()}
    metric = {"linear": stored["linear_metric"], "soft": stored["metric"]}.get(mode)
    made = splat(stored["input"], stored["flow"], metric, mode, denominator or "addeps")
    figures.check(f"out_{name}", made)
