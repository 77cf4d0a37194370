"""Super SloMo and SuperSloMo-R at another size, with other weights, against samples kept beside this file.

The samples are ours: `PYTHONPATH=tests python tests/golden/test_parity_samples.py` wrote them with the
networks that pass test_parity.py. They hold the networks in place where the reference figures are missing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from golden.made_weights import made_network
from safetensors.torch import save_file

from vfibench.errors import VfibenchError
from vfibench_adapters.superslomo.adapter import ConvLSTMAdapter, SuperSloMoAdapter

SAMPLES = Path(__file__).with_suffix(".npz")
ADAPTERS = {"superslomo": SuperSloMoAdapter, "superslomo_r": ConvLSTMAdapter}
TIMES = (0.25, 0.75)
CROP = (..., slice(44, 52), slice(28, 36))


def clips(count: int) -> torch.Tensor:
    """Two clips of `count` frames of drifting noise, [2, count, 3, 96, 64] in [0, 1]."""
    noise = torch.from_numpy(np.random.default_rng(7).random((2, 3, 32, 24), dtype=np.float32))
    smooth = F.interpolate(noise, size=(128, 96), mode="bilinear", align_corners=False)
    frames = [smooth[:, :, 12 + k : 108 + k, 16 - 2 * k : 80 - 2 * k] for k in range(-1, 3)]
    return torch.stack(frames if count == 4 else frames[1:3], dim=1)


def loaded(name: str, seed_add: int = 1) -> SuperSloMoAdapter:
    """The adapter, from a flat safetensors file."""
    adapter = ADAPTERS[name]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "made-up.safetensors")
        save_file(made_network(name, seed_add).state_dict(), file)
        adapter.load(torch.device("cpu"), file)
    return adapter


def most(adapter: SuperSloMoAdapter) -> torch.Tensor:
    """The clips with as many frames as the adapter takes."""
    return clips(max(adapter.card.inputs))


@pytest.fixture(scope="module", params=list(ADAPTERS))
def named(request):
    return request.param, loaded(request.param)


@pytest.fixture(scope="module")
def adapter(named):
    return named[1]


@pytest.fixture(scope="module")
def predicted(adapter):
    with torch.inference_mode():
        return adapter.predict(most(adapter), TIMES)


@pytest.fixture(scope="module")
def convlstm():
    return loaded("superslomo_r")


def test_the_stored_sample_is_reproduced(named, predicted):
    with np.load(SAMPLES) as stored:
        reference = stored[named[0]]
    assert np.abs(predicted[CROP].numpy() - reference).max() < 1e-4 * max(1, np.abs(reference).max())


def test_it_gives_a_finite_frame_a_sample_and_time(adapter, predicted):
    assert predicted.shape == (2, 2, 3, 96, 64)
    assert predicted.isfinite().all()


def test_a_batch_of_two_equals_two_single_samples(adapter, predicted):
    with torch.inference_mode():
        single = torch.cat([adapter.predict(clip[None], TIMES) for clip in most(adapter)])
    torch.testing.assert_close(predicted, single, rtol=0, atol=2e-5)


def test_several_times_together_equal_each_time_alone(adapter, predicted):
    with torch.inference_mode():
        alone = torch.cat([adapter.predict(most(adapter), [time]) for time in TIMES], dim=1)
    assert torch.equal(predicted, alone)


def test_predicting_leaves_the_frames_alone(adapter):
    frames = most(adapter)
    before = frames.clone()
    with torch.inference_mode():
        adapter.predict(frames, TIMES)
    assert torch.equal(frames, before)


def test_other_weights_give_another_frame(named, predicted):
    with torch.inference_mode():
        other = loaded(named[0], seed_add=0).predict(most(named[1]), TIMES)
    assert (predicted - other).abs().max() > 0.1


def test_all_four_frames_reach_the_output_of_convlstm(convlstm):
    frames = clips(4)
    with torch.inference_mode():
        whole = convlstm.predict(frames, [0.5])
        for index in range(4):
            changed = frames.clone()
            changed[:, index] = 1 - changed[:, index]
            assert (convlstm.predict(changed, [0.5]) - whole).abs().max() > 1e-3, f"frame {index}"


def test_two_frames_are_one_window_of_convlstm_and_not_replicated_ones(convlstm):
    two = clips(2)
    with torch.inference_mode():
        normalised = (two - convlstm.mean) / convlstm.std
        assert len(convlstm.network.motion(normalised).flows) == 1
        one_window = convlstm.predict(two, [0.5])
        replicated = convlstm.predict(two[:, [0, 0, 1, 1]], [0.5])
    assert (one_window - replicated).abs().max() > 1e-3


@pytest.mark.parametrize(("name", "count"), [("superslomo", 4), ("superslomo_r", 3)])
def test_another_number_of_frames_is_refused(name, count):
    adapter = ADAPTERS[name]()
    adapter.load(torch.device("cpu"), None)
    with pytest.raises(VfibenchError, match=rf"expected .* frames, found {count}"):
        adapter.predict(clips(4)[:, :count], [0.5])


def write_samples() -> None:
    """Write the sample file."""
    with torch.inference_mode():
        made = {name: loaded(name) for name in ADAPTERS}
        crops = {name: adapter.predict(most(adapter), TIMES)[CROP].numpy() for name, adapter in made.items()}
    np.savez_compressed(SAMPLES, **crops)


if __name__ == "__main__":
    write_samples()
