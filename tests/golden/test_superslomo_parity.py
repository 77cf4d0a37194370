"""Super SloMo in all its versions equals the original networks under the same made-up weights."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
import torch
from golden.made_weights import MADE, digest
from golden.parity import Figures, loaded, read_figures

from vfibench.registry import load_target
from vfibench_adapters.superslomo.adapter import ConvGRUAdapter, ConvLSTMAdapter, SuperSloMoAdapter
from vfibench_adapters.superslomo_adobe.adapter import SuperSloMoAdobeAdapter
from vfibench_adapters.superslomo_nvidia.adapter import SuperSloMoNvidiaAdapter

TIMES = (0.5, 0.25, 0.875)
HALF_PIXEL = "out_meansub_t0.5_if_gridsample_align_corners_False"


def pixels(figures: Figures, array: str = "frames_u8") -> torch.Tensor:
    return torch.from_numpy(figures.arrays[array]).permute(0, 3, 1, 2)[None].float() / 255


def by_time(prefix: str, made: torch.Tensor) -> dict[str, torch.Tensor]:
    return {f"{prefix}_t{time}": frame for time, frame in zip(TIMES, made.unbind(1), strict=True)}


def windowed(adapter: SuperSloMoAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """Our value of every array of Super SloMo and SuperSloMo-R."""
    frames, network = torch.from_numpy(figures.arrays["net_input"]), adapter.network
    motion = network.motion(frames)
    half = network.synthesise(frames, motion, 0.5)
    onward, back = motion.flows[len(motion.flows) // 2].chunk(2, dim=1)
    predicted = adapter.predict(pixels(figures), TIMES)
    return {
        **by_time("out_rgb01", predicted),
        **by_time("out_norm", (predicted - adapter.mean) / adapter.std),
        "out_norm_t0.5": half.frame,
        "flow_01_t0.5": onward,
        "flow_10_t0.5": back,
        "est_flow_t1_t0.5": half.flow_t1,
        "est_flow_t0_t0.5": half.flow_t0,
        "ref_flow_t1_t0.5": half.refined_t1,
        "ref_flow_t0_t0.5": half.refined_t0,
        "vis_0t_t0.5": half.visible_0,
        "stage1_bottleneck_all_windows": motion.bottom.transpose(0, 1),
        "stage1_flows_all_windows": motion.flows.transpose(0, 1),
        "stage2_raw_mid": half.raw,
    }


def adobe(adapter: SuperSloMoAdobeAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """Our value of every array of Paliwal's version; one is what today's PyTorch makes of its code."""
    frames, network = pixels(figures), adapter.network
    first, second = (frames - adapter.mean).unbind(1)
    flows = network.flows(first, second)
    half = network.synthesise(first, second, flows, 0.5)
    ours = {
        **by_time("out_meansub", adapter.predict(frames, TIMES) - adapter.mean),
        "flow_01_t0.5": flows[:, :2],
        "flow_10_t0.5": flows[:, 2:],
        "est_flow_t0_t0.5": half.flow_t0,
        "est_flow_t1_t0.5": half.flow_t1,
        "ref_flow_t0_t0.5": half.refined_t0,
        "ref_flow_t1_t0.5": half.refined_t1,
        "vis_t0_t0.5": half.visible_0,
    }
    network.align_corners = adapter.card.variants["half-pixel"].settings["align_corners"]
    ours[HALF_PIXEL] = (adapter.predict(frames, [0.5]) - adapter.mean)[:, 0]
    network.align_corners = True
    return ours


def nvidia(adapter: SuperSloMoNvidiaAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """Our value of every array of NVIDIA's version, flow_scale 2 included."""
    frames, network = pixels(figures), adapter.network
    first, second = (255 * frames - network.mean_pix).unbind(1)
    motion = network.motion(first, second)
    half = network.synthesise(first, second, motion, 0.5)
    ours = {
        **by_time("out_0_255", 255 * adapter.predict(frames, TIMES)),
        "flow_0to1": motion.onward,
        "flow_1to0": motion.back,
        "est_flow_t0_t0.5": half.flow_t0,
        "est_flow_t1_t0.5": half.flow_t1,
        "residual_t1_t0.5": half.residual_t1,
        "residual_t0_t0.5": half.residual_t0,
        "vis_logit_t0.5": half.logit,
    }
    network.flow_scale = adapter.card.variants["flow-scale-2"].settings["flow_scale"]
    scaled = adapter.predict(pixels(figures, "scale2_frames_u8"), [0.5])
    network.flow_scale = 1
    return ours | {"scale2_out_0_255_t0.5": 255 * scaled[:, 0]}


NETWORKS = {
    "superslomo": (SuperSloMoAdapter, windowed),
    "superslomo_r": (ConvLSTMAdapter, windowed),
    "superslomo_r_gru": (ConvGRUAdapter, windowed),
    "superslomo_paliwal": (SuperSloMoAdobeAdapter, adobe),
    "superslomo_nvidia": (SuperSloMoNvidiaAdapter, nvidia),
}
NOTICED = {
    "superslomo": ["stage1_model.conv1b.0.bias", "stage2_model.fuse_conv.0.bias"],
    "superslomo_r": [
        "stage1_model.conv7b.0.weight",
        "stage2_model.conv6.reverse_net.cell_list.0.conv.weight",
    ],
    "superslomo_r_gru": [
        "stage1_model.conv6.forward_net.cell_list.1.reset_gate.weight",
        "stage2_model.conv6.reverse_net.cell_list.0.update_gate.bias",
    ],
    "superslomo_paliwal": ["state_dictFC.up1.conv2.weight", "state_dictAT.conv3.bias"],
    "superslomo_nvidia": ["flow_pred_bottleneck.2.weight", "flow_interp_vis_layer.bias"],
}


class Case(NamedTuple):
    figures: Figures
    adapter: object
    ours: dict[str, torch.Tensor]


RECURRENT = pytest.param("superslomo_r_gru", marks=pytest.mark.slow)  # of one kind with superslomo_r


@pytest.fixture(
    scope="module", params=[name if name != "superslomo_r_gru" else RECURRENT for name in NETWORKS]
)
def case(request, shared):
    """Everything stored about one network, and ours, loaded from a file in the released structure."""
    figures, (adapter, computed) = read_figures(request.param, shared), NETWORKS[request.param]
    made = loaded(request.param, adapter)
    with torch.inference_mode():
        return Case(figures, made, computed(made, figures))


def test_every_stored_array_is_compared(case):
    inputs = {"frames_u8", "scale2_frames_u8", "net_input"}
    assert set(case.figures.arrays) - inputs == set(case.ours)


def test_the_network_gives_what_the_original_gave(case):
    for array, ours in case.ours.items():
        case.figures.check(array, ours)


def test_the_weights_loaded_are_the_originals_to_the_bit(case):
    figures, state = case.figures, case.adapter.network.state_dict()
    assert figures.info["rule"] == MADE[figures.name].rule
    weights = {name: state[name] for name, _ in figures.info["keys"]}
    assert digest(weights) == figures.info["weights_sha256_in_key_order"]


def test_the_tolerance_notices_one_tensor_off_by_a_tenth(case):
    figures, adapter = case.figures, case.adapter
    (array,) = {"out_rgb01_t0.5", "out_meansub_t0.5", "out_0_255_t0.5"} & set(figures.arrays)
    unit = 255 if figures.name == "superslomo_nvidia" else 1
    with torch.inference_mode():
        right = adapter.predict(pixels(figures), [0.5])
        for name in NOTICED[figures.name]:
            weight = adapter.network.state_dict()[name]
            before = weight.clone()
            weight.mul_(1.1)
            moved = unit * (adapter.predict(pixels(figures), [0.5]) - right).abs().max()
            weight.copy_(before)
            assert moved > 5 * figures.tolerance(array), name


@pytest.mark.parametrize("name", list(NETWORKS))
def test_names_and_shapes_are_those_of_the_released_file_in_its_order(name, shared):
    record = json.loads(shared("parity", f"{name}.checkpoint.json").read_text())["keys"]
    parts = record if isinstance(record, dict) else {"state_dict": record}
    with torch.device("meta"):
        released = MADE[name].released(load_target(MADE[name].network)(**MADE[name].arguments))
    for part, keys in parts.items():
        assert [[key, list(tensor.shape)] for key, tensor in released[part].items()] == keys
