"""Loading Super SloMo's files, and its smaller functions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from golden.made_weights import made_network, superslomo_stages, write_released
from safetensors.torch import save_file

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD
from vfibench.errors import VfibenchError
from vfibench.frames.padding import pad
from vfibench.registry import DATASETS
from vfibench.running.scale_fitting import common_inputs
from vfibench.training.export import export
from vfibench.weights.reading import missing_weights
from vfibench_adapters.superslomo.adapter import (
    ConvGRUAdapter,
    ConvLSTMAdapter,
    SuperSloMoAdapter,
    stage_weights,
)
from vfibench_adapters.superslomo.network import SuperSloMo

CPU = torch.device("cpu")


class Kind(NamedTuple):
    """A bottleneck's adapter, and the name of its made-up weights."""

    adapter: type[SuperSloMoAdapter]
    made: str


KINDS = {
    "conv": Kind(SuperSloMoAdapter, "superslomo"),
    "convlstm": Kind(ConvLSTMAdapter, "superslomo_r"),
    "convgru": Kind(ConvGRUAdapter, "superslomo_r_gru"),
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.pt"


def refusal(adapter, file):
    with pytest.raises(VfibenchError) as caught:
        adapter.load(CPU, file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


def test_padding_by_the_card_equals_the_originals_zeros_after_normalisation():
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    frames = torch.rand(1, 2, 3, 45, 70)
    ours = (pad(frames, SuperSloMoAdapter.card.padding) - mean) / std
    originals = F.pad((frames - mean) / std, (13, 13, 9, 10))  # 70 to 96, 45 to 64, the odd row below
    assert torch.equal(ours, originals)


def test_a_file_of_superslomo_is_not_taken_for_convlstm(file):
    write_released("superslomo", file, width=2)
    message = refusal(ConvLSTMAdapter(), file)
    assert "expected ConvLSTM (conv6.forward_net...), found plain convolutions (conv6.0.0...)" in message
    assert "superslomo-r.pt" in message


def test_a_file_of_convlstm_is_not_taken_for_superslomo(file):
    write_released("superslomo_r", file, width=2)
    message = refusal(SuperSloMoAdapter(), file)
    assert "expected plain convolutions (conv6.0.0...), found ConvLSTM (conv6.forward_net...)" in message


def test_convlstm_and_convgru_files_are_told_apart(file):
    write_released("superslomo_r_gru", file, width=2)
    assert "expected ConvLSTM (conv6.forward_net...), found ConvGRU" in refusal(ConvLSTMAdapter(), file)
    write_released("superslomo_r", file, width=2)
    assert "expected ConvGRU (conv6.forward_net...), found ConvLSTM" in refusal(ConvGRUAdapter(), file)


@pytest.mark.parametrize("width", [2, 3, 5])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_network_of_any_width_is_loaded_from_the_released_structure(file, kind, width):
    write_released(KINDS[kind].made, file, width=width)
    adapter = KINDS[kind].adapter()
    adapter.load(CPU, file)
    expected = made_network(KINDS[kind].made, width=width).state_dict()
    loaded = adapter.network.state_dict()
    assert list(loaded) == list(expected)
    assert all(torch.equal(loaded[name], value) for name, value in expected.items())


@pytest.mark.parametrize("kind", list(KINDS))
def test_exported_half_precision_becomes_single_precision_and_predicts(tmp_path, kind):
    network, path = SuperSloMo(kind, width=3), tmp_path / "weights.safetensors"
    export(network, {"method": kind}, path, half=True)
    adapter = KINDS[kind].adapter()
    adapter.load(CPU, path)
    for name, value in network.state_dict().items():
        found = adapter.network.state_dict()[name]
        assert found.dtype == torch.float32
        assert torch.equal(found, value.half().float())
    frames = torch.rand(1, adapter.card.inputs[0], 3, 32, 64)
    assert adapter.predict(frames, [0.5]).shape == (1, 1, 3, 32, 64)


def test_a_tensor_of_another_width_than_the_first_is_refused(file):
    state = SuperSloMo("conv", width=2).state_dict()
    odd = "stage2_model.conv3b.0.weight"
    torch.save({**state, odd: torch.zeros(9, 8, 3, 3)}, file)
    message = refusal(SuperSloMoAdapter(), file)
    assert f"1 of another shape (first: {odd} expected [8, 8, 3, 3], found [9, 8, 3, 3])" in message


@pytest.mark.parametrize("first", [torch.zeros(0, 6, 7, 7), torch.zeros(2), torch.zeros(2, 16, 7, 7)])
def test_a_first_convolution_of_no_possible_shape_is_refused(file, first):
    state = SuperSloMo("conv", width=2).state_dict()
    torch.save({**state, "stage1_model.conv1a.0.weight": first}, file)
    assert "of another shape (first: stage1_model.conv1a.0.weight expected" in refusal(
        SuperSloMoAdapter(), file
    )


def test_a_file_without_the_first_convolution_is_refused_by_its_name(file):
    state = SuperSloMo("conv", width=2).state_dict()
    del state["stage1_model.conv1a.0.weight"]
    torch.save(state, file)
    assert "1 missing (first: stage1_model.conv1a.0.weight)" in refusal(SuperSloMoAdapter(), file)


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": {}}, {}, {"stage1_state_dict": {}}, {1: 2}])
def test_another_projects_checkpoint_is_refused_by_its_structure(file, content):
    torch.save(content, file)
    message = refusal(SuperSloMoAdapter(), file)
    assert "expected a dict with stage1_state_dict and stage2_state_dict, found" in message


def test_one_stage_without_the_other_is_refused(file):
    state = SuperSloMo("conv", width=2).state_dict()
    torch.save({name: value for name, value in state.items() if name.startswith("stage1")}, file)
    assert "missing (first: stage2_model.conv1a.0.weight)" in refusal(SuperSloMoAdapter(), file)


def test_released_and_flat_structure_give_the_same_names_and_values(file):
    network = SuperSloMo("convlstm", width=2)
    flat, released = network.state_dict(), superslomo_stages(network)
    for checkpoint in (flat, released):
        state = stage_weights(checkpoint, file)
        assert list(state) == list(flat)
        assert all(torch.equal(state[name], flat[name]) for name in flat)


def test_weights_are_loaded_into_the_network(file, monkeypatch):
    monkeypatch.setattr(SuperSloMo.__init__, "__defaults__", (2,))  # a narrow network is quick
    network = SuperSloMo("conv")
    for path, save in ((file, torch.save), (file.with_suffix(".safetensors"), save_file)):
        save(network.state_dict(), path)
        adapter = SuperSloMoAdapter()
        adapter.load(CPU, path)
        loaded = adapter.network.state_dict()
        assert all(torch.equal(loaded[name], value) for name, value in network.state_dict().items())
        assert not any(parameter.requires_grad for parameter in adapter.network.parameters())
        assert not adapter.network.training


def test_random_parameters_repeat_and_leave_the_global_random_state_alone(monkeypatch):
    monkeypatch.setattr(SuperSloMo.__init__, "__defaults__", (2,))
    first, second = SuperSloMoAdapter(), SuperSloMoAdapter()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first.load(CPU, None)
    assert torch.equal(torch.rand(3), expected)
    second.load(CPU, None)
    states = first.network.state_dict(), second.network.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


NAMES = {"convlstm": "superslomo_r", "convgru": "superslomo_r_gru"}
ADAPTERS = {"convlstm": ConvLSTMAdapter, "convgru": ConvGRUAdapter}
each_recurrence = pytest.mark.parametrize("kind", list(NAMES))


def narrow(kind):
    """An adapter with a narrow network of made-up weights, which is quick."""
    adapter = ADAPTERS[kind]()
    adapter.network = made_network(NAMES[kind], width=4)
    adapter.mean, adapter.std = (torch.tensor(v).view(3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    return adapter


def without_memory(kind):
    """The same with recurrent cells that forget everything and hear nothing of their state."""
    adapter = narrow(kind)
    for name, parameter in adapter.network.named_parameters():
        parameter.requires_grad_(False)
        if ".cell_list." not in name:
            continue
        if parameter.dim() == 4:
            gates = 4 if kind == "convlstm" else 1
            parameter[:, -parameter.shape[0] // gates :] = 0
        elif "update_gate" in name:
            parameter += 100  # all of the candidate
        elif kind == "convlstm":
            parameter.chunk(4)[1].sub_(100)  # the forget gate
    return adapter


def clip_of(count, size=32):
    return torch.rand(1, count, 3, size, size, generator=torch.Generator().manual_seed(3))


@each_recurrence
@pytest.mark.parametrize("count", [4, 6, 8])
def test_the_output_lies_in_the_middle_window(kind, count):
    adapter, frames = without_memory(kind), clip_of(count)
    middle = frames[:, count // 2 - 1 : count // 2 + 1]  # at times 0 and 1
    found, alone = (adapter.predict(given, [0.25]) for given in (frames, middle))
    torch.testing.assert_close(found, alone, rtol=0, atol=1e-5)
    earlier = adapter.predict(frames[:, count // 2 - 2 : count // 2], [0.25])
    assert (found - earlier).abs().max() > 0.05


@each_recurrence
@pytest.mark.parametrize("count", [4, 6, 8])
def test_every_frame_reaches_the_output(kind, count):
    adapter, frames = narrow(kind), clip_of(count)
    with torch.inference_mode():
        whole = adapter.predict(frames, [0.5])
        for index in range(count):
            changed = frames.clone()
            changed[:, index] = 1 - changed[:, index]
            assert (adapter.predict(changed, [0.5]) - whole).abs().max() > 1e-5, f"frame {index}"


@each_recurrence
def test_two_frames_are_one_window_and_not_replicated_ones(kind):
    adapter, frames = narrow(kind), clip_of(2)
    with torch.inference_mode():
        assert len(adapter.network.motion(frames).flows) == 1
        replicated = adapter.predict(frames[:, [0, 0, 1, 1]], [0.5])
        assert (adapter.predict(frames, [0.5]) - replicated).abs().max() > 1e-3


@each_recurrence
def test_datasets_that_give_four_frames_give_four(kind):
    four = [card for card in DATASETS.cards() if max(card.inputs) == 4]
    assert four
    assert {common_inputs(ADAPTERS[kind].card, card) for card in four} == {4}


@each_recurrence
def test_four_frames_are_used_even_where_there_are_eight(kind):
    offers_more = replace(DATASETS.card("clip"), inputs=(2, 4, 6, 8))
    assert common_inputs(ADAPTERS[kind].card, offers_more) == 4


@each_recurrence
def test_a_clip_takes_the_usual_count(kind):
    adapter, clip = narrow(kind), clip_of(6)[0]
    with torch.inference_mode():
        fours = torch.cat([adapter.predict(clip[None, k : k + 4], [0.5]) for k in (0, 1, 2)])
        torch.testing.assert_close(adapter.predict_clip(clip, [0.5]), fours, rtol=0, atol=1e-5)


def test_clips_that_are_too_short_are_refused():
    with pytest.raises(VfibenchError, match="convgru: expected at least 4 frames in a clip, found 3"):
        narrow("convgru").predict_clip(clip_of(3)[0], [0.5])


def test_convgru_asks_for_weights_and_says_that_none_were_released():
    assert ConvGRUAdapter.card.learned
    assert "none were released" in str(missing_weights(ConvGRUAdapter.card).hint)
