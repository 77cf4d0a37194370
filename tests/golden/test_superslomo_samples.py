"""Super SloMo at another size, with other weights, against samples kept beside this file; and clips.

The samples are ours: `PYTHONPATH=tests python tests/golden/test_superslomo_samples.py` wrote them with the
networks that pass test_superslomo_parity.py. They hold the networks in place where the figures are missing.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from golden.parity import SAMPLES, drifting_clips, loaded

from vfibench.errors import VfibenchError
from vfibench_adapters.superslomo.adapter import ConvGRUAdapter, ConvLSTMAdapter, SuperSloMoAdapter
from vfibench_adapters.superslomo_adobe.adapter import SuperSloMoAdobeAdapter
from vfibench_adapters.superslomo_nvidia.adapter import SuperSloMoNvidiaAdapter

NETWORKS = {
    "superslomo": (SuperSloMoAdapter, 2),
    "superslomo_r": (ConvLSTMAdapter, 4),
    "superslomo_r_gru": (ConvGRUAdapter, 4),
    "superslomo_paliwal": (SuperSloMoAdobeAdapter, 2),
    "superslomo_nvidia": (SuperSloMoNvidiaAdapter, 2),
}
CLIPS = ("superslomo", "superslomo_r", "superslomo_r_gru")
TIMES = (0.25, 0.75)
CROP = (..., slice(44, 52), slice(28, 36))


def made(name):
    return loaded(name, NETWORKS[name][0], seed_add=1)


LARGE = ("superslomo_r", "superslomo_r_gru")  # of 4 frames: each takes seconds


def networks(names):
    """Parameters for `case`; large networks run with `-m slow`."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name in LARGE else []) for name in names]


@pytest.fixture(scope="module", params=networks(NETWORKS))
def case(request):
    """Name, adapter, frames and prediction."""
    adapter, frames = made(request.param), drifting_clips(NETWORKS[request.param][1])
    with torch.inference_mode():
        return request.param, adapter, frames, adapter.predict(frames, TIMES)


def test_the_stored_sample_is_reproduced(case):
    name, _, _, predicted = case
    with np.load(SAMPLES / f"{name}.npz") as stored:
        reference = stored["predicted"]
    assert predicted.shape == (2, 2, 3, 96, 64)
    assert predicted.isfinite().all()
    assert np.abs(predicted[CROP].numpy() - reference).max() < 1e-4 * max(1, np.abs(reference).max())


def test_a_batch_of_two_equals_two_single_samples(case):
    _, adapter, frames, predicted = case
    with torch.inference_mode():
        single = torch.cat([adapter.predict(clip[None], TIMES) for clip in frames])
    torch.testing.assert_close(predicted, single, rtol=0, atol=2e-5)


def test_several_times_together_equal_each_time_alone_and_frames_stay_as_they_were(case):
    _, adapter, frames, predicted = case
    before = frames.clone()
    with torch.inference_mode():
        alone = torch.cat([adapter.predict(frames, [time]) for time in TIMES], dim=1)
    assert torch.equal(predicted, alone)
    assert torch.equal(frames, before)


@pytest.mark.parametrize("case", networks(CLIPS), indirect=True)
def test_a_clip_is_encoded_once_and_gives_what_each_window_gives(case, monkeypatch):
    name, adapter, _, _ = case
    clip, count = drifting_clips(7, 64, 64)[0], NETWORKS[name][1]
    with torch.inference_mode():
        windows = torch.cat([adapter.predict(clip[None, k : k + count], TIMES) for k in range(8 - count)])
        calls, encode = Counter(), adapter.network.stage1_model.encode
        monkeypatch.setattr(
            adapter.network.stage1_model, "encode", lambda pair: calls.update(["encode"]) or encode(pair)
        )
        found = adapter.predict_clip(clip, TIMES)
    torch.testing.assert_close(found, windows, rtol=0, atol=1e-5)
    assert calls["encode"] == 6


def test_another_number_of_frames_is_refused(case):
    _, adapter, frames, _ = case
    odd = frames[:, [0, 1, 1]]
    with pytest.raises(VfibenchError, match=r"expected .* frames, found 3"):
        adapter.predict(odd, [0.5])


def write_samples() -> None:
    """Write the sample files."""
    for name, (_, count) in NETWORKS.items():
        with torch.inference_mode():
            predicted = made(name).predict(drifting_clips(count), TIMES)
        np.savez_compressed(SAMPLES / f"{name}.npz", predicted=predicted[CROP].numpy())


if __name__ == "__main__":
    write_samples()
