"""Bicubic resizing against MATLAB's own figures, Pillow, PyTorch, and weights worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from vfibench.frames.files import read_image
from vfibench.frames.resize import cubic, enlarged, reduced, reduced_pictures, resized, taps

# imresize of MATLAB as tabulated in the tests of Octave's image package (which allow for the one level that
# MATLAB's integer arithmetic is off).
PICTURE = [
    [116, 227, 153, 69, 146, 194, 59, 130, 139, 106],
    [2, 47, 137, 249, 90, 75, 16, 24, 158, 44],
    [155, 68, 46, 84, 166, 156, 69, 204, 32, 152],
    [71, 221, 137, 230, 210, 153, 192, 115, 30, 118],
    [107, 143, 108, 52, 51, 73, 101, 21, 175, 90],
    [54, 158, 143, 77, 26, 168, 113, 229, 165, 225],
    [9, 47, 133, 135, 130, 207, 236, 43, 19, 73],
    [129, 60, 59, 243, 64, 181, 249, 56, 32, 86],
]
MATLAB = {
    2: [
        [105, 140, 126, 81, 109],
        [110, 134, 153, 114, 93],
        [108, 108, 94, 127, 146],
        [67, 126, 162, 149, 62],
    ],
    3: [[115, 135, 97, 101], [113, 119, 124, 125], [81, 157, 118, 64]],
}
# The weights of factor 4: Keys' polynomials at 1/8, 3/8 ... 15/8, divided by 4.
BY_HAND = np.array([987, 745, 399, 93, -49, -75, -45, -7]) / 4096


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("factor", [2, 3])
def test_reduction_equals_matlab_to_its_own_rounding_even_at_the_edges(factor: int) -> None:
    found = reduced(torch.tensor(PICTURE), factor)
    assert (found - torch.tensor(MATLAB[factor])).abs().max() <= 1
    exact = resized(torch.tensor(PICTURE).double(), Fraction(1, factor))
    assert (exact - torch.tensor(MATLAB[factor])).abs().max() < 1


def test_enlargement_equals_matlab_in_double() -> None:
    found = resized(torch.tensor([[10.0, 6.0]], dtype=torch.float64), Fraction(3, 2))
    expected = torch.tensor([[10.27777777777777, 8, 5.72222222222222]] * 2, dtype=torch.float64)
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)


def test_keys_kernel_has_its_known_values() -> None:
    found = cubic(np.array([0, 0.5, -0.5, 1, 1.5, 2, 3]))
    assert found.tolist() == [1, 0.5625, 0.5625, 0, -0.0625, 0, 0]


def test_a_quarter_weighs_sixteen_pixels_as_worked_out_by_hand() -> None:
    index, weights = taps(64, Fraction(1, 4))
    assert weights.shape == (16, 16)
    assert index[8].tolist() == list(range(26, 42))  # centre 33.5
    assert np.array_equal(weights[8], [*BY_HAND[::-1], *BY_HAND])


def test_an_impulse_is_spread_by_the_hand_worked_weights() -> None:
    pixels = torch.zeros(64, 64, dtype=torch.float64)
    pixels[33, 33] = 1
    found = resized(pixels, Fraction(1, 4))
    # The centres nearest to 33 are 25.5, 29.5, 33.5 and 37.5, at 7.5, 3.5, 0.5 and 4.5 pixels from it.
    line = torch.from_numpy(BY_HAND[[7, 3, 0, 4]])
    assert torch.equal(found[6:10, 6:10], torch.outer(line, line))
    assert found.count_nonzero() == 16


def test_edges_are_mirrored_with_the_edge_pixel_twice() -> None:
    index, _ = taps(16, Fraction(1, 4))
    assert index[0].tolist() == [5, 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert index[-1].tolist() == [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, 14, 13, 12, 11, 10]


def test_pictures_smaller_than_the_kernel_are_mirrored_again_and_again() -> None:
    index, _ = taps(3, Fraction(1, 4))
    assert index[0].tolist() == [0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2]  # from -6 to 9
    found = resized(torch.full((3, 3), 7.0), Fraction(1, 4))
    assert found.tolist() == [[7.0]]


@pytest.mark.parametrize(("length", "factor", "expected"), [(448, 4, 112), (9, 4, 3), (10, 4, 3), (7, 2, 4)])
def test_a_remainder_makes_one_more_pixel(length: int, factor: int, expected: int) -> None:
    assert reduced(torch.zeros(1, length), factor).shape == (1, expected)


@pytest.mark.parametrize("scale", [Fraction(1, 4), Fraction(1, 3), Fraction(2), Fraction(4), Fraction(3, 2)])
def test_weights_sum_to_one_so_that_flat_pictures_stay_flat(scale: Fraction) -> None:
    _, weights = taps(45, scale)
    assert np.allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-15)


@pytest.mark.parametrize("scale", [Fraction(1, 4), Fraction(1, 2), Fraction(4)])
def test_a_ramp_stays_a_ramp_inside(scale: Fraction) -> None:
    ramp = torch.arange(96, dtype=torch.float64).expand(40, -1)
    found = resized(ramp, scale)
    centres = (torch.arange(found.shape[1]) + 0.5) / float(scale) - 0.5
    inner = (centres > 8) & (centres < 87)
    assert torch.allclose(found[:, inner], centres[inner].double(), rtol=0, atol=1e-11)


def test_pillow_agrees_inside_where_edges_do_not_reach() -> None:
    """Pillow's BICUBIC also stretches Keys' kernel, but leaves out what lies beyond the edge."""
    levels = noise(96, 120).astype(np.float32)
    theirs = np.asarray(Image.fromarray(levels).resize((30, 24), Image.Resampling.BICUBIC))
    ours = resized(torch.from_numpy(levels).double(), Fraction(1, 4)).numpy()
    assert np.abs(ours - theirs)[2:-2, 2:-2].max() < 1e-4
    assert np.abs(ours - theirs).max() > 0.1  # the edges do differ


def test_torch_agrees_inside_where_edges_do_not_reach() -> None:
    levels = torch.from_numpy(noise(2, 3, 64, 96)).double()
    theirs = functional.interpolate(levels, scale_factor=0.25, mode="bicubic", antialias=True)
    ours = resized(levels, Fraction(1, 4))
    assert (ours - theirs)[..., 2:-2, 2:-2].abs().max() < 1e-9


def test_enlarging_agrees_with_pillow_inside() -> None:
    levels = noise(24, 30).astype(np.float32)
    theirs = np.asarray(Image.fromarray(levels).resize((120, 96), Image.Resampling.BICUBIC))
    ours = enlarged(torch.from_numpy(levels), 4).numpy()
    assert np.abs(ours - theirs)[8:-8, 8:-8].max() < 1e-3


def test_every_sum_at_a_quarter_is_exact_so_that_order_and_device_do_not_matter() -> None:
    levels = torch.from_numpy(noise(3, 64, 80)).double()
    rows_first = resized(levels, Fraction(1, 4))
    columns_first = resized(levels, Fraction(1, 4), (-1, -2))
    assert torch.equal(rows_first, columns_first)
    scaled = rows_first * 2**24
    assert torch.equal(scaled, scaled.round())


def test_halves_are_rounded_up_and_overshoot_is_saturated() -> None:
    # Four equal rows and columns of 0 and 1 in turn: every output is their mean, exactly 1/2.
    chequers = (torch.arange(64) % 2).expand(64, -1)
    assert reduced(chequers, 4)[8, 8] == 1
    edge = torch.zeros(64, 64)
    edge[:, 33:] = 255
    raw = resized(edge.double(), Fraction(1, 4))
    assert raw.min() < 0
    assert raw.max() > 255
    assert (reduced(edge, 4).min(), reduced(edge, 4).max()) == (0, 255)


def test_pictures_keep_interleaved_memory_and_equal_the_tensor_path() -> None:
    pictures = noise(2, 64, 96, 3).transpose(0, 3, 1, 2)
    found = reduced_pictures(pictures, 4)
    assert found.shape == (2, 3, 16, 24)
    assert found.dtype == np.uint8
    assert found.transpose(0, 2, 3, 1).flags.c_contiguous
    assert np.array_equal(found, reduced(torch.from_numpy(pictures), 4).numpy())


def test_a_real_frame_is_reduced_to_within_a_level_of_pillow_inside(shared: Callable[..., Path]) -> None:
    path = shared("data", "vimeo_septuplet", "sequences", "00001", "0001", "im1.png")
    ours = reduced_pictures(read_image(path)[None], 4)[0].transpose(1, 2, 0)
    with Image.open(path) as image:
        theirs = np.asarray(image.resize((112, 64), Image.Resampling.BICUBIC))
    gap = np.abs(ours.astype(int) - theirs)[2:-2, 2:-2]
    assert gap.max() <= 1  # Pillow rounds between the two directions
    assert (gap > 0).mean() < 0.25
