"""Adaptive separable convolution against its definition in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vfibench_adapters.blocks import separable
from vfibench_adapters.blocks.separable import (
    COLUMNS,
    MOST_NUMBERS,
    ROWS,
    Portion,
    portion,
    separable_filter,
)


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def case(batch, channels, taps, height, width, dtype=torch.float32):
    image = noise(batch, channels, height + taps - 1, width + taps - 1, seed=1, dtype=dtype)
    vertical, horizontal = (noise(batch, taps, height, width, seed=seed, dtype=dtype) for seed in (2, 3))
    return image, vertical, horizontal


def by_loops(image, vertical, horizontal):
    """The sum in the module's docstring, pixel by pixel in float64."""
    image, vertical, horizontal = (tensor.double().numpy() for tensor in (image, vertical, horizontal))
    batch, taps, height, width = vertical.shape
    out = np.zeros((batch, image.shape[1], height, width))
    for b, y, x in np.ndindex(batch, height, width):
        patch = image[b, :, y : y + taps, x : x + taps]
        out[b, :, y, x] = np.einsum("cij,i,j->c", patch, vertical[b, :, y, x], horizontal[b, :, y, x])
    return torch.from_numpy(out)


SHAPES = [
    (1, 3, 51, 2 * ROWS, 2 * COLUMNS),
    (2, 3, 5, ROWS + 3, COLUMNS + 1),
    (2, 1, 3, 1, 1),
    (1, 4, 1, 9, 40),
    (1, 2, 4, 3, 17),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_sum_over_both_directions(shape):
    inputs = case(*shape)
    found = separable_filter(*inputs)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), by_loops(*inputs), rtol=0, atol=5e-5)


def test_the_layout_of_memory_makes_no_difference():
    inputs = case(2, 3, 7, 2 * ROWS, 2 * COLUMNS)
    expected = separable_filter(*inputs)
    inner = [tensor.contiguous(memory_format=torch.channels_last) for tensor in inputs]
    assert torch.equal(separable_filter(*inner), expected)
    window = torch.nn.functional.pad(inputs[0], (2, 1, 3, 0))[:, :, 3:, 2:-1]
    assert torch.equal(separable_filter(window, *inputs[1:]), expected)


def test_one_tap_each_moves_the_image():
    image, vertical, horizontal = case(1, 3, 5, 10, 20)
    vertical.zero_()[:, 4] = 1
    horizontal.zero_()[:, 1] = 1
    assert torch.equal(separable_filter(image, vertical, horizontal), image[:, :, 4:, 1:-3])


@pytest.mark.parametrize("channels_last", [False, True])
def test_gradients_are_those_of_finite_differences(channels_last):
    inputs = case(2, 2, 3, 3, 5, dtype=torch.float64)
    if channels_last:
        inputs = [tensor.contiguous(memory_format=torch.channels_last) for tensor in inputs]
    assert torch.autograd.gradcheck(separable_filter, [tensor.requires_grad_() for tensor in inputs])


def test_gradients_over_several_bands_and_groups_are_those_of_the_plain_sum():
    inputs = [tensor.requires_grad_() for tensor in case(1, 3, 51, ROWS + 1, 2 * COLUMNS, torch.float64)]
    windows = inputs[0].unfold(2, 51, 1).unfold(3, 51, 1)
    plain = torch.einsum("bcyxij,biyx,bjyx->bcyx", windows, *inputs[1:])
    upstream = noise(*plain.shape, seed=4, dtype=torch.float64)
    expected = torch.autograd.grad(plain, inputs, upstream)
    found = torch.autograd.grad(separable_filter(*inputs), inputs, upstream)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_a_gradient_asked_for_alone_is_the_same(wanted):
    inputs = case(1, 2, 3, ROWS, COLUMNS)
    for tensor in inputs:
        tensor.requires_grad_()
    together = torch.autograd.grad(separable_filter(*inputs).square().sum(), inputs)[wanted]
    for index, tensor in enumerate(inputs):
        tensor.requires_grad_(index == wanted)
    alone = torch.autograd.grad(separable_filter(*inputs).square().sum(), inputs[wanted])[0]
    assert torch.equal(alone, together)


def test_the_same_input_gives_the_same_bits_and_deterministic_mode_is_content():
    inputs = [tensor.requires_grad_() for tensor in case(1, 3, 9, 20, 30)]

    def everything():
        out = separable_filter(*inputs)
        return [out, *torch.autograd.grad(out.square().sum(), inputs)]

    before = everything()
    torch.use_deterministic_algorithms(True)
    try:
        after = everything()
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_sums_of_half_precision_taps_are_in_float32():
    image, vertical, horizontal = case(1, 3, 51, ROWS, COLUMNS)
    vertical, horizontal = vertical.bfloat16().requires_grad_(), horizontal.bfloat16()
    found = separable_filter(image, vertical, horizontal)
    assert found.dtype == torch.float32
    exact = by_loops(image, vertical.detach(), horizontal)
    torch.testing.assert_close(found.detach().double(), exact, rtol=0, atol=5e-5)
    assert torch.autograd.grad(found.sum(), vertical)[0].dtype == torch.bfloat16


def test_autocast_changes_nothing():
    inputs = [tensor.requires_grad_() for tensor in case(1, 3, 51, ROWS, COLUMNS)]

    def everything():
        out = separable_filter(*inputs)
        return [out, *torch.autograd.grad(out.sum(), inputs)]

    expected = everything()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = everything()
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


class LargestTensor(TorchDispatchMode):
    """Remembers how many numbers the largest tensor made under it has; views count as what they view."""

    def __init__(self, *given):
        super().__init__()
        self.given, self.numbers = {tensor.untyped_storage().data_ptr() for tensor in given}, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if isinstance(out, torch.Tensor) and out.untyped_storage().data_ptr() not in self.given:
            self.numbers = max(self.numbers, out.untyped_storage().nbytes() // out.itemsize)
        return out


def test_the_working_set_is_that_of_one_band():
    groups = 4
    image, vertical, horizontal = case(1, 3, 51, 24 * ROWS, groups * COLUMNS)
    with LargestTensor(image, vertical, horizontal) as largest:
        separable_filter(image, vertical, horizontal)
    assert largest.numbers == groups * COLUMNS * ROWS * 3 * (51 + ROWS - 1)


@pytest.mark.parametrize(
    ("image", "vertical", "horizontal"),
    [
        ((1, 3, 12, 12), (1, 5, 8, 8), (1, 3, 8, 8)),
        ((1, 3, 12, 11), (1, 5, 8, 8), (1, 5, 8, 8)),
        ((2, 3, 12, 12), (1, 5, 8, 8), (1, 5, 8, 8)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(image, vertical, horizontal):
    with pytest.raises(ValueError, match=r"expected \[B, C, H \+ n - 1, W \+ n - 1\]"):
        separable_filter(noise(*image), noise(*vertical), noise(*horizontal))


@pytest.mark.parametrize("together", [Portion(16, 4), Portion(16, 2), Portion(8, 4), Portion(24, 1)])
def test_more_rows_and_samples_together_as_on_a_gpu_give_the_same(monkeypatch, together):
    inputs = [tensor.requires_grad_() for tensor in case(4, 3, 9, 35, 2 * COLUMNS + 3)]
    expected = by_loops(*[tensor.detach() for tensor in inputs])
    upstream = noise(*expected.shape, seed=4)
    gradients = torch.autograd.grad(separable_filter(*inputs), inputs, upstream)
    monkeypatch.setattr(separable, "portion", lambda *_: together)
    out = separable_filter(*inputs)
    torch.testing.assert_close(out.detach().double(), expected, rtol=0, atol=5e-5)
    found = torch.autograd.grad(out, inputs, upstream)
    torch.testing.assert_close(found, gradients, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("batch", "width", "most", "found"),
    [
        (8, 448, 16 * 448 * (66 + 3 * 66) * 8, Portion(16, 8)),
        (8, 448, 16 * 448 * (66 + 3 * 66) * 8 - 1, Portion(16, 4)),
        (7, 448, 16 * 448 * (66 + 3 * 66) * 6, Portion(16, 1)),
        (1, 4096, 16 * 4096 * (66 + 3 * 66) - 1, Portion(8, 1)),
    ],
)
def test_a_gpu_works_at_as_much_together_as_its_memory_is_meant_for(monkeypatch, batch, width, most, found):
    monkeypatch.setattr(separable, "MOST_NUMBERS", most)
    assert portion(torch.device("cuda", 0), batch, 3, 51, width) == found
    assert portion(torch.device("cpu"), batch, 3, 51, width) == Portion(ROWS, 1)


def test_a_usual_batch_is_one_portion_a_band():
    assert portion(torch.device("cuda", 0), 8, 3, 51, 448) == Portion(16, 8)
    assert MOST_NUMBERS >= 8 * 16 * 448 * (66 + 3 * 66)
