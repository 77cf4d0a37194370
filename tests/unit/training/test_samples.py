"""The training order: the same for any number of processes, and augmentation that motion follows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from warping import residuals

from vfibench.registry import SOURCES, load_target
from vfibench.trainable import Clip, SourceOptions, Wanted
from vfibench.training.recipes import Data
from vfibench.training.samples import Place, Samples, augmented, batches

ALL = Data(flip=True, rotate=True, reverse=True)


class Counting:
    """A source whose pictures tell index and time: level 8 * index + 4 * time."""

    facts = "made up"

    def __init__(self, size: int | None) -> None:
        self.size = size

    def sample(self, index: int, rng: np.random.Generator, wanted: Wanted) -> Clip:
        def at(times):
            return np.stack([np.full((3, 32, 32), 8 * (index % 30) + 4 * time, np.uint8) for time in times])

        return Clip(at((0, 1)), at((0.25,)), (0.25,), rng.random((1, 4, 32, 32), dtype=np.float32))


def indices(samples: Samples, positions: range) -> list[int]:
    return [int(samples[p][0].min()) // 8 for p in positions]


@pytest.mark.parametrize("world", [1, 2, 3, 6])
def test_processes_share_every_batch_among_them(world):
    shares = [list(Place(rank, world).positions(2, 5, 6)) for rank in range(world)]
    assert sorted(itertools.chain(*shares)) == list(range(12, 30))
    for step in range(3):
        size = 6 // world
        batch = [place for share in shares for place in share[step * size : (step + 1) * size]]
        assert batch == list(range(12 + 6 * step, 18 + 6 * step))


def test_every_epoch_is_an_order_of_its_own():
    samples = Samples(Counting(10), Data(crop=32), seed=1)
    epochs = [indices(samples, range(10 * e, 10 * e + 10)) for e in range(4)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    other = Samples(Counting(10), Data(crop=32), seed=2)
    assert indices(other, range(10)) != epochs[0]


def test_a_source_without_end_is_taken_in_its_own_order():
    assert indices(Samples(Counting(None), Data(crop=32), seed=1), range(5)) == [0, 1, 2, 3, 4]


def test_what_is_drawn_changes_with_position_and_seed_alone():
    """The made-up source's motion is what it draws; its times tell whether it was played backwards."""
    one, again, other = (Samples(Counting(2), Data(crop=32, reverse=True), seed) for seed in (1, 1, 2))
    drawn = {float(samples[p][3].sum()) for samples in (one, other) for p in range(40)}
    assert len(drawn) == 80
    backwards = [[float(samples[p][2]) > 0.5 for p in range(40)] for samples in (one, again, other)]
    assert backwards[0] == backwards[1] != backwards[2]
    assert 10 < sum(backwards[0]) < 30


@pytest.mark.parametrize("size", [None, 7])
def test_two_processes_see_what_one_sees(size):
    samples = Samples(Counting(size), ALL, seed=1)
    whole = list(batches(samples, Place(), 1, 4, 4, 0))
    halves = [list(batches(samples, Place(rank, 2), 1, 4, 4, 0)) for rank in range(2)]
    for one, first, second in zip(whole, *halves, strict=True):
        assert all(torch.cat((a, b)).equal(both) for both, a, b in zip(one, first, second, strict=True))


def test_going_on_at_a_step_gives_the_batches_from_there():
    samples = Samples(Counting(7), ALL, seed=1)
    through, later = list(batches(samples, Place(), 0, 5, 3, 0)), list(batches(samples, Place(), 3, 5, 3, 0))
    for one, other in zip(through[3:], later, strict=True):
        assert all(a.equal(b) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def moving():
    """Clips of the synthetic stream that move, with clean frames for inputs."""
    source = load_target(SOURCES.card("synthetic").target)(SourceOptions(seed=5))
    found = []
    for index in range(12):
        clip = source.sample(index, np.random.default_rng(0), Wanted(4, "all", "midpoint", 64))
        clip = clip._replace(frames=clip.targets[::2])
        if residuals(clip.frames, clip.flows)[0].mean() > 5:
            found.append(clip)
    assert len(found) >= 3
    return found[:3]


@pytest.mark.parametrize(
    "data",
    [Data(flip=True), Data(rotate=True), Data(reverse=True), ALL],
    ids=["flip", "rotate", "reverse", "all"],
)
def test_motion_follows_the_frames_through_augmentation(moving, data):
    different = set()
    for clip in moving:
        before = residuals(clip.frames, clip.flows)[1]
        for seed in range(10):
            made = augmented(clip, data, np.random.default_rng(seed))
            after = residuals(made.frames, made.flows)[1]
            assert after.size == pytest.approx(before.size, rel=0.01)  # a pixel at the rim may fall out
            assert after.mean() == pytest.approx(before.mean(), abs=0.02)
            assert np.array_equal(made.targets[::2], made.frames)
            different.add(np.ascontiguousarray(made.frames).tobytes())
    assert len(different) >= 2 * len(moving)


def test_each_augmentation_happens_as_often_as_it_says():
    picture = np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 2).repeat(3, 1)
    clip = Clip(np.concatenate([picture, picture + 100]), picture, (0.25,), None)
    seen = {}
    for seed in range(640):
        made = augmented(clip, ALL, np.random.default_rng(seed))
        key = (tuple(made.frames[0, 0].ravel() % 100), made.times)
        seen[key] = seen.get(key, 0) + 1
        assert (made.times == (0.75,)) == (made.frames[0, 0, 0, 0] >= 100)
    assert len(seen) == 16  # eight ways to lay a square down, played both ways
    assert min(seen.values()) > 18
    plain = augmented(clip, Data(), np.random.default_rng(0))
    assert np.array_equal(plain.frames, clip.frames)
    assert plain.times == (0.25,)


def test_reversed_times_go_with_their_targets(moving):
    clip = moving[0]._replace(targets=moving[0].targets[[1, 4]], times=(-0.5, 1.0))
    made = next(
        made
        for seed in range(20)
        if (made := augmented(clip, Data(reverse=True), np.random.default_rng(seed))).times != clip.times
    )
    assert made.times == (0.0, 1.5)
    assert np.array_equal(made.targets, clip.targets[::-1])


def test_smaller_inputs_have_no_motion_and_keep_their_targets():
    source = load_target(SOURCES.card("synthetic").target)(SourceOptions(seed=5))
    data = Data(inputs=4, targets="all", crop=64, scale=4)
    frames, targets, times, flows = Samples(source, data, 5)[0]
    assert frames.shape == (4, 3, 16, 16)
    assert targets.shape == (7, 3, 64, 64)
    assert times.tolist() == [-1, -0.5, 0, 0.5, 1, 1.5, 2]
    assert flows is None
    means = targets[::2].float().unfold(2, 4, 4).unfold(3, 4, 4).mean((-1, -2))
    assert (means - frames.float()).abs().mean() < 6
