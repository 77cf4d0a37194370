"""RIFE and RIFE_m equal the original networks under the same made-up weights.

`PYTHONPATH=tests python tests/golden/test_rife_parity.py` writes the samples kept in this repository.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from golden.parity import SAMPLES, Figures, drifting_clips, loaded, read_figures

from vfibench.frames.padding import crop, pad
from vfibench_adapters.rife.adapter import RIFEAdapter, RIFEMAdapter
from vfibench_adapters.rife.network import IFNet

ADAPTERS = {"rife": RIFEAdapter, "rife_m": RIFEMAdapter}
TIMES = {"rife": (0.5,), "rife_m": (0.25, 0.5, 0.875)}
SCALED = RIFEAdapter.card.variants["scale-half"]
CROP = (..., slice(40, 48), slice(24, 32))


class Case(NamedTuple):
    figures: Figures
    adapter: RIFEAdapter
    ours: dict[str, torch.Tensor]


@pytest.fixture(scope="module", params=list(ADAPTERS))
def case(request, shared):
    """Everything stored about one network, and ours, loaded from a file in the released structure."""
    figures = read_figures(request.param, shared)
    adapter = loaded(request.param, ADAPTERS[request.param])
    with torch.inference_mode():
        ours = computed(adapter, figures) | computed_at_half_scale(adapter, figures)
    return Case(figures, adapter, ours)


def stored_frames(figures: Figures) -> tuple[torch.Tensor, torch.Tensor]:
    """Both input frames [1, 2, 3, H, W] and the true one [1, 3, H, W], in the network's order of channels."""
    frames = torch.from_numpy(figures.arrays["frames_u8"]).permute(0, 3, 1, 2).float() / 255
    return frames[None, [0, 2]], frames[1:2]


def predicted(adapter: RIFEAdapter, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
    """Through the adapter, which takes and gives RGB where the figures are the network's BGR."""
    return adapter.predict(frames.flip(2), times).flip(2)


def computed(adapter: RIFEAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """Our value of every stored array but the one at another scale."""
    (frames, truth), network, times = stored_frames(figures), adapter.network, TIMES[figures.name]
    context = network.context(frames)
    levels = network.estimates(context, 0.5)
    teacher = network.teacher(context, 0.5, levels[-1], truth)
    ours = {f"flow_level{index}": level.flow for index, level in enumerate(levels)}
    ours |= {"merged_level0": levels[0].merged, "mask_sigmoid": levels[-1].logit.sigmoid()}
    ours |= {"unet_sigmoid": network.correction(context, levels[-1])}
    ours |= {"teacher_flow": teacher.flow, "teacher_merged": teacher.merged}
    ours = {f"{name}_t0.5": value for name, value in ours.items()}
    made = predicted(adapter, frames, times).unbind(1)
    return ours | {f"out_t{time}": frame for time, frame in zip(times, made, strict=True)}


def computed_at_half_scale(adapter: RIFEAdapter, figures: Figures) -> dict[str, torch.Tensor]:
    """The variant for 2K, with its own padding around the same network."""
    scaled = type(adapter)(**SCALED.settings)
    scaled.network = adapter.network
    frames, _ = stored_frames(figures)
    made = predicted(scaled, pad(frames, SCALED.padding), (0.5,))
    return {"out_scale0.5_t0.5": crop(made, *frames.shape[-2:], SCALED.padding)[:, 0]}


def test_every_stored_array_is_what_the_original_gave(case):
    assert set(case.ours) == set(case.figures.arrays) - {"frames_u8"}
    for name, value in case.ours.items():
        case.figures.check(name, value)


def test_the_made_up_weights_are_the_originals_to_the_bit(case):
    case.figures.check_weights()


@pytest.mark.parametrize("name", list(ADAPTERS))
def test_names_and_shapes_are_those_of_the_released_file_in_its_order(name, shared):
    record = json.loads(shared("parity", f"{name}.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        state = IFNet(ADAPTERS[name].timed).state_dict()
    assert [[f"module.{key}", list(tensor.shape)] for key, tensor in state.items()] == record


@pytest.mark.parametrize(
    ("tensor", "array"),
    [
        ("block0.convblock.7.0.bias", "out_t0.5"),
        ("block2.conv0.0.1.weight", "out_t0.5"),
        ("contextnet.conv4.conv1.0.weight", "out_t0.5"),
        ("unet.up3.0.bias", "out_t0.5"),
        ("block_tea.convblock.3.0.bias", "teacher_merged_t0.5"),
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
    assert np.abs(ours[array].numpy() - reference).max() > 2 * case.figures.tolerance(array)


class Sampled(NamedTuple):
    name: str
    adapter: RIFEAdapter
    clips: torch.Tensor
    whole: torch.Tensor


@pytest.fixture(scope="module", params=list(ADAPTERS))
def sampled(request):
    """Other weights and a batch of two at another size."""
    adapter, clips = loaded(request.param, ADAPTERS[request.param], seed_add=1), drifting_clips(2)
    with torch.inference_mode():
        whole = adapter.predict(clips, TIMES[request.param])
    return Sampled(request.param, adapter, clips, whole)


def test_the_sample_of_other_weights_is_reproduced(sampled):
    with np.load(SAMPLES / "rife.npz") as stored:
        reference = stored[sampled.name]
    assert np.abs(sampled.whole[CROP].numpy() - reference).max() < 1e-4
    assert reference.std() > 0.01


@torch.inference_mode()
def test_a_batch_equals_single_samples_and_several_times_equal_each_alone(sampled):
    name, adapter, clips, whole = sampled
    single = torch.cat([adapter.predict(clip[None], TIMES[name]) for clip in clips])
    torch.testing.assert_close(whole, single, rtol=0, atol=2e-5)
    alone = torch.cat([adapter.predict(clips, [time]) for time in TIMES[name]], dim=1)
    assert torch.equal(whole, alone)


@torch.inference_mode()
def test_the_teacher_is_not_run_at_inference(sampled):
    def forbid(*_: Any) -> None:
        raise AssertionError("the teacher ran")

    hook = sampled.adapter.network.block_tea.register_forward_pre_hook(forbid)
    try:
        sampled.adapter.predict(sampled.clips, TIMES[sampled.name])
    finally:
        hook.remove()


def write_samples() -> None:
    """Write the sample file."""
    with torch.inference_mode():
        made = {name: loaded(name, adapter, seed_add=1) for name, adapter in ADAPTERS.items()}
        crops = {
            name: adapter.predict(drifting_clips(2), TIMES[name])[CROP].numpy()
            for name, adapter in made.items()
        }
    np.savez_compressed(SAMPLES / "rife.npz", **crops)


if __name__ == "__main__":
    write_samples()
