"""SoftSplat equals the network of sniklaus/softmax-splatting under the same made-up weights.

`PYTHONPATH=tests python tests/golden/test_softsplat_parity.py` writes the samples kept in this repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest
import torch
from golden.parity import SAMPLES, Figures, Sampled, drifting_clips, loaded, read_figures

from vfibench_adapters.softsplat.adapter import SoftSplatAdapter
from vfibench_adapters.softsplat.network import SoftSplat, standardised

TIMES = (0.5, 0.25, 0.75)
CROP = (..., slice(30, 38), slice(24, 32))


class Case(NamedTuple):
    figures: Figures
    adapter: SoftSplatAdapter
    ours: dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def case(shared):
    """Everything stored, and ours, loaded from a file in the released structure."""
    figures, adapter = read_figures("softsplat", shared), loaded("softsplat", SoftSplatAdapter)
    with torch.inference_mode():
        return Case(figures, adapter, computed(adapter, figures))


def computed(adapter: SoftSplatAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """Our value of every stored array."""
    frames = stored_frames(figures)
    made = adapter.predict(frames, TIMES).flip(2)
    return inside(adapter, frames) | {f"out_bgr_t{time}": made[0, k] for k, time in enumerate(TIMES)}


def stored_frames(figures: Figures) -> torch.Tensor:
    """[1, 2, 3, H, W], RGB in [0, 1]."""
    return torch.from_numpy(figures.arrays["frames_u8"]).permute(0, 3, 1, 2)[None].float() / 255


def inside(adapter: SoftSplatAdapter, frames: torch.Tensor) -> dict[str, torch.Tensor]:
    """Our value of every stored array but the last frames."""
    network, ours = adapter.network, {}
    one, two, *_ = standardised(*frames.flip(2).unbind(1))
    for level, flows in network.netFlow.levels(one, two).items():
        ours[f"flow_level_{level}_fwd"], ours[f"flow_level_{level}_bwd"] = flows.chunk(2)
    scene = network.scene(*frames.flip(2).unbind(1))
    ours["flow_fwd"], ours["flow_bwd"] = scene.one.flows[0], scene.two.flows[0]
    ours["softmetric_one_raw"], ours["softmetric_two_raw"] = scene.one.metrics[0], scene.two.metrics[0]
    ours["warp_level2_t0.5"] = network.netSynthesis.netWarp(scene.one, scene.two, 0.5)[2]
    return ours


def test_every_stored_array_is_what_the_original_gave(case):
    assert set(case.ours) == set(case.figures.arrays) - {"frames_u8"}
    for name, value in case.ours.items():
        case.figures.check(name, value)


def test_the_made_up_weights_are_the_originals_to_the_bit(case):
    case.figures.check_weights()


def test_names_and_shapes_are_those_of_the_released_file_in_its_order(shared):
    record = json.loads(shared("parity", "softsplat.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        state = SoftSplat().state_dict()
    assert [[name, list(tensor.shape)] for name, tensor in state.items()] == [
        [name.replace("module", "net"), shape] for name, shape in record
    ]


@pytest.mark.parametrize(
    ("tensor", "array"),
    [
        ("netFlow.netExtractor.netSixth.2.weight", "flow_level_Sixth_fwd"),
        ("netFlow.netFirst.netMain.0.weight", "flow_bwd"),
        ("netSynthesis.netSoftmetric.netError.weight", "softmetric_one_raw"),
        ("netSynthesis.netEncode.netThr.3.weight", "warp_level2_t0.5"),
    ],
)
@torch.inference_mode()
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(case, tensor, array):
    with a_tenth_more(case.adapter, tensor):
        ours = inside(case.adapter, stored_frames(case.figures))[array]
    reference = case.figures.arrays[array]
    assert np.abs(ours.numpy() - reference).max() > 2 * case.figures.tolerance(array)


@pytest.mark.parametrize(
    "tensor", ["netSynthesis.2x4 - 1x4.netMain.2.weight", "netSynthesis.netOutput.netMain.1.weight"]
)
@torch.inference_mode()
def test_the_last_frame_notices_one_tensor_off_by_a_tenth(case, tensor):
    with a_tenth_more(case.adapter, tensor):
        made = case.adapter.predict(stored_frames(case.figures), [0.25])[0, 0].flip(0)
    reference = case.figures.arrays["out_bgr_t0.25"]
    assert np.abs(made.numpy() - reference).max() > 2 * case.figures.tolerance("out_bgr_t0.25")


@contextmanager
def a_tenth_more(adapter: SoftSplatAdapter, tensor: str) -> Iterator[None]:
    """Scale one of the network's tensors by 1.1 for the moment."""
    weight = adapter.network.get_parameter(tensor)
    before = weight.clone()
    try:
        weight.mul_(1.1)
        yield
    finally:
        weight.copy_(before)


def unlike_clips() -> torch.Tensor:
    """Two clips of which one is dark, at a size whose halvings are odd: [2, 2, 3, 74, 58]."""
    return drifting_clips(2, 74, 58) * torch.tensor([1.0, 0.3]).view(2, 1, 1, 1, 1)


@pytest.fixture(scope="module")
def sampled():
    """Other weights and a batch of two."""
    return Sampled.of(loaded("softsplat", SoftSplatAdapter, seed_add=1), unlike_clips(), TIMES[:2])


def test_the_sample_of_other_weights_is_reproduced(sampled):
    with np.load(SAMPLES / "softsplat.npz") as stored:
        reference = stored["softsplat"]
    assert np.abs(sampled.whole[CROP].numpy() - reference).max() < 1e-4
    assert reference.std() > 0.01


@torch.inference_mode()
def test_a_batch_equals_single_samples(sampled):
    adapter, clips, _, whole = sampled
    single = torch.cat([adapter.predict(clip[None], TIMES[:2]) for clip in clips])
    torch.testing.assert_close(whole, single, rtol=0, atol=2e-5)


@torch.inference_mode()
def test_several_times_together_equal_each_time_alone(sampled):
    sampled.check_each_time_alone()


@torch.inference_mode()
def test_a_second_run_is_the_same_to_the_bit_and_leaves_the_frames_alone(sampled):
    sampled.check_second_run()


def write_samples() -> None:
    """Write the sample file."""
    adapter = loaded("softsplat", SoftSplatAdapter, seed_add=1)
    with torch.inference_mode():
        made = adapter.predict(unlike_clips(), TIMES[:2])
    np.savez_compressed(SAMPLES / "softsplat.npz", softsplat=made[CROP].numpy())


if __name__ == "__main__":
    write_samples()
