"""Super SloMo and SuperSloMo-R equal the original networks under the same made-up weights.

The figures in ../shared/parity were read off the original public implementation (SreenivasVRao, commit
2423f08); ../shared/facts/README.md gives the rule of the weights and the tolerance.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from golden.made_weights import MADE, digest, made_weights, write_released

from vfibench_adapters.superslomo.adapter import ConvLSTMAdapter, SuperSloMoAdapter
from vfibench_adapters.superslomo.network import SuperSloMo

ADAPTERS = {"superslomo": SuperSloMoAdapter, "superslomo_r": ConvLSTMAdapter}
TIMES = (0.5, 0.25, 0.875)
INPUTS = {"frames_u8", "net_input", "info_json"}

MIDDLE = ["flow_01", "flow_10", "est_flow_t1", "est_flow_t0", "ref_flow_t1", "ref_flow_t0", "vis_0t"]
ARRAYS = [
    *(f"{name}_t{time}" for name in ("out_norm", "out_rgb01") for time in TIMES),
    *(f"{name}_t0.5" for name in MIDDLE),
    "stage1_bottleneck_all_windows",
    "stage1_flows_all_windows",
    "stage2_raw_mid",
]


class Case(NamedTuple):
    name: str
    stored: dict[str, np.ndarray]
    info: dict[str, Any]
    adapter: SuperSloMoAdapter
    ours: dict[str, np.ndarray]


@pytest.fixture(scope="module", params=list(ADAPTERS))
def case(request, shared):
    """Everything stored about one network, and ours, loaded from a file in the released structure."""
    with np.load(shared("parity", f"{request.param}.npz")) as file:
        stored = dict(file)
    info = json.loads(bytes(stored["info_json"]))
    adapter = ADAPTERS[request.param]()
    with tempfile.TemporaryDirectory() as folder:
        write_released(request.param, Path(folder, "made-up.pt"))
        adapter.load(torch.device("cpu"), Path(folder, "made-up.pt"))
    with torch.inference_mode():
        ours = computed(adapter, stored)
    return Case(request.param, stored, info, adapter, ours)


def computed(adapter, stored):
    """Our value of every stored array."""
    frames, network = torch.from_numpy(stored["net_input"]), adapter.network
    motion = network.motion(frames)
    made = {time: network.synthesise(frames, motion, time) for time in TIMES}
    onward, back = motion.flows[len(motion.flows) // 2].chunk(2, dim=1)
    half = made[0.5]
    middle = [onward, back, half.flow_t1, half.flow_t0, half.refined_t1, half.refined_t0, half.visible_0]
    ours = {f"{name}_t0.5": value for name, value in zip(MIDDLE, middle, strict=True)}
    ours |= {f"out_norm_t{time}": made[time].frame for time in TIMES}
    pixels = torch.from_numpy(stored["frames_u8"]).permute(0, 3, 1, 2)[None].float() / 255
    for time, picture in zip(TIMES, adapter.predict(pixels, TIMES).unbind(1), strict=True):
        ours[f"out_rgb01_t{time}"] = picture
    ours["stage1_bottleneck_all_windows"] = motion.bottom.transpose(0, 1)
    ours["stage1_flows_all_windows"] = motion.flows.transpose(0, 1)
    ours["stage2_raw_mid"] = half.raw
    return {name: value.numpy() for name, value in ours.items()}


def tolerance(case, reference):
    return max(10 * case.info["f32_vs_f64_maxdiff"], 1e-4 * max(1.0, float(np.abs(reference).max())))


def test_every_stored_array_has_a_test(case):
    assert set(case.stored) - INPUTS == set(ARRAYS) == set(case.ours)


@pytest.mark.parametrize("array", ARRAYS)
def test_the_network_gives_what_the_original_gave(case, array, record_property):
    reference, ours = case.stored[array], case.ours[array]
    assert ours.shape == reference.shape
    difference = float(np.abs(ours - reference).max())
    record_property("max_difference", difference)
    print(f"parity {case.name} {array} {difference:.1e} of {tolerance(case, reference):.1e}")
    assert difference <= tolerance(case, reference)


def test_the_made_up_weights_are_the_originals_to_the_bit(case):
    assert case.info["rule"] == MADE[case.name].rule
    weights = made_weights(case.info["keys"], MADE[case.name].rule)
    assert digest(weights) == case.info["weights_sha256_in_key_order"]


@pytest.mark.parametrize("name", list(ADAPTERS))
def test_names_and_shapes_are_those_of_the_released_file_in_its_order(name, shared):
    record = json.loads(shared("parity", f"{name}.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        network = SuperSloMo(MADE[name].arguments["bottleneck"])
    for stage, keys in record.items():
        state = getattr(network, stage.replace("state_dict", "model")).state_dict()
        assert [[key, list(tensor.shape)] for key, tensor in state.items()] == keys


@pytest.mark.parametrize(
    "tensor",
    ["stage1_model.conv1b.0.bias", "stage1_model.conv7b.0.weight", "stage2_model.fuse_conv.0.bias"],
)
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(case, tensor):
    weight, reference = case.adapter.network.state_dict()[tensor], case.stored["out_norm_t0.5"]
    before = weight.clone()
    try:
        weight.mul_(1.1)
        ours = computed(case.adapter, case.stored)["out_norm_t0.5"]
    finally:
        weight.copy_(before)
    assert np.abs(ours - reference).max() > 10 * tolerance(case, reference)
