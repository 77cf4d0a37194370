"""Crops and reduced copies, against NumPy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vfibench_datasets.views import area_resize, centre_crop


@pytest.fixture
def noise():
    """[3, H, W] as decoding gives it: a channel-first view of interleaved memory."""
    return lambda height, width: (
        np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8).transpose(2, 0, 1)
    )


def test_half_the_size_by_area_is_the_mean_of_four_pixels_with_ties_up(noise):
    picture = noise(36, 64)
    sums = picture.astype(int).reshape(3, 18, 2, 32, 2).sum((2, 4))
    assert np.array_equal(area_resize(32, 18)(picture), (sums + 2) // 4)


def test_resizing_by_area_is_open_cvs(noise):
    picture = noise(30, 50)
    expected = cv2.resize(
        np.ascontiguousarray(picture.transpose(1, 2, 0)), (20, 12), interpolation=cv2.INTER_AREA
    )
    found = area_resize(20, 12)(picture)
    assert found.dtype == np.uint8
    assert np.array_equal(found.transpose(1, 2, 0), expected)


def test_the_crop_of_xiph_4k_is_the_papers_slice(noise):
    """A quarter of the official sizes: [540:-540, 1024:-1024] of 2160x4096 becomes [135:-135, 256:-256]."""
    picture = noise(540, 1024)
    assert np.array_equal(centre_crop(512, 270)(picture), picture[:, 135:-135, 256:-256])


def test_of_an_odd_remainder_the_larger_part_goes_at_the_end(noise):
    picture = noise(9, 12)
    assert np.array_equal(centre_crop(5, 4)(picture), picture[:, 2:6, 3:8])


def test_rounding_reduced_targets_adds_a_tenth_to_the_mean_squared_error(noise):
    """What the cards of xtest-2k and xiph-2k say of targets that are left unrounded."""
    picture = noise(400, 400)
    exact = picture.astype(np.float64).reshape(3, 200, 2, 200, 2).mean((2, 4))
    rounded = area_resize(200, 200)(picture).astype(np.float64)
    assert ((rounded - exact) ** 2).mean() == pytest.approx(0.094, abs=0.002)
    for decibel, loss in [(32, 0.01), (37, 0.03), (40, 0.06)]:
        error = 255**2 / 10 ** (decibel / 10)
        assert 10 * np.log10(1 + 0.094 / error) == pytest.approx(loss, abs=0.004)
