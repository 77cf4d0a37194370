"""Zooming Slow-Mo equals the original network under the same made-up weights.

`PYTHONPATH=tests python tests/golden/test_zooming_slowmo_parity.py` writes the sample kept here.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pytest
import torch
from golden.made_weights import made_weights
from golden.parity import SAMPLES, Figures, drifting_clips, loaded, read_figures

from vfibench_adapters.blocks.deformable import DeformConv
from vfibench_adapters.zooming_slowmo.adapter import ZoomingSlowMoAdapter
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo

NAME = "zooming_slomo"
TIMES = {2: (0, 0.5, 1), 4: (-1, -0.5, 0, 0.5, 1, 1.5, 2)}
INPUTS = {"n2_frames_u8", "n4_frames_u8", "dcn_unit_input", "dcn_unit_fea"}
CROP = (..., slice(20, 28), slice(36, 44))


class Case(NamedTuple):
    figures: Figures
    adapter: ZoomingSlowMoAdapter
    ours: dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def case(shared):
    """Everything stored, and ours, loaded from a file in the released structure."""
    figures, adapter = read_figures(NAME, shared), loaded(NAME, ZoomingSlowMoAdapter)
    with torch.inference_mode():
        return Case(figures, adapter, computed(figures, adapter))


def predicted(figures: Figures, adapter: ZoomingSlowMoAdapter, count: int) -> torch.Tensor:
    frames = torch.from_numpy(figures.arrays[f"n{count}_frames_u8"]).permute(0, 3, 1, 2)[None].float() / 255
    return adapter.predict(frames, TIMES[count])


def computed(figures: Figures, adapter: ZoomingSlowMoAdapter) -> dict[str, torch.Tensor]:
    """Our value of every stored array."""
    network = adapter.network
    cell = network.ConvBLSTM.forward_net
    watched = {
        "planes": network.pcd_align.L1_dcnpack_1.conv_offset_mask,
        "fusion": network.fusion,
        "hidden": cell.pcd_h.fusion,
        "memory": cell.pcd_c.fusion,
        "joined": network.ConvBLSTM.conv_1x1,
    }
    seen: dict[str, list[torch.Tensor]] = {name: [] for name in watched}
    hooks = [
        layer.register_forward_hook(lambda _layer, _given, made, name=name: seen[name].append(made.clone()))
        for name, layer in watched.items()
    ]
    whole = predicted(figures, adapter, 4)
    for hook in hooks:
        hook.remove()
    return {
        "n4_out": whole,
        "n4_fusion_pair0": seen["fusion"][0],
        "n4_dcn_L1_1_pair0_offset_group0": seen["planes"][0][:, :18],
        "n4_dcn_L1_1_pair0_masklogit_group0": seen["planes"][0][:, 144:153],
        "n4_blstm_t3_ch0_32": seen["joined"][3][:, :32],
        "n4_pcd_h_fwd_t1_ch0_16": seen["hidden"][1][:, :16],
        "n4_pcd_c_fwd_t1_ch0_16": seen["memory"][1][:, :16],
        "n2_out": predicted(figures, adapter, 2),
        "dcn_unit_out": unit(figures),
    }


def unit(figures: Figures) -> torch.Tensor:
    """The deformable convolution alone, of 16 channels in 4 groups."""
    facts = figures.info["dcn_unit"]
    weights = made_weights(facts["keys"], facts["rule"])
    layer = DeformConv(16, facts["deformable_groups"])
    layer.load_state_dict({name.removeprefix("dcn_unit."): value for name, value in weights.items()})
    given = (torch.from_numpy(figures.arrays[f"dcn_unit_{name}"]) for name in ("input", "fea"))
    return layer(*given)


def test_every_stored_array_is_what_the_original_gave(case):
    assert set(case.ours) == set(case.figures.arrays) - INPUTS
    for name, value in case.ours.items():
        error = f"{name.partition('_')[0]}_f32_vs_f64_maxdiff"  # there is none for dcn_unit
        case.figures.check(name, value, error)


def test_the_made_up_weights_are_the_originals_to_the_bit(case):
    case.figures.check_weights()


def test_names_and_shapes_are_those_of_the_released_file(shared):
    record = json.loads(shared("parity", f"{NAME}.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        network = ZoomingSlowMo()
    found = {key: list(tensor.shape) for key, tensor in network.state_dict().items()}
    assert found == dict(record)
    assert len(record) == 416
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_102_771


@pytest.mark.parametrize(
    "tensor",
    [
        "feature_extraction.4.conv2.bias",
        "pcd_align.L3_dcnpack_2.conv_offset_mask.weight",
        "ConvBLSTM.forward_net.pcd_c.pcd_align.L3_offset_conv1_1.weight",
        "recon_trunk.39.conv2.weight",
    ],
)
@torch.inference_mode()
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(case, tensor):
    weight, reference = case.adapter.network.get_parameter(tensor), case.figures.arrays["n2_out"]
    before = weight.clone()
    try:
        weight.mul_(1.1)
        ours = predicted(case.figures, case.adapter, 2)
    finally:
        weight.copy_(before)
    assert np.abs(ours.numpy() - reference).max() > 2 * case.figures.tolerance("n2_out")


class Sampled(NamedTuple):
    adapter: ZoomingSlowMoAdapter
    clips: torch.Tensor
    whole: torch.Tensor


def sample() -> Sampled:
    """Other weights, a batch of two, and a size at which the coarsest level has odd sides."""
    adapter, clips = loaded(NAME, ZoomingSlowMoAdapter, seed_add=1), drifting_clips(2, 12, 20)
    with torch.inference_mode():
        return Sampled(adapter, clips, adapter.predict(clips, TIMES[2]))


@pytest.fixture(scope="module")
def sampled():
    return sample()


def test_the_sample_of_other_weights_is_reproduced(sampled):
    with np.load(SAMPLES / "zooming_slowmo.npz") as stored:
        reference = stored["zooming_slowmo"]
    assert np.abs(sampled.whole[CROP].numpy() - reference).max() < 1e-4
    assert reference.std() > 0.01


@torch.inference_mode()
def test_a_batch_equals_single_samples(sampled):
    single = torch.cat([sampled.adapter.predict(clip[None], TIMES[2]) for clip in sampled.clips])
    torch.testing.assert_close(sampled.whole, single, rtol=0, atol=2e-5)


@torch.inference_mode()
def test_a_time_alone_equals_the_same_among_several(sampled):
    for index, time in enumerate(TIMES[2]):
        alone = sampled.adapter.predict(sampled.clips, [time])[:, 0]
        torch.testing.assert_close(alone, sampled.whole[:, index], rtol=0, atol=2e-5)


@torch.inference_mode()
def test_the_frames_stay_as_they_were(sampled):
    frames = sampled.clips.clone()
    sampled.adapter.predict(frames, [0.5])
    assert torch.equal(frames, sampled.clips)


def write_sample() -> None:
    """Write the sample file."""
    np.savez_compressed(SAMPLES / "zooming_slowmo.npz", zooming_slowmo=sample().whole[CROP].numpy())


if __name__ == "__main__":
    write_sample()
