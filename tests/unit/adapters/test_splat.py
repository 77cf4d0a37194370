"""Splatting against its definition in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from vfibench_adapters.blocks.splat import splat

MODES = ("sum", "avg", "linear", "soft")
DENOMINATORS = ("addeps", "zeroeps", "clipeps")


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def case(mode, batch=2, channels=3, height=6, width=9, dtype=torch.float32):
    """Image, flow of a few pixels, and a metric where the mode takes one."""
    image = noise(batch, channels, height, width, seed=1, dtype=dtype)
    flow = 2.5 * noise(batch, 2, height, width, seed=2, dtype=dtype)
    metric = noise(batch, 1, height, width, seed=3, dtype=dtype)
    return image, flow, {"linear": metric.abs() + 0.1, "soft": metric}.get(mode)


def by_loops(image, flow, metric, mode, denominator):
    """The formulas in the docstring, a pixel at a time in float64."""
    image, flow = image.double().numpy(), flow.double().numpy()
    batch, _, height, width = image.shape
    total, arrived = np.zeros(image.shape), np.zeros((batch, 1, height, width))
    for b, y, x in np.ndindex(batch, height, width):
        fx, fy = flow[b, :, y, x]
        if not (math.isfinite(fx) and math.isfinite(fy)):
            continue
        factor = 1.0 if metric is None else float(metric[b, 0, y, x])
        factor = math.exp(factor) if mode == "soft" else factor
        for row in range(height):
            for column in range(width):
                share = max(0.0, 1 - abs(x + fx - column)) * max(0.0, 1 - abs(y + fy - row)) * factor
                total[b, :, row, column] += share * image[b, :, y, x]
                arrived[b, :, row, column] += share
    if mode != "sum":
        fit = {"addeps": arrived + 1e-7, "zeroeps": np.where(arrived == 0, 1, arrived)}
        total = total / fit.get(denominator, np.maximum(arrived, 1e-7))
    return torch.from_numpy(total)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("denominator", DENOMINATORS)
def test_it_is_the_sum_of_what_arrives(mode, denominator):
    image, flow, metric = case(mode)
    flow[0, :, 2, 3] = float("nan")
    flow[1, 1, 4, 4] = float("inf")
    flow[0, 0, 0, 0] = -3e30
    flow[0, :, 1, :4] = torch.tensor([2.0, -1.0]).view(2, 1)
    splatted = splat(image, flow, metric, mode, denominator)
    assert splatted.dtype == torch.float32
    reference = by_loops(image, flow, metric, mode, denominator)
    torch.testing.assert_close(splatted.double(), reference, rtol=0, atol=2e-4)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (5, 1)])
def test_a_picture_may_be_a_single_line(height, width):
    image, flow, metric = case("soft", height=height, width=width)
    reference = by_loops(image, flow, metric, "soft", "addeps")
    torch.testing.assert_close(splat(image, flow, metric, "soft").double(), reference, rtol=0, atol=2e-4)


def test_a_flow_of_whole_pixels_moves_the_picture():
    image = noise(1, 4, 8, 10)
    flow = torch.tensor([3.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 8, 10)
    moved = splat(image, flow)
    assert torch.equal(moved[..., :-2, 3:], image[..., 2:, :-3])
    assert not moved[..., -2:, :].any()
    assert not moved[..., :3].any()


def test_of_two_pixels_that_meet_the_more_important_one_is_seen():
    image, flow = torch.tensor([[[[1.0, 0.0, 5.0]]]]), torch.zeros(1, 2, 1, 3)
    flow[0, 0, 0, 0] = 2
    metric = torch.tensor([[[[20.0, 0.0, -20.0]]]])
    assert splat(image, flow, metric, "soft")[0, 0, 0, 2] == pytest.approx(1.0)
    assert splat(image, flow, -metric, "soft")[0, 0, 0, 2] == pytest.approx(5.0)
    assert splat(image, flow, None, "avg")[0, 0, 0, 2] == pytest.approx(3.0)


def test_values_that_fall_outside_do_not_matter_whatever_they_are():
    image, flow, _ = case("sum")
    flow[:, 0, 3] = 1000
    flow[:, 1, 5] = float("nan")
    expected = splat(image, flow)
    image[:, :, 3], image[:, :, 5] = float("nan"), float("inf")
    assert torch.equal(splat(image, flow), expected)


def test_half_precision_still_hits_the_right_pixel_of_a_wide_frame():
    image = torch.arange(2048.0).expand(1, 1, 2, 2048).half()
    flow = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2048).half()
    with torch.autocast("cpu", dtype=torch.float16):
        moved = splat(image, flow, torch.zeros_like(image), "soft")
    assert moved.dtype == torch.float32
    torch.testing.assert_close(moved[..., 1:], image[..., :-1].float(), rtol=1e-5, atol=0)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_reach_image_flow_and_metric(mode):
    image, flow, metric = case(mode, batch=2, channels=2, height=3, width=4, dtype=torch.float64)
    flow = flow.floor() + (flow - flow.floor()).clamp(0.05, 0.95)  # weights have kinks at whole pixels
    inputs = [tensor.requires_grad_() for tensor in (image, flow, metric) if tensor is not None]
    assert torch.autograd.gradcheck(lambda i, f, m=None: splat(i, f, m, mode), inputs)


def test_a_flow_that_is_not_finite_leaves_the_gradients_finite():
    image, flow, metric = case("soft")
    flow[0, 0, 1, 1], flow[1, 1, 2, 2] = float("nan"), float("inf")
    inputs = [tensor.requires_grad_() for tensor in (image, flow, metric)]
    splat(*inputs, "soft").square().sum().backward()
    for tensor in inputs:
        assert tensor.grad.isfinite().all()
        assert not tensor.grad[0, :, 1, 1].any()


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_it_is_the_same_in_every_run(device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    image, flow, metric = (tensor.to(device) for tensor in case("soft", 2, 16, 48, 64))
    torch.use_deterministic_algorithms(True)
    try:
        first, second = (splat(image, flow, metric, "soft") for _ in range(2))
    finally:
        torch.use_deterministic_algorithms(False)
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("mode", "given"), [("sum", True), ("avg", True), ("linear", False), ("soft", False)]
)
def test_a_metric_goes_with_the_modes_that_take_one(mode, given):
    image, flow, metric = case("soft")
    with pytest.raises(ValueError, match=f"by '{mode}' takes {'no' if given else 'a'} metric"):
        splat(image, flow, metric if given else None, mode)
