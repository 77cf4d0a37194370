"""How near two sets of frames are, sample by sample, against scikit-image's PSNR."""

from __future__ import annotations

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from vfibench.metrics.psnr import agreement


def test_each_sample_has_the_psnr_of_all_its_values() -> None:
    generator = torch.Generator().manual_seed(0)
    found, expected = (torch.rand(3, 2, 3, 9, 7, generator=generator) for _ in range(2))
    found[1] = expected[1] + 0.01
    by_hand = [
        peak_signal_noise_ratio(y.double().numpy(), x.double().numpy(), data_range=1.0)
        for x, y in zip(found, expected, strict=True)
    ]
    made = agreement(found, expected, limit=120.0)
    assert made.dtype == torch.float64
    assert made.tolist() == pytest.approx(by_hand, abs=1e-9)
    assert made[1] == pytest.approx(40, abs=1e-3)


def test_equal_frames_have_the_limit_and_none_has_more() -> None:
    frames = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    near = frames.clone()
    near[1, 0, 0, 0] += 1e-5
    assert agreement(frames, frames, limit=120.0).tolist() == [120, 120]
    assert agreement(frames, near, limit=100.0).tolist() == [100, 100]
    assert agreement(frames, near, limit=120.0)[1] == pytest.approx(116.8, abs=0.1)
    assert agreement(frames, frames + 1, limit=120.0).tolist() == pytest.approx([0, 0], abs=1e-6)
