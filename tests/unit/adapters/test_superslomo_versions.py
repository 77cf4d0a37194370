"""Super SloMo of Paliwal and of NVIDIA: their files, and what sets them apart."""

from __future__ import annotations

import pytest
import torch
from golden.made_weights import MADE, made_network, write_released

from vfibench.errors import VfibenchError
from vfibench_adapters.loading import tensors_in
from vfibench_adapters.superslomo_adobe.adapter import SuperSloMoAdobeAdapter
from vfibench_adapters.superslomo_adobe.network import UNet, shrinking_warp
from vfibench_adapters.superslomo_nvidia.adapter import SuperSloMoNvidiaAdapter

CPU = torch.device("cpu")
ADAPTERS = {"superslomo_paliwal": SuperSloMoAdobeAdapter, "superslomo_nvidia": SuperSloMoNvidiaAdapter}
each = pytest.mark.parametrize("name", list(ADAPTERS))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.pth"


def refusal(name, file):
    with pytest.raises(VfibenchError) as caught:
        ADAPTERS[name]().load(CPU, file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


def plain_shrinking_warp(image, flow, sampled):
    """Bilinear sampling pixel by pixel, of column `sampled(x, width)` for x = column + flow."""
    height, width = image.shape
    out = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            x = sampled(column + float(flow[0, row, column]), width)
            y = sampled(row + float(flow[1, row, column]), height)
            for r in (int(y // 1), int(y // 1) + 1):
                for c in (int(x // 1), int(x // 1) + 1):
                    if 0 <= r < height and 0 <= c < width:
                        out[row, column] += (1 - abs(y - r)) * (1 - abs(x - c)) * image[r, c]
    return out


@pytest.mark.parametrize(
    ("align_corners", "sampled"),
    [(True, lambda x, size: x * (size - 1) / size), (False, lambda x, size: x - 0.5)],
)
def test_the_shrinking_warp_samples_where_it_says(align_corners, sampled):
    generator = torch.Generator().manual_seed(1)
    image, flow = torch.rand(6, 9, generator=generator), 3 * torch.randn(2, 6, 9, generator=generator)
    found = shrinking_warp(image[None, None], flow[None], align_corners)[0, 0]
    torch.testing.assert_close(found, plain_shrinking_warp(image, flow, sampled), rtol=0, atol=1e-5)


def test_gradients_of_the_shrinking_warp_reach_image_and_flow():
    generator = torch.Generator().manual_seed(2)
    image = torch.rand(1, 2, 4, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    flow = (torch.rand(1, 2, 4, 5, generator=generator, dtype=torch.float64) / 2).requires_grad_()
    assert torch.autograd.gradcheck(shrinking_warp, (image, flow))


def test_the_last_convolution_of_paliwals_unet_leaks_too():
    unet = UNet(1, 1, width=1)
    with torch.no_grad():
        unet.conv3.weight.zero_()
        unet.conv3.bias.fill_(-1)
        torch.testing.assert_close(unet(torch.zeros(1, 1, 32, 32)), torch.full((1, 1, 32, 32), -0.1))


@each
def test_the_other_versions_file_is_refused(name, file):
    (other,) = set(ADAPTERS) - {name}
    write_released(other, file, width=2)
    assert "expected" in refusal(name, file)


def parts(checkpoint):
    return checkpoint.get("state_dict") or checkpoint["state_dictAT"]


@each
def test_a_missing_and_an_extra_tensor_are_named(name, file):
    checkpoint = MADE[name].released(made_network(name, width=2))
    state = parts(checkpoint)
    state["stranger.weight"] = torch.zeros(1)
    missing = next(iter(state))
    del state[missing]
    torch.save(checkpoint, file)
    message = refusal(name, file)
    assert f"{missing})" in message
    assert "stranger.weight" in message


@each
@pytest.mark.parametrize("content", [[1, 2], {}, {"epoch": 3}, {"state_dictFC": {}}])
def test_another_projects_checkpoint_is_refused(name, file, content):
    torch.save(content, file)
    assert "expected" in refusal(name, file)


@each
def test_a_narrower_network_is_refused_with_the_first_shape_that_differs(name, file):
    write_released(name, file, width=2)
    assert "expected [32, 6, 7, 7], found [2, 6, 7, 7]" in refusal(name, file)


def test_nvidias_names_may_begin_with_module(file):
    state = made_network("superslomo_nvidia", width=2).state_dict()
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, file)
    assert list(tensors_in(file, "state_dict")) == list(state)


@each
def test_random_parameters_repeat(name):
    first, again = (ADAPTERS[name]() for _ in range(2))
    for seed, adapter in enumerate((first, again)):
        torch.manual_seed(seed)
        adapter.load(CPU, None)
    assert torch.equal(next(first.network.parameters()), next(again.network.parameters()))
