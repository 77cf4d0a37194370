"""The methods that learn nothing."""

from __future__ import annotations

import pytest
import torch

from vfibench_adapters.baselines.adapters import Blend, Nearest

FIRST, SECOND = torch.full((3, 4, 6), 0.2), torch.full((3, 4, 6), 0.6)
FRAMES = torch.stack((FIRST, SECOND))[None]


def test_blend_weights_the_frames_by_nearness_in_time():
    made = Blend().predict(FRAMES, [0.25, 0.5, 0.875])
    assert made.shape == (1, 3, 3, 4, 6)
    torch.testing.assert_close(made[0, :, 0, 0, 0], torch.tensor([0.3, 0.4, 0.55]))


def test_blend_at_the_midpoint_is_exactly_the_mean_of_any_two_bytes():
    first, second = (values.view(1, 3, 16, 16) / 255 for values in torch.arange(1536.0).fmod(256).chunk(2))
    made = Blend().predict(torch.stack((first, second), 1), [0.5])
    assert torch.equal(made[:, 0], (first + second) / 2)


def test_nearest_copies_the_nearer_frame_and_the_first_at_the_midpoint():
    made = Nearest().predict(FRAMES, [0.25, 0.5, 0.51, 0.75])[0]
    for picture, expected in zip(made, (FIRST, FIRST, SECOND, SECOND), strict=True):
        assert torch.equal(picture, expected)


@pytest.mark.parametrize("adapter", [Blend(), Nearest()])
def test_four_frames_are_not_taken_for_two(adapter):
    with pytest.raises(ValueError, match="too many values"):
        adapter.predict(FRAMES.expand(2, 2, 3, 4, 6).reshape(1, 4, 3, 4, 6), [0.5])
