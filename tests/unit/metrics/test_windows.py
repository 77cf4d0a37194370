"""Blurring in bands against a dense convolution in float64."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from vfibench.metrics.definitions import SsimRule, Window
from vfibench.metrics.ssim import ssim
from vfibench.metrics.windows import banded, blur, mix_colours, radius_of, taps


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("window", ["gaussian", "uniform"])
@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 31), (40, 33), (64, 48)])
def test_blurred_bands_equal_a_dense_convolution(window: Window, height: int, width: int):
    planes = picture(height, width)
    reach = radius_of(window)
    axis = torch.tensor(taps(window), dtype=torch.float64)
    padded = functional.pad(planes.flatten(0, 1)[:, None].double(), (reach,) * 4, mode="replicate")
    dense = functional.conv2d(padded, (axis[:, None] * axis)[None, None])[:, 0]
    bands = blur(banded(planes, slice(0, height), reach).flatten(0, 1), window)
    rows = bands.transpose(2, 3).flatten(1, 2)[:, :height]
    torch.testing.assert_close(rows.double(), dense, rtol=0, atol=1e-6)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_bands_hold_the_rows_asked_for_and_repeat_the_edges(layout: torch.memory_format):
    planes = picture(40, 20).to(memory_format=layout)
    bands = banded(planes, slice(32, 40), 5)
    assert bands.shape == (2, 3, 2, 30, 16)
    rows = bands.transpose(3, 4).flatten(2, 3)  # [2, 3, 32, 30], from row 27 on
    assert torch.equal(rows[:, :, :13, 5:25], planes[:, :, 27:])
    assert torch.equal(rows[:, :, 13:, 5:25], planes[:, :, 39:].expand(-1, -1, 19, -1))
    assert torch.equal(rows[:, :, :13, :5], planes[:, :, 27:, :1].expand(-1, -1, -1, 5))
    assert torch.equal(rows[:, :, :13, 25:], planes[:, :, 27:, -1:].expand(-1, -1, -1, 5))


def test_the_gaussian_is_scikit_images_cut_at_five_pixels():
    from scipy.ndimage import gaussian_filter1d

    impulse = torch.zeros(21, dtype=torch.float64)
    impulse[10] = 1
    expected = gaussian_filter1d(impulse.numpy(), sigma=1.5, truncate=3.5)[5:16]
    assert taps("gaussian") == pytest.approx(expected.tolist(), abs=1e-15)


def test_mixing_colours_is_the_third_axis_with_replicated_edges():
    planes = torch.rand(2, 3, 1, 4, 16, generator=torch.Generator().manual_seed(0))
    axis = torch.tensor(taps("volume"), dtype=torch.float64)
    padded = torch.cat([planes[:, :1]] * 5 + [planes] + [planes[:, 2:]] * 5, 1).double()
    expected = torch.stack([torch.einsum("k,nk...->n...", axis, padded[:, c : c + 11]) for c in range(3)], 1)
    torch.testing.assert_close(mix_colours(planes).double(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("level", [0, 255])
def test_float32_holds_in_noise_at_the_ends_of_the_range(level: int):
    """Where squares are largest and variances smallest, against the same SSIM by scikit-image in float64."""
    from skimage.metrics import structural_similarity

    source = torch.Generator().manual_seed(1)
    noise = torch.randint(0, 4, (2, 1, 3, 96, 96), generator=source)
    first, second = (level - noise).abs().float()
    ours = float(ssim(first, second, [SsimRule("half-even")])[0][0])
    reference = structural_similarity(
        first[0].double().numpy(),
        second[0].double().numpy(),
        channel_axis=0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert ours == pytest.approx(reference, abs=1e-6)


def test_the_volume_window_equals_a_dense_convolution_in_three_dimensions():
    source = torch.Generator().manual_seed(2)
    x, y = torch.randint(0, 256, (2, 1, 3, 24, 30), generator=source).double()
    y = (3 * x + y) / 4
    axis = torch.tensor(taps("volume"), dtype=torch.float64)
    window = (axis[:, None, None] * axis[:, None] * axis)[None, None]

    def mean(volume: torch.Tensor) -> torch.Tensor:
        return functional.conv3d(functional.pad(volume[:, None], (5,) * 6, mode="replicate"), window)

    mean_x, mean_y = mean(x), mean(y)
    covariance = mean(x * y) - mean_x * mean_y
    variances = mean(x * x) - mean_x**2 + mean(y * y) - mean_y**2
    c1, c2 = 2.55**2, 7.65**2
    dense = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    dense = dense / ((mean_x**2 + mean_y**2 + c1) * (variances + c2))
    ours = ssim(x.float(), y.float(), [SsimRule("float", window="volume", border="replicate")])[0]
    assert float(ours[0]) == pytest.approx(float(dense.mean()), abs=1e-6)
