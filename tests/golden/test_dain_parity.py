"""DAIN equals the original network under the same made-up weights.

The figures in ../shared/parity were read off baowenbo/DAIN, commit 7c727ac, with plain stand-ins for its
three CUDA layers, whose own figures (op_*) stand beside. Adaptive warping jumps where a flow leads to a
whole pixel: there float32 decides which way, so the pictures are compared with the stored flows put in.
The sample beside this file is ours, with other weights; `PYTHONPATH=tests:tests/support python
tests/golden/test_dain_parity.py` wrote it with the network that passes the rest.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from golden.parity import SAMPLES, drifting_clips, loaded, read_figures

from vfibench.contracts import Padding
from vfibench.frames import crop, pad
from vfibench_adapters.blocks.adaptive import adaptive_warp
from vfibench_adapters.blocks.projection import project_flow
from vfibench_adapters.dain.adapter import DAINAdapter
from vfibench_adapters.dain.network import DAIN

SAMPLE = SAMPLES / "dain.npz"
CROP = (..., slice(60, 68), slice(60, 68))
PADDED = Padding(128, place="centred")  # of the stored frames, whose sides are no multiples of 128
LEVELS = (6, 5, 4, 3)
OPERATORS = [
    "op_projection_filled",
    "op_projection_no_fill",
    "op_projection_count",
    "op_filter_interpolation",
]
GIVEN = {"frames_u8", "op_flow", "op_inverse_depth", "op_image", "op_filter"}
PWC = [
    *(f"pwc_predict_flow{level}_0to1_padded" for level in LEVELS),
    "pwc_raw_0to1_quarter_res_padded",
    "pwc_raw_1to0_quarter_res_padded",
]
PARTS = [*PWC, "log_depth_frame0", "filter0_ch0_4", "projected_flow_t_to_0", "projected_flow_t_to_1"]
PICTURES = ["out_before_rectify_t0.5", "out_t0.5"]
SLOW = ["slowmotion_out_t0.25", "slowmotion_out_t0.75"]


@pytest.fixture(scope="module")
def figures(shared):
    return read_figures("dain", shared)


@pytest.fixture(scope="module")
def network():
    return loaded("dain", DAINAdapter).network


@pytest.fixture(scope="module")
def ours(figures, network):
    """Our value of every array of the whole network."""
    frames = pad(_frames(figures), PADDED)
    with torch.inference_mode():
        known, levels = network.analyse(*frames[:, None]), network.flownets.levels(*frames[:, None])
        flows = network.flows(known, 0.5)
        parts = [*(levels[level][:1] for level in LEVELS), *known.flows]
        size = figures.arrays["frames_u8"].shape[1:3]
        inner = [known.depths[0], known.kernels[0][:, :4], *flows]
        parts += [crop(part, *size, PADDED) for part in inner]
        half = network.synthesise(known, _with_stored(figures, flows), 0.5)
        slow = [network.synthesise(known, network.flows(known, t), t).rectified for t in (0.25, 0.75)]
        pictures = [crop(picture, *size, PADDED) for picture in (half.blended, half.rectified, *slow)]
    return dict(zip([*PARTS, *PICTURES, *SLOW], [*parts, *pictures], strict=True))


def _frames(figures):
    return torch.from_numpy(figures.arrays["frames_u8"]).permute(0, 3, 1, 2).float() / 255


def _with_stored(figures, flows):
    """Our flows, the stored ones in the place of the picture."""
    put = [flow.clone() for flow in flows]
    for flow, end in zip(put, (0, 1), strict=True):
        stored = torch.from_numpy(figures.arrays[f"projected_flow_t_to_{end}"])
        crop(flow, *stored.shape[-2:], PADDED).copy_(stored)
    return tuple(put)


def test_every_stored_array_has_a_test(figures):
    assert set(figures.arrays) - GIVEN == {*PARTS, *PICTURES, *SLOW, *OPERATORS}


@pytest.mark.parametrize("array", [*PARTS, *PICTURES])
def test_the_network_gives_what_the_original_gave(figures, ours, array):
    figures.check(array, ours[array])


@pytest.mark.parametrize("array", SLOW)
def test_other_times_are_the_originals_but_around_flows_to_whole_pixels(figures, ours, array):
    difference = np.abs(ours[array].numpy() - figures.arrays[array])
    assert np.quantile(difference, 0.9) < 1e-5
    assert (difference > figures.tolerance(array)).mean() < 0.02
    assert difference.max() < 0.1


@pytest.mark.parametrize("array", OPERATORS)
def test_the_operators_give_what_the_stand_ins_gave(figures, array):
    flow, weight, image, kernels = (
        torch.from_numpy(figures.arrays[name])
        for name in ("op_flow", "op_inverse_depth", "op_image", "op_filter")
    )
    found = {
        "op_projection_filled": lambda: project_flow(flow, weight).flow,
        "op_projection_no_fill": lambda: project_flow(flow, weight, fill=False).flow,
        "op_projection_count": lambda: project_flow(flow, weight).weight,
        "op_filter_interpolation": lambda: adaptive_warp(image, flow, kernels),
    }
    figures.check(array, found[array]())


def test_the_made_up_weights_are_the_originals_to_the_bit(figures):
    figures.check_weights()


def test_names_and_shapes_are_those_of_the_released_file_in_its_order(shared):
    record = json.loads(shared("parity", "dain.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        state = DAIN().state_dict()
    kept = [entry for entry in record if not entry[0].endswith("num_batches_tracked")]
    assert [[key, list(value.shape)] for key, value in state.items()] == kept


@pytest.mark.parametrize(
    ("tensor", "array"),
    [
        ("flownets.conv3b.0.bias", "pwc_raw_0to1_quarter_res_padded"),
        ("depthNet.4.weight", "log_depth_frame0"),
        ("ctxNet.block3.conv1.weight", "out_t0.5"),
        ("rectifyNet.block4.conv2.weight", "out_t0.5"),
        ("initScaleNets_filter1.2.bias", "out_before_rectify_t0.5"),
    ],
)
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(figures, network, tensor, array):
    weight = network.state_dict()[tensor]
    before = weight.clone()
    frames, size = pad(_frames(figures), PADDED), figures.arrays["frames_u8"].shape[1:3]
    try:
        weight.mul_(1.1)
        with torch.inference_mode():
            known = network.analyse(*frames[:, None])
            if array.startswith("pwc"):
                found = known.flows[0]
            elif array.startswith("log"):
                found = crop(known.depths[0], *size, PADDED)
            else:
                made = network.synthesise(known, _with_stored(figures, network.flows(known, 0.5)), 0.5)
                found = crop(made.rectified if array == "out_t0.5" else made.blended, *size, PADDED)
    finally:
        weight.copy_(before)
    assert np.abs(found.numpy() - figures.arrays[array]).max() > 3 * figures.tolerance(array)


@pytest.fixture(scope="module")
def other():
    return loaded("dain", DAINAdapter, seed_add=1)


@pytest.fixture(scope="module")
def predicted(other):
    with torch.inference_mode():
        return other.predict(clips(), TIMES)


TIMES = (0.25, 0.5)


def clips():
    return drifting_clips(2, 128, 128)


def test_the_stored_sample_is_reproduced(predicted):
    with np.load(SAMPLE) as stored:
        reference = stored["crop"]
    difference = np.abs(predicted[CROP].numpy() - reference)
    assert np.quantile(difference, 0.95) < 1e-4
    assert difference.max() < 0.1  # where a flow leads to a whole pixel


def test_a_batch_of_two_and_two_times_equal_each_alone(other, predicted):
    with torch.inference_mode():
        single = torch.stack(
            [torch.cat([other.predict(clip[None], (t,))[0] for t in TIMES]) for clip in clips()]
        )
    assert predicted.shape == (2, 2, 3, 128, 128)
    difference = (predicted - single).abs()
    assert difference.quantile(0.99) < 2e-5
    assert difference.max() < 0.1


def write_sample() -> None:
    """Write the sample file."""
    with torch.inference_mode():
        made = loaded("dain", DAINAdapter, seed_add=1).predict(clips(), TIMES)
    np.savez_compressed(SAMPLE, crop=made[CROP].numpy())


if __name__ == "__main__":
    write_sample()
