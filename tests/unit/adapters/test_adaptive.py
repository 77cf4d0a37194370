"""Adaptive warping against a loop over pixels, and against plain bilinear sampling."""

from __future__ import annotations

import math

import pytest
import torch

from vfibench_adapters.blocks.adaptive import adaptive_warp
from vfibench_adapters.blocks.warp import backward_warp


def made_up(height, width, batch=1, channels=3, reach=2.0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    sizes = ((channels, 1.0), (2, reach), (16, 1.0))
    return [
        scale * torch.randn(batch, size, height, width, generator=generator, dtype=dtype)
        for size, scale in sizes
    ]


def by_loops(image, flow, kernels):
    """One sample, pixel by pixel and tap by tap."""
    _, height, width = image.shape
    out = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            fx, fy = flow[:, row, column].tolist()
            x, y = column + fx, row + fy
            leaves = not (0 <= x <= width - 1 and 0 <= y <= height - 1)
            if leaves or abs(fx) >= width / 2 or abs(fy) >= height / 2:
                out[:, row, column] = image[:, row, column]
                continue
            left, top = math.floor(x), math.floor(y)
            a, b = x - left, y - top
            for i in range(4):
                for j in range(4):
                    share = (1 - b if i < 2 else b) * (1 - a if j < 2 else a)
                    line, place = min(max(top - 1 + i, 0), height - 1), min(max(left - 1 + j, 0), width - 1)
                    out[:, row, column] += share * kernels[4 * i + j, row, column] * image[:, line, place]
    return out


@pytest.mark.parametrize(("size", "reach"), [((7, 9), 2.0), ((10, 6), 6.0), ((8, 8), 0.3), ((1, 5), 0.5)])
def test_it_is_what_a_loop_over_pixels_gives(size, reach):
    image, flow, kernels = made_up(*size, batch=2, reach=reach)
    made = adaptive_warp(image, flow, kernels)
    for sample in range(2):
        expected = by_loops(image[sample], flow[sample], kernels[sample])
        torch.testing.assert_close(made[sample], expected, rtol=1e-5, atol=2e-5)


def test_a_kernel_of_the_four_nearest_pixels_is_bilinear_sampling():
    image, flow, kernels = made_up(9, 12, reach=0.8)
    kernels = torch.zeros_like(kernels)
    kernels[:, [5, 6, 9, 10]] = 1
    x = (flow[:, :1] + torch.arange(12)).clamp(0.01, 10.99) - torch.arange(12)
    y = (flow[:, 1:] + torch.arange(9).view(-1, 1)).clamp(0.01, 7.99) - torch.arange(9).view(-1, 1)
    inner = torch.cat((x, y), dim=1)
    expected = backward_warp(image, inner)
    torch.testing.assert_close(adaptive_warp(image, inner, kernels), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("length", [6.0, -6.0, 20.0, math.nan])
def test_a_pixel_whose_flow_is_half_the_picture_or_leaves_is_copied(axis, length):
    image, flow, kernels = made_up(*((8, 12), (12, 8))[axis])
    flow = torch.zeros_like(flow)
    flow[:, axis] = length
    torch.testing.assert_close(adaptive_warp(image, flow, kernels), image, rtol=0, atol=0)


@pytest.mark.parametrize("size", [(8, 12), (12, 8), (7, 9), (9, 7), (6, 6)])
@pytest.mark.parametrize("step", [1.0, 0.5])
def test_flows_of_whole_and_half_pixels_end_on_every_border_as_in_the_loop(size, step):
    """Half the picture, its first and last line, and the pixel beyond: each of them is met exactly."""
    image, flow, kernels = made_up(*size)
    generator = torch.Generator().manual_seed(1)
    for axis, length in enumerate(reversed(size)):
        steps = torch.randint(-length - 1, length + 2, size, generator=generator)
        flow[0, axis] = steps.float() * step
        flow[0, axis][::2] = torch.tensor([length / 2, -length / 2])[torch.arange(size[1]) % 2]
    for only in (None, 0, 1):
        moved = flow.clone()
        if only is not None:
            moved[:, 1 - only] = 0
        expected = by_loops(image[0], moved[0], kernels[0])
        torch.testing.assert_close(adaptive_warp(image, moved, kernels)[0], expected, rtol=1e-5, atol=2e-5)


def test_gradients_are_those_of_finite_differences():
    image, flow, kernels = made_up(4, 5, batch=2, channels=2, reach=1.0, dtype=torch.float64)
    flow = flow + 0.05 * ((flow - flow.round()).abs() < 0.02)  # away from the borders of pixels
    inputs = [tensor.requires_grad_() for tensor in (image, flow, kernels)]
    assert torch.autograd.gradcheck(adaptive_warp, inputs)


def test_it_gives_float32_in_channels_last_memory_and_runs_deterministically():
    image, flow, kernels = (tensor.half() for tensor in made_up(6, 8, channels=5))
    torch.use_deterministic_algorithms(True)
    try:
        made = [adaptive_warp(image, flow, kernels.requires_grad_()) for _ in range(2)]
        made[0].sum().backward()
    finally:
        torch.use_deterministic_algorithms(False)
    assert torch.equal(*made)
    assert made[0].dtype == torch.float32
    assert made[0].is_contiguous(memory_format=torch.channels_last)
