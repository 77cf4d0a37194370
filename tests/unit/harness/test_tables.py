"""Numbers in the terminal: digits, and what a mean leaves out."""

from __future__ import annotations

import pytest

from vfibench.cli.tables import number, rate
from vfibench.statistics import Summary


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (None, ""),
        (Summary(34.47421, 100), "34.474"),
        (Summary(34.47421, 97, exact=3), "34.474 +3 exact"),
        (Summary(34.47421, 95, exact=3, undefined=2), "34.474 +3 exact (2 undefined)"),
        (Summary(None, 0, exact=8), "exact x8"),
        (Summary(None, 0, undefined=8), "- (8 undefined)"),
        (Summary(None, 0), "-"),
    ],
)
def test_a_mean_tells_the_frames_it_leaves_out(summary: Summary | None, text: str) -> None:
    assert number(summary, "psnr") == text


@pytest.mark.parametrize(("speed", "text"), [(0.5124, "0.512"), (24.06, "24.1"), (10480.3, "10,480")])
def test_speeds_have_three_digits(speed: float, text: str) -> None:
    assert rate(speed) == text
