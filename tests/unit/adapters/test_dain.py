"""DAIN's adapter: its files, its frames, and the parts that inference changes."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from vfibench.errors import VfibenchError
from vfibench.frames.padding import margins
from vfibench_adapters.dain.adapter import DAINAdapter
from vfibench_adapters.dain.megadepth import Inception, StoredNorm, fold_norms, hourglass
from vfibench_adapters.dain.network import DAIN

CPU = torch.device("cpu")
FIRST = "initScaleNets_filter.0.weight"


@pytest.fixture(scope="module")
def released():
    """All names and shapes of the released file, every tensor the same one number in memory."""
    with torch.device("meta"):
        state = DAIN().state_dict()
    return {name: torch.tensor(0.5).expand(tensor.shape) for name, tensor in state.items()}


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def without(released, name):
    return {key: tensor for key, tensor in released.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda released: {"block0.convblock.0.0.weight": torch.zeros(3)}, "1 unexpected .first: block0"),
        (lambda released: without(released, FIRST), f"1 missing .first: {FIRST}"),
        (lambda released: without(released, "depthNet.1.running_var"), "1 missing .first: depthNet.1.run"),
        (lambda released: released | {"ctxNet.extra": torch.zeros(1)}, "1 unexpected .first: ctxNet.extra"),
        (lambda released: released | {FIRST: torch.zeros(16, 3, 3, 3)}, r"expected \[16, 6, 3, 3\], found"),
        (lambda released: {"state": 1}, "expected named tensors, found entries state"),
    ],
)
def test_a_file_of_another_network_is_refused_in_one_line(tmp_path, released, change, message):
    torch.save(change(released), tmp_path / "best.pth")
    with pytest.raises(VfibenchError, match=message) as caught:
        DAINAdapter().load(CPU, tmp_path / "best.pth")
    assert "\n" not in str(caught.value)
    assert "best.pth" in str(caught.value)


def test_counters_of_training_batches_are_let_in_and_make_no_difference(tmp_path, released):
    names = [name for name in released if name.endswith("running_var")]
    counters = {name.replace("running_var", "num_batches_tracked"): torch.tensor(7) for name in names}
    loaded = []
    for extra in ({}, counters):
        torch.save(released | extra, tmp_path / "best.pth")
        adapter = DAINAdapter()
        adapter.load(CPU, tmp_path / "best.pth")
        loaded.append(adapter.network.state_dict())
    assert len(counters) == 155
    assert all(torch.equal(loaded[0][name], tensor) for name, tensor in loaded[1].items())


def test_it_has_the_parameters_of_the_original():
    with torch.device("meta"):
        network = DAIN()
    parts = {name: sum(p.numel() for p in part.parameters()) for name, part in network.named_children()}
    assert sum(parts.values()) == 24_031_656
    assert (parts["flownets"], parts["depthNet"], parts["ctxNet"]) == (9_374_340, 5_357_153, 156_864)


def test_another_number_of_frames_is_refused():
    with pytest.raises(VfibenchError, match="dain: expected 2 frames, found 4"):
        DAINAdapter().predict(noise(1, 4, 3, 64, 64), [0.5])


def test_frames_are_padded_by_the_original_rule():
    padding = DAINAdapter.card.padding
    assert margins(256, 448, padding) == (32, 32, 32, 32)
    assert margins(480, 640, padding) == (16, 16, 32, 32)


@pytest.fixture(scope="module")
def depth():
    """An hourglass whose norms have learned something."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = hourglass().eval().requires_grad_(False)
        for norm in network.modules():
            if isinstance(norm, StoredNorm):
                norm.running_mean.normal_(0, 0.2)
                norm.running_var.uniform_(0.05, 0.5)
        network[1].weight.uniform_(0.5, 2)
        network[1].bias.normal_()
    return network


def test_folding_the_norms_leaves_the_depth_as_it_was(depth):
    folded, frames = copy.deepcopy(depth), noise(2, 3, 48, 64)
    fold_norms(folded)
    assert not any(isinstance(layer, StoredNorm) for layer in folded.modules())
    made, expected = folded(frames), depth(frames)
    assert expected.std() > 1e-3
    torch.testing.assert_close(made, expected, rtol=1e-4, atol=1e-4)


def test_a_stored_norm_is_torch_s_in_evaluation(depth):
    ours, theirs = depth[1], nn.BatchNorm2d(128).eval()
    theirs.load_state_dict(ours.state_dict() | {"num_batches_tracked": torch.tensor(0)})
    features = noise(2, 128, 5, 7)
    torch.testing.assert_close(ours(features), theirs(features))


def test_the_hourglass_has_22_inceptions_of_four_branches(depth):
    blocks = [layer for layer in depth.modules() if isinstance(layer, Inception)]
    assert len(blocks) == 22
    assert all(len(block) == 4 for block in blocks)


@pytest.mark.slow
def test_gradients_reach_all_parameters_but_those_that_have_no_say():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = DAIN()
    first, second = noise(2, 1, 3, 64, 64).unbind()
    known = network.analyse(first, second)
    made = network.synthesise(known, network.flows(known, 0.5), 0.5)
    made.rectified.square().mean().backward()
    silent = {name for name, parameter in network.named_parameters() if parameter.grad is None}
    assert silent == {"flownets.deconv2.weight", "flownets.deconv2.bias"}
