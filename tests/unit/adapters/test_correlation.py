"""The cost volume against its definition in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vfibench_adapters.blocks.correlation import COLUMNS, cost_volume


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def by_loops(first, second, radius):
    """The mean in the docstring, displacement by displacement and pixel by pixel, in float64."""
    first, second = first.double().numpy(), second.double().numpy()
    batch, _, height, width = first.shape
    volume = np.zeros((batch, (2 * radius + 1) ** 2, height, width))
    reach = range(-radius, radius + 1)
    for channel, (dy, dx) in enumerate((dy, dx) for dy in reach for dx in reach):
        for y, x in np.ndindex(height, width):
            if 0 <= y + dy < height and 0 <= x + dx < width:
                volume[:, channel, y, x] = (first[:, :, y, x] * second[:, :, y + dy, x + dx]).mean(1)
    return torch.from_numpy(volume)


SHAPES = [(1, 5, 1, 1), (2, 3, 2, COLUMNS), (2, 7, 6, 2 * COLUMNS + 5), (1, 4, 11, 3), (3, 1, 1, COLUMNS + 1)]


@pytest.mark.parametrize("radius", [0, 1, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_mean_product_at_every_displacement(shape, radius):
    first, second = noise(*shape, seed=1), noise(*shape, seed=2)
    volume = cost_volume(first, second, radius)
    assert volume.dtype == torch.float32
    torch.testing.assert_close(volume.double(), by_loops(first, second, radius), rtol=0, atol=2e-6)


def test_a_picture_moved_by_two_right_and_one_up_matches_in_that_channel():
    second = noise(1, 64, 12, 40)
    first = second.roll((1, -2), dims=(2, 3))  # first(x, y) = second(x + 2, y - 1)
    best = cost_volume(first, second)[:, :, 4:-4, 4:-4].argmax(1)
    assert (best == 9 * (4 - 1) + (4 + 2)).all()


def test_the_layout_of_memory_and_the_batch_make_no_difference():
    first, second = noise(2, 8, 9, 37, seed=1), noise(2, 8, 9, 37, seed=2)
    expected = cost_volume(first, second)
    inner = [tensor.contiguous(memory_format=torch.channels_last) for tensor in (first, second)]
    torch.testing.assert_close(cost_volume(*inner), expected, rtol=0, atol=1e-6)
    alone = torch.cat([cost_volume(first[k : k + 1], second[k : k + 1]) for k in range(2)])
    torch.testing.assert_close(alone, expected, rtol=0, atol=1e-6)
    assert torch.equal(cost_volume(first, second), expected)


@pytest.mark.parametrize(("shape", "radius"), [((1, 1, 2, COLUMNS + 1), 1), ((2, 3, 2, 3), 2)])
def test_gradients_reach_both_maps(shape, radius):
    maps = [noise(*shape, seed=seed, dtype=torch.float64).requires_grad_() for seed in (1, 2)]
    assert torch.autograd.gradcheck(lambda first, second: cost_volume(first, second, radius), maps)


def test_half_precision_maps_are_summed_in_single_precision_also_under_autocast():
    first, second = noise(1, 512, 4, 20, seed=1).half(), noise(1, 512, 4, 20, seed=2).half()
    expected = by_loops(first, second, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        volume = cost_volume(first, second)
    assert volume.dtype == torch.float32
    torch.testing.assert_close(volume.double(), expected, rtol=0, atol=1e-6)
