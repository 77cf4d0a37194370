"""The synthetic dataset's exact motion and occlusion, proven on its frames, over the whole set.

Inputs are warped with SciPy's cubic B-spline interpolation in float64 (`map_coordinates`, order 3, mirrored
edges), the result clamped and not rounded, and compared with the target over all three channels.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pytest
from scipy.ndimage import map_coordinates, spline_filter

from vfibench.registry import import_sibling

import_sibling("vfibench_datasets", "datasets")
from vfibench_datasets.synthetic import facts  # noqa: E402
from vfibench_datasets.synthetic.card import COUNT, TIMES  # noqa: E402
from vfibench_datasets.synthetic.render import frame  # noqa: E402
from vfibench_datasets.synthetic.scenes import ids, scene  # noqa: E402
from vfibench_datasets.synthetic.truth import truth  # noqa: E402


class Measured(NamedTuple):
    psnr0: float  # where both inputs see the pixel
    psnr1: float
    unseen_error: float  # squared, summed over pixels that input 0 does not see, though inside its frame
    unseen_count: int


def warped(spline: list[np.ndarray], flow: np.ndarray, where: np.ndarray) -> np.ndarray:
    y, x = np.nonzero(where)
    place = [y + flow[1][where], x + flow[0][where]]
    channels = [map_coordinates(c, place, order=3, prefilter=False, mode="mirror") for c in spline]
    return np.clip(channels, 0, 255)


def squared_error(
    spline: list[np.ndarray], flow: np.ndarray, where: np.ndarray, target: np.ndarray
) -> np.ndarray:
    return (warped(spline, flow, where) - target[:, where]) ** 2


def psnr(squared: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / squared.mean()))


def spline_of(index: int, time: float) -> list[np.ndarray]:
    return [spline_filter(channel.astype(float), 3, mode="mirror") for channel in frame(scene(index), time)]


@functools.cache
def measured(index: int) -> tuple[Measured, ...]:
    inputs = [spline_of(index, time) for time in (0.0, 1.0)]
    return tuple(measure(index, time, inputs) for time in TIMES)


def measure(index: int, time: float, inputs: list[list[np.ndarray]]) -> Measured:
    exact, target = truth(scene(index), time), frame(scene(index), time).astype(float)
    both = exact.seen0 & exact.seen1
    psnrs = [
        psnr(squared_error(s, f, both, target))
        for s, f in zip(inputs, (exact.flow0, exact.flow1), strict=True)
    ]
    y, x = np.indices(both.shape)
    there = [x + exact.flow0[0], y + exact.flow0[1]]
    inside = (there[0] >= 0) & (there[0] <= 447) & (there[1] >= 0) & (there[1] <= 255)
    hidden = squared_error(inputs[0], exact.flow0, inside & ~exact.seen0 & ~exact.mixed, target)
    return Measured(*psnrs, float(hidden.sum()), hidden.size)


SOME = range(0, COUNT, 3)
"""The sequences that the default run looks at; the long tests look at all."""

every_sequence = pytest.mark.parametrize(
    "index",
    [
        pytest.param(index, marks=[] if index in SOME else [pytest.mark.slow], id=name)
        for index, name in enumerate(ids())
    ],
)


@every_sequence
def test_warping_an_input_by_the_exact_flow_gives_the_target_where_both_see_it(index):
    found = measured(index)
    assert len(found) == 7
    assert min(min(one.psnr0, one.psnr1) for one in found) >= 40


def test_warping_gives_something_else_where_the_input_does_not_see_the_pixel():
    rows = [row for index in SOME for row in measured(index)]
    mean = sum(row.unseen_error for row in rows) / sum(row.unseen_count for row in rows)
    assert 10 * np.log10(255**2 / mean) < 20


@every_sequence
def test_stored_facts_are_what_is_measured(index):
    assert facts.measure(index) == facts.table()[ids()[index]]


def test_each_occlusion_class_covers_a_hundredth_of_the_set_without_counting_mixed_pixels():
    rows = list(facts.table().values())
    for name in ("seen_by_2", "seen_by_1", "seen_by_0"):
        assert sum(getattr(row, name) for row in rows) / len(rows) >= 0.01


def test_the_90th_percentile_of_motion_spans_2_to_60_pixels():
    motions = [row.motion_p90 for row in facts.table().values()]
    assert min(motions) <= 2
    assert max(motions) >= 60
