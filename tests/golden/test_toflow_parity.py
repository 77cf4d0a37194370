"""TOFlow equals pytoflow's network under the same made-up weights.

`PYTHONPATH=tests python tests/golden/test_toflow_parity.py` writes the samples kept in this repository.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pytest
import torch
from golden.parity import SAMPLES, Figures, drifting_clips, loaded, read_figures

from vfibench_adapters.toflow.adapter import TOFlowAdapter
from vfibench_adapters.toflow.network import TOFlow, pyramid

SIZES = ("big", "small")
UNUSED = ("ResNet.conv_3x7_64_9x9.", "ResNet.conv_64_64_9x9.")
CROP = (..., slice(30, 38), slice(24, 32))


class Case(NamedTuple):
    figures: Figures
    adapter: TOFlowAdapter
    ours: dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def case(shared):
    """Everything stored, and ours, loaded from a file in the released structure."""
    figures, adapter = read_figures("toflow", shared), loaded("toflow", TOFlowAdapter)
    with torch.inference_mode():
        return Case(figures, adapter, computed(adapter, figures))


def stored_frames(figures: Figures, size: str) -> torch.Tensor:
    """[1, 2, 3, H, W] in [0, 1]."""
    return torch.from_numpy(figures.arrays[f"{size}_frames_u8"]).permute(0, 3, 1, 2)[None].float() / 255


def computed(adapter: TOFlowAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """Our value of every stored array."""
    ours = {}
    for size in SIZES:
        frames = stored_frames(figures, size)
        made = adapter.network(*((frames - adapter.mean) / adapter.std).unbind(1))
        ours[f"{size}_out"] = adapter.predict(frames, [0.5])[:, 0]
        ours[f"{size}_spynet_0to1_full"] = made.flow_01
        ours[f"{size}_spynet_1to0_full"] = made.flow_10
        ours[f"{size}_warped0_norm"] = made.warped0
        ours[f"{size}_warped1_norm"] = made.warped1
    return ours


def test_every_stored_array_is_what_the_original_gave(case):
    assert set(case.ours) == set(case.figures.arrays) - {f"{size}_frames_u8" for size in SIZES}
    for name, value in case.ours.items():
        case.figures.check(name, value, f"{name.partition('_')[0]}_f32_vs_f64_maxdiff")


@pytest.mark.parametrize("size", SIZES)
def test_the_pyramid_is_as_high_as_the_originals(case, size):
    levels = pyramid(stored_frames(case.figures, size)[:, 0])
    assert len(levels) == case.figures.info[f"{size}_pyramid_levels"]


def test_the_made_up_weights_are_the_originals_to_the_bit(case):
    case.figures.check_weights()


def test_names_and_shapes_are_those_of_the_released_file_in_its_order(shared):
    record = json.loads(shared("parity", "toflow.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        state = TOFlow().state_dict()
    assert [[key, list(tensor.shape)] for key, tensor in state.items()] == record


@pytest.mark.parametrize(
    ("tensor", "array"),
    [
        ("SpyNet.moduleBasic.0.moduleBasic.8.weight", "small_spynet_0to1_full"),
        ("SpyNet.moduleBasic.2.moduleBasic.0.bias", "small_spynet_1to0_full"),
        ("SpyNet.moduleBasic.2.moduleBasic.8.weight", "small_out"),
        ("ResNet.conv_64_64_1x1.bias", "small_out"),
    ],
)
@torch.inference_mode()
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(case, tensor, array):
    weight, reference = case.adapter.network.get_parameter(tensor), case.figures.arrays[array]
    before = weight.clone()
    try:
        weight.mul_(1.1)
        ours = computed(case.adapter, case.figures)
    finally:
        weight.copy_(before)
    tolerance = case.figures.tolerance(array, "small_f32_vs_f64_maxdiff")
    assert np.abs(ours[array].numpy() - reference).max() > 2 * tolerance


class Sampled(NamedTuple):
    adapter: TOFlowAdapter
    clips: torch.Tensor
    whole: torch.Tensor


@pytest.fixture(scope="module")
def sampled():
    """Other weights and a batch of two, at a size that no pooling divides."""
    adapter, clips = loaded("toflow", TOFlowAdapter, seed_add=1), drifting_clips(2, 75, 59)
    with torch.inference_mode():
        return Sampled(adapter, clips, adapter.predict(clips, [0.5]))


def test_the_sample_of_other_weights_is_reproduced(sampled):
    with np.load(SAMPLES / "toflow.npz") as stored:
        reference = stored["toflow"]
    assert np.abs(sampled.whole[CROP].numpy() - reference).max() < 1e-4
    assert reference.std() > 0.01


@torch.inference_mode()
def test_a_batch_equals_single_samples(sampled):
    adapter, clips, whole = sampled
    single = torch.cat([adapter.predict(clip[None], [0.5]) for clip in clips])
    torch.testing.assert_close(whole, single, rtol=0, atol=2e-5)


@torch.inference_mode()
def test_the_frames_stay_as_they_were(sampled):
    frames = sampled.clips.clone()
    sampled.adapter.predict(frames, [0.5])
    assert torch.equal(frames, sampled.clips)


@torch.inference_mode()
def test_nothing_hangs_on_the_layers_of_the_other_tasks(sampled):
    adapter, clips, whole = sampled
    unused = {n: p for n, p in adapter.network.named_parameters() if n.startswith(UNUSED)}
    assert sum(each.numel() for each in unused.values()) == 440_768
    kept = {name: each.clone() for name, each in unused.items()}
    try:
        for each in unused.values():
            each.fill_(float("nan"))
        assert torch.equal(adapter.predict(clips, [0.5]), whole)
    finally:
        for name, each in unused.items():
            each.copy_(kept[name])


def write_samples() -> None:
    """Write the sample file."""
    adapter = loaded("toflow", TOFlowAdapter, seed_add=1)
    with torch.inference_mode():
        made = adapter.predict(drifting_clips(2, 75, 59), [0.5])
    np.savez_compressed(SAMPLES / "toflow.npz", toflow=made[CROP].numpy())


if __name__ == "__main__":
    write_samples()
