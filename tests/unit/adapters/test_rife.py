"""Loading RIFE's files, its settings, and its smaller parts."""

from __future__ import annotations

import functools

import pytest
import torch
import torch.nn.functional as F
from golden.made_weights import from_ddp, made_network, write_released
from golden.parity import drifting_clips
from safetensors.torch import save_file

from vfibench.errors import VfibenchError
from vfibench.frames.padding import pad
from vfibench_adapters.rife.adapter import RIFEAdapter, RIFEMAdapter
from vfibench_adapters.rife.network import Estimate, IFNet
from vfibench_adapters.rife.refinement import ContextNet, warp_levels

CPU = torch.device("cpu")
NARROW = (8, 6, 4)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "flownet.pkl"


@functools.cache
def network_of(name):
    """A small network of made-up weights, which is quick; nobody changes it."""
    return made_network(name, widths=NARROW).requires_grad_(False)


def narrow(adapter_class, **settings):
    """An adapter with such a network."""
    adapter = adapter_class(**settings)
    adapter.network = network_of("rife_m" if adapter.timed else "rife")
    return adapter


def refusal(adapter, file):
    with pytest.raises(VfibenchError) as caught:
        adapter.load(CPU, file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("adapter", "released", "expected", "found"),
    [(RIFEAdapter, "rife_m", "RIFE", "RIFE_m"), (RIFEMAdapter, "rife", "RIFE_m", "RIFE")],
)
def test_the_two_files_of_one_name_are_told_apart(adapter, released, expected, found, file):
    write_released(released, file, widths=NARROW)
    # The first convolution alone says which it is, whatever the width.
    assert f"expected weights of {expected}, found those of {found} in" in refusal(adapter(), file)


def test_a_file_with_part_of_the_teacher_is_refused(file):
    state = from_ddp(made_network("rife", widths=NARROW))
    torch.save({name: value for name, value in state.items() if "block_tea.conv" not in name}, file)
    assert "30 missing (first: block_tea.conv0.0.0.weight)" in refusal(RIFEAdapter(), file)


def test_a_file_without_the_teacher_is_enough(file):
    state = from_ddp(made_network("rife", widths=NARROW))
    torch.save({name: value for name, value in state.items() if "block_tea" not in name}, file)
    adapter = RIFEAdapter()
    adapter.load(CPU, file)
    assert not hasattr(adapter.network, "block_tea")


def test_a_tensor_too_many_is_refused(file):
    state = from_ddp(made_network("rife", widths=NARROW))
    torch.save(state | {"module.block3.lastconv.bias": torch.zeros(5)}, file)
    assert "1 unexpected (first: block3.lastconv.bias)" in refusal(RIFEAdapter(), file)


def test_names_of_which_only_some_have_the_prefix_are_refused(file):
    state = from_ddp(made_network("rife", widths=NARROW))
    torch.save(state | {"block0.lastconv.bias": torch.zeros(5)}, file)
    assert "unexpected (first: module.block0.conv0.0.0.weight)" in refusal(RIFEAdapter(), file)


@pytest.mark.parametrize("content", [[1, 2], {}, {"epoch": 3}])
def test_another_projects_checkpoint_is_refused_by_its_structure(file, content):
    torch.save(content, file)
    assert "expected named tensors, found" in refusal(RIFEAdapter(), file)


def test_released_and_bare_names_give_the_same_network_of_the_files_own_width(file):
    network = IFNet(timed=True, widths=NARROW, context=3)
    torch.save(from_ddp(network), file)
    save_file(network.state_dict(), file.with_suffix(".safetensors"))
    for path in (file, file.with_suffix(".safetensors")):
        adapter = RIFEMAdapter()
        adapter.load(CPU, path)
        state = adapter.network.state_dict()
        assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())


def test_parameters_are_as_many_as_the_originals():
    with torch.device("meta"):
        counts = {timed: sum(each.numel() for each in IFNet(timed).parameters()) for timed in (False, True)}
        teacher = sum(each.numel() for each in IFNet(timed=False).block_tea.parameters())
    assert counts == {False: 10_708_215, True: 10_710_780}
    assert teacher == 636_665


@pytest.mark.parametrize("scale", [0, 0.3, 2])
def test_another_scale_is_refused(scale):
    with pytest.raises(VfibenchError, match=r"rife-m: expected a scale of 1, 0\.5 or 0\.25, found"):
        RIFEMAdapter(scale)


def test_another_number_of_frames_and_another_time_are_refused():
    adapter, frames = narrow(RIFEAdapter), torch.rand(1, 4, 3, 32, 32)
    with pytest.raises(VfibenchError, match="rife: expected 2 frames, found 4"):
        adapter.predict(frames, [0.5])
    with pytest.raises(VfibenchError, match=r"rife: expected the time 0\.5, found \[0\.5, 0\.25\]"):
        adapter.predict(frames[:, :2], [0.5, 0.25])


@torch.inference_mode()
def test_the_hd_variant_gives_the_network_rgb():
    frames, variant = drifting_clips(2, 64, 64), RIFEAdapter.card.variants["hd"]
    usual = narrow(RIFEAdapter)
    found = narrow(RIFEAdapter, **variant.settings).predict(frames, [0.5])
    assert torch.equal(found, usual.predict(frames.flip(2), [0.5]).flip(2))
    assert not torch.allclose(found, usual.predict(frames, [0.5]), atol=1e-4)
    assert (variant.padding.multiple, variant.padding.mode) == (32, "replicate")


@pytest.mark.parametrize("adapter_class", [RIFEAdapter, RIFEMAdapter])
@torch.inference_mode()
def test_the_average_with_the_rotated_frames_turns_with_them(adapter_class):
    frames, adapter = drifting_clips(2, 64, 64), narrow(adapter_class, rotated=True)
    plain = narrow(adapter_class)
    there = adapter.predict(frames, [0.5])
    back = adapter.predict(frames.flip(3, 4), [0.5]).flip(3, 4)
    torch.testing.assert_close(there, back, rtol=0, atol=1e-6)
    halves = plain.predict(frames, [0.5]), plain.predict(frames.flip(3, 4), [0.5]).flip(3, 4)
    torch.testing.assert_close(there, (halves[0] + halves[1]) / 2, rtol=0, atol=1e-6)
    assert (halves[0] - halves[1]).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("name", "size"), [("", 32), ("tta", 32), ("scale-half", 64), ("scale-quarter", 128)]
)
@pytest.mark.parametrize("adapter_class", [RIFEAdapter, RIFEMAdapter])
@torch.inference_mode()
def test_every_variant_runs_at_the_smallest_size_of_its_padding(adapter_class, name, size):
    card = adapter_class.card
    variant = card.variants[name] if name else None
    padding = (variant.padding if variant else None) or card.padding
    frames = torch.rand(1, 2, 3, 5, 7)
    padded = pad(frames, padding)
    assert torch.equal(padded, F.pad(frames, (0, size - 7, 0, size - 5)))  # zeros at the right and below
    made = narrow(adapter_class, **(variant.settings if variant else {})).predict(padded, [0.5])
    assert made.shape == (1, 1, 3, size, size)
    assert made.isfinite().all()


@torch.inference_mode()
def test_a_scale_makes_the_flow_from_smaller_frames():
    frames = drifting_clips(2, 128, 128)
    network = narrow(RIFEAdapter).network
    quarter = network.context(frames, RIFEAdapter(0.25).scales)
    assert [small.shape[-1] for small in quarter.small] == [8, 16, 32]
    whole = network.context(frames)
    assert [small.shape[-1] for small in whole.small] == [32, 64, 128]
    flows = [network.estimates(context, 0.5)[-1].flow for context in (whole, quarter)]
    assert flows[0].shape == flows[1].shape
    assert (flows[0] - flows[1]).abs().max() > 0.01


@torch.inference_mode()
def test_only_the_timed_network_minds_the_time():
    frames = drifting_clips(2, 32, 32)
    for adapter_class, minds in ((RIFEAdapter, False), (RIFEMAdapter, True)):
        network = narrow(adapter_class).network
        context = network.context(frames)
        early, late = network.synthesise(context, 0.25), network.synthesise(context, 0.75)
        assert torch.equal(early, late) is not minds


@torch.inference_mode()
def test_the_network_sees_blue_first():
    frames, adapter = drifting_clips(2, 32, 32), narrow(RIFEAdapter)
    network = adapter.network
    made = network.synthesise(network.context(frames[:, :, [2, 1, 0]]), 0.5)[:, [2, 1, 0]]
    assert torch.equal(adapter.predict(frames, [0.5])[:, 0], made)


@torch.inference_mode()
def test_a_scale_is_not_remembered_from_one_adapter_to_the_next():
    frames, plain = drifting_clips(2, 64, 64), narrow(RIFEAdapter)
    before = plain.predict(frames, [0.5])
    assert not torch.equal(narrow(RIFEAdapter, scale=0.5).predict(frames, [0.5]), before)
    assert torch.equal(plain.predict(frames, [0.5]), before)
    assert torch.equal(narrow(RIFEAdapter).predict(frames, [0.5]), before)


@torch.inference_mode()
def test_flow_stays_in_single_precision_under_autocast():
    network = narrow(RIFEAdapter).network
    with torch.autocast("cpu", torch.bfloat16):
        last = network.estimates(network.context(drifting_clips(2, 32, 32)), 0.5)[-1]
    assert last.flow.dtype == last.logit.dtype == last.warped0.dtype == torch.float32


def test_the_mask_is_the_first_frames_share():
    logit = torch.logit(torch.tensor(0.25)).view(1, 1, 1, 1)
    first, second = torch.full((1, 3, 1, 1), 0.8), torch.full((1, 3, 1, 1), 0.4)
    merged = Estimate(torch.zeros(1, 4, 1, 1), logit, first, second).merged
    torch.testing.assert_close(merged, torch.full((1, 3, 1, 1), 0.25 * 0.8 + 0.75 * 0.4))


def test_context_is_warped_by_a_flow_halved_in_size_and_value():
    levels = [torch.rand(1, 4, 32, 32), torch.rand(1, 8, 16, 16)]
    flow = torch.tensor([8.0, -4.0]).view(1, 2, 1, 1).expand(1, 2, 64, 64)
    for level, warped, (x, y) in zip(levels, warp_levels(levels, flow), ((4, -2), (2, -1)), strict=True):
        inside = warped[..., 2:, :-4]
        torch.testing.assert_close(inside, level.roll((-x, -y), (3, 2))[..., 2:, :-4], rtol=0, atol=1e-5)


def test_context_has_four_levels():
    shapes = [tuple(level.shape) for level in ContextNet()(torch.rand(1, 3, 32, 64))]
    assert shapes == [(1, 16, 16, 32), (1, 32, 8, 16), (1, 64, 4, 8), (1, 128, 2, 4)]


def test_every_parameter_has_a_gradient_from_the_student_or_the_teacher():
    network = made_network("rife_m", widths=NARROW).train()
    frames = drifting_clips(3, 32, 32)
    context = network.context(frames[:, [0, 2]])
    levels = network.estimates(context, 0.5)
    teacher = network.teacher(context, 0.5, levels[-1], frames[:, 1])
    (network.correction(context, levels[-1]).sum() + teacher.merged.sum()).backward()
    without = [name for name, each in network.named_parameters() if each.grad is None]
    assert not without
