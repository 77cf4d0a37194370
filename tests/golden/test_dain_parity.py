"""DAIN equals the original network under the same made-up weights.

The figures in ../shared/parity were read off baowenbo/DAIN, commit 7c727ac, with plain stand-ins for its
three CUDA layers, whose own figures (op_*) stand beside. Two of its steps jump: projection and adaptive
warping take the integer part of a position. Where that lies on a pixel's border, to the rounding error of
float32, both sides are right; `check_outside_jumps` says so pixel by pixel. The sample kept here is ours,
with other weights; `PYTHONPATH=tests python tests/golden/test_dain_parity.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from golden.parity import SAMPLES, Figures, Sampled, drifting_clips, loaded, read_figures
from torch import Tensor

from vfibench.frames.padding import crop, margins, pad
from vfibench_adapters.blocks.adaptive import adaptive_warp
from vfibench_adapters.blocks.projection import project_flow
from vfibench_adapters.blocks.warp import positions
from vfibench_adapters.dain.adapter import DAINAdapter
from vfibench_adapters.dain.network import DAIN, Analysis

TIMES = (0.5, 0.25, 0.75)
BORDER = 5e-5  # px: float32's error of a flow of 8 px after the whole of PWC-Net, and of its position
REACH = 10  # px: radius of the rectifying network's view
OPERANDS = ("op_flow", "op_inverse_depth", "op_image", "op_filter")
FLOWS = ("projected_flow_t_to_0", "projected_flow_t_to_1")
RESULTS = ("out_t0.5", "slowmotion_out_t0.25", "slowmotion_out_t0.75")
PICTURES = {"out_before_rectify_t0.5": 0.5} | dict(zip(RESULTS, TIMES, strict=True))
CROP = (..., slice(28, 36), slice(24, 32))


class Case(NamedTuple):
    figures: Figures
    adapter: DAINAdapter
    frames: Tensor
    known: Analysis
    ours: dict[str, Tensor]


@pytest.fixture(scope="module")
def case(shared):
    """Everything stored, and ours, loaded from a file in the released structure."""
    figures, adapter = read_figures("dain", shared), loaded("dain", DAINAdapter)
    frames = torch.from_numpy(figures.arrays["frames_u8"]).permute(0, 3, 1, 2)[None].float() / 255
    frames = pad(frames, adapter.card.padding)
    with torch.inference_mode():
        known = adapter.network.analyse(*frames.unbind(1))
        ours = operators(figures) | analysed(adapter, frames, known) | projected(adapter, known)
        made = adapter.predict(frames, TIMES)[0]
    ours |= dict(zip(RESULTS, map(inside, made.split(1)), strict=True))
    return Case(figures, adapter, frames, known, ours)


def operators(figures: Figures) -> dict[str, Tensor]:
    """The two operators alone."""
    flow, weight, image, kernels = (torch.from_numpy(figures.arrays[name]) for name in OPERANDS)
    filled = project_flow(flow, weight)
    return {
        "op_projection_filled": filled.flow,
        "op_projection_count": filled.weight,
        "op_projection_no_fill": project_flow(flow, weight, fill=False).flow,
        "op_filter_interpolation": adaptive_warp(image, flow, kernels),
    }


def analysed(adapter: DAINAdapter, frames: Tensor, known: Analysis) -> dict[str, Tensor]:
    """What is found before a time is chosen."""
    levels = adapter.network.flownets.levels(*frames.unbind(1))
    ours = {f"pwc_predict_flow{level}_0to1_padded": levels[level][:1] for level in (6, 5, 4, 3)}
    return ours | {
        "pwc_raw_0to1_quarter_res_padded": known.flows[0],
        "pwc_raw_1to0_quarter_res_padded": known.flows[1],
        "log_depth_frame0": inside(known.depths[0]),
        "filter0_ch0_4": inside(known.kernels[0][:, :4]),
    }


def projected(adapter: DAINAdapter, known: Analysis) -> dict[str, Tensor]:
    """What is made for the midpoint, but for the result."""
    flows = adapter.network.flows(known, 0.5)
    blended = adapter.network.synthesise(known, flows, 0.5).blended
    return {"out_before_rectify_t0.5": inside(blended)} | dict(zip(FLOWS, map(inside, flows), strict=True))


def inside(padded: Tensor) -> Tensor:
    """The 64 x 96 pixels of the stored frames."""
    return crop(padded, 64, 96, DAINAdapter.card.padding)


def test_every_stored_array_has_a_value_of_ours(case):
    assert set(case.ours) == set(case.figures.arrays) - {"frames_u8", *OPERANDS}


def test_frames_are_padded_as_the_original_was_given_them(case):
    left, right, top, bottom = case.figures.info["pad_lrtb"]
    assert margins(64, 96, case.adapter.card.padding) == (top, bottom, left, right)


def test_the_operators_and_all_before_the_jumps_are_what_the_original_gave(case):
    for name in sorted(set(case.ours) - {*PICTURES, *FLOWS}):
        case.figures.check(name, case.ours[name])
        assert np.abs(case.ours[name].numpy() - case.figures.arrays[name]).max() <= allowed(case, name)


def allowed(case: Case, name: str) -> float:
    """The tolerance; for PWC-Net's small numbers 1e-4 of their own size, which every tensor moves."""
    return case.figures.tolerance(name) * min(1.0, float(np.abs(case.figures.arrays[name]).max()))


@pytest.mark.parametrize("name", FLOWS)
def test_projected_flow_is_what_the_original_gave(case, name):
    check_outside_jumps(case, name, case.ours[name], landing(case, 0.5)[FLOWS.index(name)])


@pytest.mark.parametrize("name", PICTURES)
@torch.inference_mode()
def test_pictures_are_what_the_original_gave(case, name):
    flows = case.adapter.network.flows(case.known, PICTURES[name])
    jumps = torch.stack(landing(case, PICTURES[name])).any(0) | sampling(flows)
    check_outside_jumps(case, name, case.ours[name], jumps if "before" in name else near(jumps, REACH))


@torch.inference_mode()
def test_with_the_original_s_own_flow_no_pixel_of_the_blended_frame_is_behind_a_jump(case):
    """Nor of the rectified one, but near jumps in the margin, where the original's flow is not stored."""
    network = case.adapter.network
    first, second = (flow.clone() for flow in network.flows(case.known, 0.5))
    margin = sampling((first, second))
    inside(margin).fill_(False)
    for flow, name in zip((first, second), FLOWS, strict=True):
        inside(flow).copy_(torch.from_numpy(case.figures.arrays[name]))
    made = network.synthesise(case.known, (first, second), 0.5)
    case.figures.check("out_before_rectify_t0.5", inside(made.blended))
    check_outside_jumps(case, "out_t0.5", inside(made.rectified), near(margin, REACH))


def check_outside_jumps(case: Case, name: str, ours: Tensor, jumps: Tensor) -> None:
    """Assert equality wherever [1, 1, H, W] `jumps` is not set, and in nine tenths of the picture anyway."""
    reference = case.figures.arrays[name]
    off = np.abs(ours.numpy() - reference).max(axis=1, keepdims=True)
    beyond = off > case.figures.tolerance(name)
    print(f"parity dain {name} {off[~beyond].max():.1e}, and {beyond.sum()} pixels behind a jump")
    assert not (beyond & ~inside(jumps).numpy()).any(), f"{name}: off by {off.max():.2e}"
    assert beyond.mean() < 0.1


def landing(case: Case, time: float) -> list[Tensor]:
    """Pixels around those targets of either flow that lie on a border, [1, 1, H, W] each."""
    marks = []
    for flow, share in zip(case.known.flows, (time, 1 - time), strict=True):
        full = F.interpolate(flow * 20 * share, scale_factor=4, mode="bilinear", align_corners=False)
        x, y = positions(full, full)
        mark = torch.zeros(full.shape[-2:], dtype=torch.bool)
        rows, columns = (side - 1 for side in mark.shape)
        at = on_border(x, y) & (x > -1) & (y > -1) & (x < columns + 1) & (y < rows + 1)
        mark[y[at].round().long().clamp(0, rows), x[at].round().long().clamp(0, columns)] = True
        marks.append(near(mark[None, None], 2))
    return marks


def sampling(flows: tuple[Tensor, Tensor]) -> Tensor:
    """Pixels whose point in either frame lies on a border, [1, 1, H, W]."""
    first, second = (on_border(*positions(flow, flow)) for flow in flows)
    return (first | second).unsqueeze(0)


def on_border(x: Tensor, y: Tensor) -> Tensor:
    return ((x - x.round()).abs() < BORDER) | ((y - y.round()).abs() < BORDER)


def near(marks: Tensor, radius: int) -> Tensor:
    """Whether any pixel in the square around is marked."""
    return F.max_pool2d(marks.float(), 2 * radius + 1, 1, radius) > 0


def test_the_made_up_weights_are_the_originals_to_the_bit(case):
    case.figures.check_weights()


def test_names_and_shapes_are_those_of_the_released_file_in_its_order(shared):
    record = json.loads(shared("parity", "dain.checkpoint.json").read_text())["keys"]
    with torch.device("meta"):
        state = DAIN().state_dict()
    assert [[name, list(tensor.shape)] for name, tensor in state.items()] == record


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tensor", "array"),
    [
        ("flownets.conv6_0.0.weight", "pwc_predict_flow6_0to1_padded"),
        ("flownets.upfeat5.weight", "pwc_predict_flow4_0to1_padded"),
        ("flownets.conv3b.0.bias", "pwc_raw_0to1_quarter_res_padded"),
        ("flownets.dc_conv5.0.weight", "pwc_raw_1to0_quarter_res_padded"),
        ("depthNet.3.0.0.3.0.0.3.0.1.5.3.3.weight", "log_depth_frame0"),
        ("initScaleNets_filter.17.weight", "filter0_ch0_4"),
        ("initScaleNets_filter1.2.bias", "filter0_ch0_4"),
    ],
)
@torch.inference_mode()
def test_the_tolerance_notices_one_tensor_off_by_a_tenth(case, tensor, array):
    with a_tenth_more(case.adapter, tensor):
        known = case.adapter.network.analyse(*case.frames.unbind(1))
        ours = analysed(case.adapter, case.frames, known)[array]
    assert np.abs(ours.numpy() - case.figures.arrays[array]).max() > 2 * allowed(case, array)


@pytest.mark.slow
@pytest.mark.parametrize(
    "tensor", ["ctxNet.block3.conv1.weight", "rectifyNet.block1.0.weight", "rectifyNet.block4.conv2.weight"]
)
@torch.inference_mode()
def test_the_last_frame_notices_one_tensor_off_by_a_tenth(case, tensor):
    with a_tenth_more(case.adapter, tensor):
        ours = inside(case.adapter.predict(case.frames, [0.25])[:, 0])
    off = np.abs(ours.numpy() - case.figures.arrays["slowmotion_out_t0.25"])
    assert np.median(off) > case.figures.tolerance("slowmotion_out_t0.25")


@contextmanager
def a_tenth_more(adapter: DAINAdapter, tensor: str) -> Iterator[None]:
    """Scale one of the network's tensors by 1.1 for the moment."""
    weight = adapter.network.get_parameter(tensor)
    before = weight.clone()
    try:
        weight.mul_(1.1)
        yield
    finally:
        weight.copy_(before)


@pytest.fixture(scope="module")
def sampled():
    """Other weights, another size and a batch of two unlike samples."""
    return Sampled.of(loaded("dain", DAINAdapter, seed_add=1), unlike_clips(), TIMES[:2])


def unlike_clips() -> Tensor:
    """Two clips of which one is dark, of the smallest size that the network takes: [2, 2, 3, 64, 64]."""
    return drifting_clips(2, 64, 64) * torch.tensor([1.0, 0.3]).view(2, 1, 1, 1, 1)


def test_the_sample_of_other_weights_is_reproduced(sampled):
    with np.load(SAMPLES / "dain.npz") as stored:
        reference = stored["dain"]
    off = np.abs(sampled.whole[CROP].numpy() - reference)
    assert np.quantile(off, 0.9) < 1e-4  # on another machine a jump may reach some pixels
    assert off.max() < 0.1
    assert reference.std() > 0.01


@pytest.mark.slow
@torch.inference_mode()
def test_a_batch_equals_single_samples(sampled):
    adapter, clips, _, whole = sampled
    single = torch.cat([adapter.predict(clip[None], TIMES[:2]) for clip in clips])
    off = (whole - single).abs()
    assert off.quantile(0.99) < 2e-5
    assert off.max() < 0.1  # at jumps


@pytest.mark.slow
@torch.inference_mode()
def test_several_times_together_equal_each_time_alone(sampled):
    sampled.check_each_time_alone()


@pytest.mark.slow
@torch.inference_mode()
def test_a_second_run_is_the_same_to_the_bit_and_leaves_the_frames_alone(sampled):
    sampled.check_second_run()


def write_samples() -> None:
    """Write the sample file."""
    adapter = loaded("dain", DAINAdapter, seed_add=1)
    with torch.inference_mode():
        made = adapter.predict(unlike_clips(), TIMES[:2])
    np.savez_compressed(SAMPLES / "dain.npz", dain=made[CROP].numpy())


if __name__ == "__main__":
    write_samples()
