"""Convolution by spectra against torch's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from vfibench_adapters.blocks.spectral import SpectralConv2d, algorithm


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def made_conv(inputs, outputs, kernel, points, bias=True):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SpectralConv2d(inputs, outputs, kernel, points=points, bias=bias).requires_grad_(False)


def plain(conv, image):
    """The same in float64 by torch."""
    bias = None if conv.bias is None else conv.bias.double()
    return F.conv2d(image.double(), conv.weight.double(), bias, padding=conv.padding)


@pytest.mark.parametrize(("points", "taps"), [(16, 7), (20, 11), (12, 3), (9, 3), (8, 8), (6, 5)])
def test_the_three_matrices_are_a_valid_correlation(points, taps):
    data, kernel, synthesis = algorithm(points, taps)
    pixels, weights = noise(points).double(), noise(taps, seed=1).double()
    expected = pixels.unfold(0, taps, 1) @ weights
    made = synthesis @ ((kernel @ weights) * (data @ pixels))
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "points", "size"),
    [
        (7, 16, (30, 41)),
        (7, 16, (16, 16)),
        (11, 20, (20, 75)),
        (3, 12, (23, 50)),  # 5 whole tiles in a line
        (3, 12, (60, 400)),  # one line of tiles in a strip, and a last strip that overlaps
        (5, 9, (64, 9)),
    ],
)
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_a_convolution_at_any_size(kernel, points, size, bias):
    conv, image = made_conv(5, 4, kernel, points, bias), noise(2, 5, *size)
    assert conv._by_spectra([image])
    made, expected = conv(image), plain(conv, image)
    assert made.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(made.double(), expected, rtol=0, atol=5e-6)


def test_parts_are_convolved_as_if_concatenated():
    conv, parts = (
        made_conv(6, 4, 7, 16),
        [noise(1, channels, 24, 40, seed=channels) for channels in (1, 3, 2)],
    )
    parts[1] = parts[1].to(memory_format=torch.channels_last)
    torch.testing.assert_close(conv(*parts), conv(torch.cat(parts, dim=1)), rtol=0, atol=0)
    small = [part[..., :10, :10] for part in parts]
    expected = plain(conv, torch.cat(small, dim=1)).float()
    torch.testing.assert_close(conv(*small), expected, rtol=0, atol=5e-6)


def test_its_rounding_error_is_that_of_a_plain_sum():
    conv, image = made_conv(64, 16, 7, 20), noise(1, 64, 40, 40)
    exact = plain(conv, image)
    direct = F.conv2d(image, conv.weight, conv.bias, padding=3)
    assert (conv(image) - exact).abs().max() < 4 * (direct - exact).abs().max()


@pytest.mark.parametrize(
    "case", ["small", "learning", "autocast", "float64"], ids=lambda case: f"torch's where {case}"
)
def test_elsewhere_it_is_torch_s(case):
    conv, image = made_conv(5, 4, 7, 16), noise(1, 5, 24, 24)
    assert conv._by_spectra([image])
    if case == "float64":
        conv, image = conv.double(), image.double()
    if case == "small":
        image = image[..., :15]
    image.requires_grad_(case == "learning")
    with torch.autocast("cpu", torch.bfloat16, case == "autocast"):
        assert not conv._by_spectra([image])
        assert torch.equal(conv(image), F.conv2d(image, conv.weight, conv.bias, padding=3))


def test_names_are_those_of_a_plain_convolution():
    assert list(made_conv(2, 3, 7, 16).state_dict()) == ["weight", "bias"]
    assert list(made_conv(2, 3, 7, 16, bias=False).state_dict()) == ["weight"]
