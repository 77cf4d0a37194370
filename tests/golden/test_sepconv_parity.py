"""SepConv equals the original network under the same made-up weights.

The figures in ../shared/parity were read off sniklaus/sepconv-slomo, commit 3d94cda, whose CUDA layer a
plain stand-in replaced. The sample beside this file is ours, at another size and with other weights;
`PYTHONPATH=tests:tests/support python tests/golden/test_sepconv_parity.py` wrote it with the network that
passes the rest.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from golden.parity import SAMPLES, drifting_clips, loaded, read_figures

from vfibench.frames.padding import crop, pad
from vfibench_adapters.sepconv.adapter import SepConvAdapter
from vfibench_adapters.sepconv.network import SepConv

SAMPLE = SAMPLES / "sepconv.npz"
CROP = (..., slice(44, 52), slice(28, 36))
CARD = SepConvAdapter.card
PADDINGS = {"improved": CARD.padding, "paper": CARD.variants["paper"].padding}
MIDDLE = ["ver1_rows16_48_80", "hor2_rows16_48_80", "deconv2_up_ch0_16"]
ARRAYS = [*(f"out_bgr_{name}" for name in PADDINGS), *MIDDLE]


@pytest.fixture(scope="module")
def figures(shared):
    return read_figures("sepconv", shared)


@pytest.fixture(scope="module")
def adapter():
    return loaded("sepconv", SepConvAdapter)


def output(adapter, figures, name):
    """The cropped prediction, [3, H, W] in BGR."""
    frames = torch.from_numpy(figures.arrays["frames_u8"]).permute(0, 3, 1, 2)[None].float() / 255
    with torch.inference_mode():
        predicted = adapter.predict(pad(frames, PADDINGS[name]), (0.5,))
    return crop(predicted, *frames.shape[-2:], PADDINGS[name])[0, 0].flip(0)


def middle(adapter, figures):
    """The stored intermediates of the padding "improved"."""
    seen, network = {}, adapter.network
    hooks = [
        network.netUpsample2.register_forward_hook(lambda _, __, out: seen.update(up=out.clone())),
        network.netConv2.register_forward_hook(lambda _, __, out: seen.update(skip=out.clone())),
    ]
    try:
        output(adapter, figures, "improved")
    finally:
        for hook in hooks:
            hook.remove()
    rows = torch.tensor([16, 48, 80])
    with torch.inference_mode():
        features = seen["up"] + seen["skip"]
        taps = [
            head.band(head.coarse(features), 0, 128)[:, :, rows]
            for head in (network.netVertical1, network.netHorizontal2)
        ]
    return dict(zip(MIDDLE, [*taps, seen["up"][:, :16]], strict=True))


@pytest.fixture(scope="module")
def ours(adapter, figures):
    outputs = {f"out_bgr_{name}": output(adapter, figures, name) for name in PADDINGS}
    return outputs | middle(adapter, figures)


def test_every_stored_array_has_a_test(figures):
    assert set(figures.arrays) - {"frames_u8"} == set(ARRAYS)


@pytest.mark.parametrize("array", ARRAYS)
def test_the_network_gives_what_the_original_gave(figures, ours, array):
    figures.check(array, ours[array])


def test_the_made_up_weights_are_the_originals_to_the_bit(figures):
    figures.check_weights()


def test_names_and_shapes_are_those_of_the_released_file_in_its_order(shared):
    record = json.loads(shared("parity", "sepconv.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        state = SepConv().state_dict()
    assert [[key.replace("net", "module", 1), list(value.shape)] for key, value in state.items()] == record


@pytest.mark.parametrize(
    "tensor", ["netConv1.0.bias", "netDeconv5.2.weight", "netUpsample2.1.bias", "netHorizontal2.7.weight"]
)
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(adapter, figures, tensor):
    weight, reference = adapter.network.state_dict()[tensor], figures.arrays["out_bgr_improved"]
    before = weight.clone()
    try:
        weight.mul_(1.1)
        found = output(adapter, figures, "improved").numpy()
    finally:
        weight.copy_(before)
    assert np.abs(found - reference).max() > 5 * figures.tolerance("out_bgr_improved")


def test_the_two_paddings_give_different_frames(figures):
    arrays = figures.arrays
    difference = np.abs(arrays["out_bgr_improved"] - arrays["out_bgr_paper"]).max()
    assert difference > 10 * figures.tolerance("out_bgr_paper")


@pytest.fixture(scope="module")
def other():
    return loaded("sepconv", SepConvAdapter, seed_add=1)


@pytest.fixture(scope="module")
def predicted(other):
    with torch.inference_mode():
        return other.predict(drifting_clips(2), (0.5,))


def test_the_stored_sample_is_reproduced(predicted):
    with np.load(SAMPLE) as stored:
        reference = stored["crop"]
    assert np.abs(predicted[CROP].numpy() - reference).max() < 1e-4 * max(1, np.abs(reference).max())


def test_a_batch_of_two_equals_two_single_samples(other, predicted):
    with torch.inference_mode():
        single = torch.cat([other.predict(clip[None], (0.5,)) for clip in drifting_clips(2)])
    torch.testing.assert_close(predicted, single, rtol=0, atol=2e-5)


def test_predicting_leaves_the_frames_alone(other):
    frames = drifting_clips(2)
    before = frames.clone()
    with torch.inference_mode():
        other.predict(frames, (0.5,))
    assert torch.equal(frames, before)


def test_half_precision_convolutions_stay_near(other, predicted):
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        found = other.predict(drifting_clips(2), (0.5,))
    assert found.dtype == torch.float32
    assert (found - predicted).abs().mean() < 0.02 * predicted.abs().mean()


if __name__ == "__main__":
    with torch.inference_mode():
        made = loaded("sepconv", SepConvAdapter, seed_add=1).predict(drifting_clips(2), (0.5,))
    np.savez_compressed(SAMPLE, crop=made[CROP].numpy())
