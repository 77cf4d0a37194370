"""Estimated motion and occlusion against the exact ones of the synthetic dataset, by Spearman's correlation.

The estimate sees the rendered frames alone; the exact figures come from the scenes.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import spearmanr

from vfibench.contracts import DatasetOptions
from vfibench.datasets.opening import open_dataset
from vfibench.registry import import_sibling
from vfibench.strata.estimate import one_thread
from vfibench.strata.measure import measure, of_pictures

import_sibling("vfibench_datasets", "datasets")
from vfibench_datasets.synthetic.card import COUNT, TIMES  # noqa: E402
from vfibench_datasets.synthetic.facts import table  # noqa: E402

LEAST = 0.8

dataset = functools.cache(lambda factor: open_dataset("synthetic", DatasetOptions(factor=factor)))


@functools.cache
def exact(index: int, time: float) -> tuple[float, float]:
    """Motion and occlusion straight from the scene, by a sort and a count."""
    truth = dataset(8).truth(index, time)
    lengths = np.sort(np.linalg.norm(truth.flow1 - truth.flow0, axis=0), axis=None)
    hidden = (truth.inputs_seeing < 2) & ~truth.mixed
    return float(lengths[int(0.9 * lengths.size)]), np.count_nonzero(hidden) / hidden.size


@functools.cache
def estimated(index: int, factor: int) -> list[tuple[float, float]]:
    """The estimates at every time of a factor."""
    sample = dataset(factor)[index]
    with one_thread():
        return [of_pictures(sample, place, time) for place, time in enumerate(sample.times)]


def correlations(frames: list[tuple[int, int, float]]) -> tuple[float, float]:
    """Spearman's, of motion and of occlusion, over (sequence, factor, time)."""
    pairs = [
        (exact(index, time), estimated(index, factor)[round(time * factor) - 1])
        for index, factor, time in frames
    ]
    truth, guess = (np.array(column) for column in zip(*pairs, strict=True))
    return tuple(float(spearmanr(truth[:, place], guess[:, place])[0]) for place in (0, 1))


def test_estimates_at_the_middle_order_the_sequences_as_the_truth_does():
    """Of every second sequence, which is quick; the long tests take all."""
    motion, occlusion = correlations([(index, 2, 0.5) for index in range(0, COUNT, 2)])
    assert motion >= LEAST
    assert occlusion >= LEAST


TOGETHER = pytest.mark.xdist_group("motion estimates at every time")  # one process has them, read once


@pytest.mark.slow
@TOGETHER
def test_estimates_at_every_time_order_the_frames_as_the_truth_does():
    motion, occlusion = correlations([(index, 8, time) for index in range(COUNT) for time in TIMES])
    assert motion >= LEAST
    assert occlusion >= LEAST


@pytest.mark.slow
@TOGETHER
@pytest.mark.parametrize("time", TIMES)
def test_estimates_at_each_time_alone_order_the_sequences_as_the_truth_does(time):
    motion, occlusion = correlations([(index, 8, time) for index in range(COUNT)])
    assert motion >= LEAST
    assert occlusion >= LEAST


def test_exact_facts_are_taken_from_the_scene():
    (frame, found) = measure(dataset(2), 5)[0]
    assert frame == (dataset(2).ids[5], 0.5)
    assert found == pytest.approx(exact(5, 0.5), rel=1e-3)


@pytest.mark.slow
def test_exact_occlusion_averages_to_the_share_stored_for_the_sequence():
    stored = table()[dataset(8).ids[12]]
    found = [occlusion for _, (_, occlusion) in measure(dataset(8), 12)]
    assert np.mean(found) == pytest.approx(stored.seen_by_1 + stored.seen_by_0, abs=2e-5)
