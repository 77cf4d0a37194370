"""SepConv's bands, padding and files."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from golden.made_weights import made_network, write_released

import vfibench_adapters.sepconv.network as network_module
from vfibench.contracts import Padding
from vfibench.errors import VfibenchError
from vfibench.frames.padding import crop, pad
from vfibench_adapters.sepconv.adapter import SepConvAdapter
from vfibench_adapters.sepconv.network import Head, SepConv

CPU = torch.device("cpu")


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def small():
    return made_network("sepconv", width=2, taps=5)


def in_one_piece(network, first, second):
    """The network as the paper draws it: all taps at once, patches unfolded."""
    features = network.features(first, second)
    total = 0
    for frame, vertical, horizontal in (
        (first, network.netVertical1, network.netHorizontal1),
        (second, network.netVertical2, network.netHorizontal2),
    ):
        patches = F.pad(frame, (2, 2, 2, 2), mode="replicate").unfold(2, 5, 1).unfold(3, 5, 1)
        taps = (
            torch.nn.Sequential.forward(vertical, features),
            torch.nn.Sequential.forward(horizontal, features),
        )
        total = total + torch.einsum("bcyxij,biyx,bjyx->bcyx", patches, *taps)
    return total


@pytest.mark.parametrize("band", [8, 24, 64])
def test_working_in_bands_changes_nothing(small, band, monkeypatch):
    monkeypatch.setattr(network_module, "BAND", band)
    first, second = noise(2, 3, 64, 32), noise(2, 3, 64, 32, seed=1)
    with torch.inference_mode():
        torch.testing.assert_close(
            small(first, second), in_one_piece(small, first, second), rtol=0, atol=1e-5
        )


def test_gradients_reach_every_parameter_as_they_do_in_one_piece(small, monkeypatch):
    monkeypatch.setattr(network_module, "BAND", 16)
    small.double()
    frames = noise(2, 1, 3, 64, 32).double()
    small(*frames).square().mean().backward()
    found = {name: parameter.grad.clone() for name, parameter in small.named_parameters()}
    small.zero_grad()
    in_one_piece(small, *frames).square().mean().backward()
    for name, parameter in small.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, msg=lambda text, name=name: f"{name}: {text}")
        assert parameter.grad.abs().max() > 0, name


def test_doubling_in_bands_is_exact_in_a_high_frame():
    head, coarse = Head(4, 3), noise(1, 3, 1000, 2)
    with torch.inference_mode():
        whole = head[-1](head[-2](coarse))
        found = torch.cat([head.band(coarse, top, top + 125) for top in range(0, 2000, 125)], dim=2)
    torch.testing.assert_close(found, whole, rtol=0, atol=2e-4)  # torch itself places rows in float32
    with torch.inference_mode():
        exact = head.double()[-1](head[-2](coarse.double()))
        found = torch.cat([head.band(coarse.double(), top, top + 125) for top in range(0, 2000, 125)], dim=2)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-6)


def test_the_cards_padding_is_the_authors_of_today():
    assert SepConvAdapter.card.padding == Padding(128, "replicate", "end")


@pytest.mark.parametrize("size", [(45, 70), (64, 78), (79, 129)])
def test_the_papers_padding_is_25_pixels_and_then_up_to_128(size):
    rule = SepConvAdapter.card.variants["paper"].padding
    frames = noise(1, 3, *size)
    wider = F.pad(frames, (25, 25, 25, 25), mode="replicate")
    height, width = wider.shape[2:]
    originals = F.pad(wider, (0, -width % 128, 0, -height % 128), mode="replicate")
    assert torch.equal(pad(frames, rule), originals)
    assert torch.equal(crop(originals, *size, rule), frames)


@pytest.mark.parametrize("times", [(0.25,), (0.5, 0.75), ()])
def test_other_times_than_the_middle_are_refused(times):
    adapter = SepConvAdapter()
    with pytest.raises(VfibenchError, match=r"sepconv: expected the time 0\.5, found"):
        adapter.predict(noise(1, 2, 3, 32, 32), times)


def test_another_number_of_frames_is_refused():
    with pytest.raises(VfibenchError, match="sepconv: expected 2 frames, found 4"):
        SepConvAdapter().predict(noise(1, 4, 3, 32, 32), (0.5,))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.pytorch"


def refusal(file):
    with pytest.raises(VfibenchError) as caught:
        SepConvAdapter().load(CPU, file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


def test_a_narrower_network_is_refused_with_the_first_shape_that_differs(file):
    write_released("sepconv", file, width=2, taps=5)
    assert "netConv1.0.weight expected [32, 6, 3, 3], found [2, 6, 3, 3]" in refusal(file)


def released():
    with torch.device("meta"):
        shapes = SepConv().state_dict()
    zero = torch.zeros(1)  # stride 0: the file holds one number a tensor
    return {name.replace("net", "module", 1): zero.expand(tensor.shape) for name, tensor in shapes.items()}


def test_a_missing_tensor_is_named(file):
    state = released()
    del state["moduleVertical2.7.bias"]
    torch.save(state, file)
    assert "1 missing (first: netVertical2.7.bias)" in refusal(file)


def test_a_tensor_too_many_is_named(file):
    torch.save(released() | {"moduleConv6.0.weight": torch.zeros(1)}, file)
    assert "1 unexpected (first: netConv6.0.weight)" in refusal(file)


def test_another_networks_file_is_refused(file):
    write_released("superslomo", file, width=2)
    assert "expected named tensors, found entries epoch, stage1_state_dict" in refusal(file)


def test_names_of_today_are_read_too(file):
    torch.save({name.replace("module", "net", 1): tensor for name, tensor in released().items()}, file)
    adapter = SepConvAdapter()
    adapter.load(CPU, file)
    assert not adapter.network.netHorizontal2[7].weight.any()


@torch.inference_mode()
def test_the_middle_asked_for_twice_is_given_twice():
    adapter = SepConvAdapter()
    adapter.network = SepConv(width=4, taps=5).eval()
    frames = noise(1, 2, 3, 32, 32)
    twice, once = adapter.predict(frames, (0.5, 0.5)), adapter.predict(frames, (0.5,))
    assert torch.equal(twice, once.expand(1, 2, 3, 32, 32))
