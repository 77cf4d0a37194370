"""Deformable convolution and the residual block against plain definitions and torchvision."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torchvision.ops import deform_conv2d

from vfibench_adapters.blocks import deformable
from vfibench_adapters.blocks.deformable import DeformConv, deform_conv
from vfibench_adapters.blocks.residual import ResidualBlock


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def arguments(batch=2, channels=6, outputs=5, groups=3, height=7, width=9, kernel=3, dtype=torch.float32):
    """Features, offsets of some pixels, mask, weight and bias."""
    taps = kernel * kernel
    shapes = (
        (batch, channels, height, width),
        (batch, 2 * groups * taps, height, width),
        (batch, groups * taps, height, width),
        (outputs, channels, kernel, kernel),
        (outputs,),
    )
    made = [noise(*shape, seed=seed, dtype=dtype) for seed, shape in enumerate(shapes)]
    made[1] *= 2.5
    made[2] = made[2].sigmoid()
    return made


def torchvisions(features, offsets, mask, weight, bias):
    return deform_conv2d(features, offsets, weight, bias, padding=weight.shape[-1] // 2, mask=mask)


def value(plane, y, x):
    """Bilinear, zero outside."""
    top, left = math.floor(y), math.floor(x)
    total = 0.0
    for row, column in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
            total += (1 - abs(y - row)) * (1 - abs(x - column)) * float(plane[row, column])
    return total


def plain_loop(features, offsets, mask, weight, bias):
    """The definition, value by value, for one sample."""
    channels, height, width = features.shape
    outputs, _, kernel, _ = weight.shape
    taps = kernel * kernel
    per_group = channels // (len(mask) // taps)
    result = bias.view(-1, 1, 1).repeat(1, height, width).double()
    for c, k, y, x in itertools.product(range(channels), range(taps), range(height), range(width)):
        i, j = divmod(k, kernel)
        place = c // per_group * taps + k
        row = y + i - kernel // 2 + float(offsets[2 * place, y, x])
        column = x + j - kernel // 2 + float(offsets[2 * place + 1, y, x])
        read = float(mask[place, y, x]) * value(features[c], row, column)
        for o in range(outputs):
            result[o, y, x] += float(weight[o, c, i, j]) * read
    return result


def test_it_is_the_definition_value_by_value():
    given = arguments(batch=1, channels=4, outputs=2, groups=2, height=4, width=5, dtype=torch.float64)
    expected = plain_loop(*(tensor[0] for tensor in given[:3]), *given[3:])
    torch.testing.assert_close(deform_conv(*given)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"batch": 1, "groups": 1, "height": 12, "width": 5},
        {"kernel": 1},
        {"kernel": 5, "groups": 2},
        {"height": 1, "width": 1},
        {"height": 1, "width": 8},
    ],
)
def test_it_equals_torchvisions(shape):
    given = arguments(**shape)
    torch.testing.assert_close(deform_conv(*given), torchvisions(*given), rtol=0, atol=3e-5)
    exact = [tensor.double() for tensor in given]
    torch.testing.assert_close(deform_conv(*exact), torchvisions(*exact), rtol=0, atol=1e-12)


def test_without_offsets_and_under_a_full_mask_it_is_an_ordinary_convolution():
    features, offsets, mask, weight, bias = arguments()
    found = deform_conv(features, torch.zeros_like(offsets), torch.ones_like(mask), weight, bias)
    torch.testing.assert_close(found, F.conv2d(features, weight, bias, padding=1), rtol=0, atol=3e-5)


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 6, 7])  # of a band, of 7; the last band has what is left
def test_the_height_of_the_bands_makes_no_difference(rows, monkeypatch):
    given = arguments()
    whole = deform_conv(*given)
    monkeypatch.setattr(deformable, "SAMPLES_AT_ONCE", max(1, 2 * 6 * 9 * 9 * rows))
    torch.testing.assert_close(deform_conv(*given), whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_it_keeps_the_memory_layout_and_leaves_its_arguments_alone(layout):
    given = [x.contiguous(memory_format=layout) if x.dim() == 4 else x for x in arguments()]
    before = [tensor.clone() for tensor in given]
    found = deform_conv(*given)
    assert found.is_contiguous(memory_format=layout)
    torch.testing.assert_close(found, torchvisions(*arguments()), rtol=0, atol=3e-5)
    assert all(torch.equal(one, other) for one, other in zip(given, before, strict=True))


def test_gradients_of_all_five_arguments(monkeypatch):
    monkeypatch.setattr(deformable, "SAMPLES_AT_ONCE", 1)  # bands too
    given = arguments(1, 2, 2, 2, 2, 3, dtype=torch.float64)
    fraction = given[1] - given[1].floor()
    given[1] = given[1].floor() + 0.2 + 0.6 * fraction  # bilinear reading has kinks at whole pixels
    assert torch.autograd.gradcheck(deform_conv, [tensor.requires_grad_() for tensor in given])


def test_gradients_equal_torchvisions():
    ours, theirs = ([tensor.requires_grad_() for tensor in arguments(dtype=torch.float64)] for _ in range(2))
    weights = noise(2, 5, 7, 9, seed=9, dtype=torch.float64)
    (deform_conv(*ours) * weights).sum().backward()
    (torchvisions(*theirs) * weights).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=0, atol=1e-10)


def test_it_is_deterministic_where_that_is_asked_for():
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        gradients = []
        for _ in range(2):
            given = [tensor.requires_grad_() for tensor in arguments()]
            deform_conv(*given).square().sum().backward()
            gradients.append([tensor.grad for tensor in given])
    finally:
        torch.use_deterministic_algorithms(before)
    assert all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


def test_bfloat16_still_reads_the_right_pixel_of_a_wide_frame():
    features = torch.arange(2048).remainder(7).expand(1, 1, 2, 2048).bfloat16()
    offsets = torch.zeros(1, 2, 2, 2048)
    offsets[:, 1] = 1  # one pixel to the right
    one = torch.ones(1, 1, 1, 1)
    with torch.autocast("cpu", torch.bfloat16):
        found = deform_conv(
            features, offsets.bfloat16(), torch.ones(1, 1, 2, 2048).bfloat16(), one, one[0, 0, 0]
        )
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found[..., :-1], features[..., 1:] + 1, rtol=0, atol=0.02)


def module(channels=6, groups=3):
    """With parameters of noise, as it starts with offsets of zero."""
    layer = DeformConv(channels, groups)
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = noise(*parameter.shape, seed=seed) / math.sqrt(max(1, parameter[0].numel()))
    return layer


def test_the_modules_names_are_the_released_ones():
    assert list(module().state_dict()) == [
        "weight",
        "bias",
        "conv_offset_mask.weight",
        "conv_offset_mask.bias",
    ]


def test_the_module_takes_two_thirds_of_the_channels_for_offsets_and_the_rest_for_masks():
    layer, features, motion = module(), noise(2, 6, 7, 9), noise(2, 6, 7, 9, seed=1)
    made = F.conv2d(motion, layer.conv_offset_mask.weight, layer.conv_offset_mask.bias, padding=1)
    expected = torchvisions(features, made[:, :54], made[:, 54:].sigmoid(), layer.weight, layer.bias)
    torch.testing.assert_close(layer(features, motion), expected, rtol=0, atol=3e-5)


def test_the_module_under_autocast_is_near_the_one_without():
    layer, features, motion = module(), noise(2, 6, 7, 9), noise(2, 6, 7, 9, seed=1)
    full = layer(features, motion)
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(features.bfloat16(), motion)
    assert found.dtype == torch.bfloat16
    assert 0 < (found.float() - full).abs().max() < 0.05 * full.abs().max()


def test_the_module_starts_as_a_plain_convolution_at_half_strength():
    layer, features = DeformConv(6, 3), noise(1, 6, 7, 9)
    expected = F.conv2d(features, layer.weight, padding=1) / 2
    torch.testing.assert_close(layer(features, noise(1, 6, 7, 9, seed=1)), expected, rtol=0, atol=1e-5)


def test_a_residual_block_adds_two_convolutions_to_its_input_and_leaves_that_alone():
    block, x = ResidualBlock(4), noise(2, 4, 5, 6)
    before = x.clone()
    inner = F.conv2d(x, block.conv1.weight, block.conv1.bias, padding=1).clamp(min=0)
    expected = x + F.conv2d(inner, block.conv2.weight, block.conv2.bias, padding=1)
    torch.testing.assert_close(block(x), expected)
    assert torch.equal(x, before)
    block(x.requires_grad_()).sum().backward()
    assert x.grad.isfinite().all()


def test_where_taps_rest_is_worked_out_once_and_training_can_use_what_an_evaluation_made():
    deformable._at_rest.cache_clear()
    features, offsets, mask, weight, bias = arguments()
    with torch.inference_mode():
        first = deform_conv(features, offsets, mask, weight, bias)
        again = deform_conv(features, offsets, mask, weight, bias)
    assert torch.equal(first, again)
    assert deformable._at_rest.cache_info()[:2] == (1, 1)  # hits, misses
    deform_conv(features, offsets.requires_grad_(), mask, weight, bias).sum().backward()
    assert offsets.grad.abs().sum() > 0
