"""Loading Super SloMo's files, and its smaller functions."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from golden.made_weights import superslomo_stages, write_released
from safetensors.torch import save_file

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD
from vfibench.errors import VfibenchError
from vfibench.frames import pad
from vfibench_adapters.superslomo.adapter import ConvLSTMAdapter, SuperSloMoAdapter, stage_weights
from vfibench_adapters.superslomo.network import SuperSloMo, flows_from

CPU = torch.device("cpu")


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


def test_flow_from_a_time_near_the_first_frame_is_nearly_the_whole_flow_to_the_second():
    flows = torch.tensor([8.0, 4.0, -6.0, -2.0]).view(1, 4, 1, 1)
    to_second, to_first = (flow.flatten().tolist() for flow in flows_from(flows, 0.25))
    assert to_second == [0.5625 * 8 + 0.1875 * 6, 0.5625 * 4 + 0.1875 * 2]
    assert to_first == [-0.0625 * 6 - 0.1875 * 8, -0.0625 * 2 - 0.1875 * 4]


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


def test_a_convgru_file_is_named_for_what_it_is(file):
    name = "conv6.forward_net.cell_list.0.update_gate.weight"
    stage = {name: torch.zeros(1)}
    torch.save({"stage1_state_dict": stage, "stage2_state_dict": stage}, file)
    assert "found ConvGRU" in refusal(ConvLSTMAdapter(), file)


def test_a_narrower_network_is_refused_with_the_first_shape_that_differs(file):
    write_released("superslomo_r", file, width=2)
    message = refusal(ConvLSTMAdapter(), file)
    assert "102 of another shape" in message
    assert "stage1_model.conv1a.0.weight expected [32, 6, 7, 7], found [2, 6, 7, 7]" in message


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
