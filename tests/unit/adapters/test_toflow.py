"""Loading TOFlow's files, and its smaller parts."""

from __future__ import annotations

import functools

import pytest
import torch
from golden.made_weights import made_network, write_released
from golden.parity import drifting_clips

from vfibench.contracts import IMAGENET_MEAN
from vfibench.errors import VfibenchError
from vfibench_adapters.toflow.adapter import TOFlowAdapter
from vfibench_adapters.toflow.network import TOFlow, doubled, pyramid

CPU = torch.device("cpu")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "interp.pkl"


@functools.cache
def network():
    """A network of made-up weights; nobody changes it."""
    return made_network("toflow").requires_grad_(False)


def refusal(file):
    with pytest.raises(VfibenchError) as caught:
        TOFlowAdapter().load(CPU, file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


def test_released_file_and_training_checkpoint_give_the_same_network(file):
    state = network().state_dict()
    for content in (
        state,
        {
            "cuda_flag": True,
            "h": 256,
            "w": 448,
            "net_state_dict": state,
            "optimizer_state_dict": {},
            "epoch": 5,
            "losses": [0.1],
        },
    ):
        torch.save(content, file)
        adapter = TOFlowAdapter()
        adapter.load(CPU, file)
        loaded = adapter.network.state_dict()
        assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_a_file_of_pytorch_0_4_that_was_saved_from_a_gpu_is_read(file):
    torch.save(network().state_dict(), file, _use_new_zipfile_serialization=False)
    written = file.read_bytes()
    from_gpu = written.replace(b"ctorch\nFloatStorage\n", b"ctorch.cuda\nFloatStorage\n")
    assert from_gpu != written
    file.write_bytes(from_gpu)
    adapter = TOFlowAdapter()
    adapter.load(CPU, file)
    name = "SpyNet.moduleBasic.3.moduleBasic.8.bias"
    assert torch.equal(adapter.network.get_parameter(name), network().get_parameter(name))


def test_a_file_without_the_layers_of_the_other_tasks_is_refused(file):
    state = network().state_dict()
    torch.save({name: value for name, value in state.items() if "3x7" not in name}, file)
    assert "2 missing (first: ResNet.conv_3x7_64_9x9.weight)" in refusal(file)


def test_a_file_of_spynet_alone_is_refused(file):
    spynet = {name.removeprefix("SpyNet."): value for name, value in network().state_dict().items()}
    torch.save({name: value for name, value in spynet.items() if name.startswith("moduleBasic")}, file)
    assert "40 unexpected (first: moduleBasic.0.moduleBasic.0.weight)" in refusal(file)


def test_another_methods_file_is_refused(file):
    write_released("rife", file, widths=(8, 6, 4))
    assert "unexpected (first: block0.conv0.0.0.weight)" in refusal(file)


@pytest.mark.parametrize("content", [[1, 2], {}, {"net_state_dict": {}}])
def test_another_projects_checkpoint_is_refused_by_its_structure(file, content):
    torch.save(content, file)
    assert "expected named tensors, alone or under net_state_dict, found" in refusal(file)


def test_another_number_of_frames_and_another_time_are_refused():
    adapter, frames = TOFlowAdapter(), torch.rand(1, 4, 3, 32, 32)
    adapter.load(CPU, None)
    with pytest.raises(VfibenchError, match="toflow: expected 2 frames, found 4"):
        adapter.predict(frames, [0.5])
    with pytest.raises(VfibenchError, match=r"toflow: expected the time 0\.5, found \[0\.25\]"):
        adapter.predict(frames[:, :2], [0.25])


def test_parameters_are_as_many_as_the_originals():
    with torch.device("meta"):
        assert sum(each.numel() for each in TOFlow().parameters()) == 1_436_491


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((32, 32), [(32, 32)]),
        ((20, 33), [(10, 16), (20, 33)]),
        ((64, 96), [(16, 24), (32, 48), (64, 96)]),
        ((96, 64), [(24, 16), (48, 32), (96, 64)]),
        ((256, 448), [(32, 56), (64, 112), (128, 224), (256, 448)]),
        ((2160, 4096), [(270, 512), (540, 1024), (1080, 2048), (2160, 4096)]),
    ],
)
def test_pictures_are_halved_until_they_are_small_at_most_three_times(size, sizes):
    with torch.device("meta"):
        levels = pyramid(torch.empty(1, 1, *size))
    assert [tuple(level.shape[-2:]) for level in levels] == sizes


@pytest.mark.parametrize(("height", "width"), [(10, 14), (11, 14), (10, 15), (11, 15)])
def test_flow_is_doubled_in_size_and_value_and_continued_to_odd_sides(height, width):
    flow = torch.rand(1, 2, 5, 7)
    made = doubled(flow, torch.empty(1, 3, height, width))
    assert made.shape == (1, 2, height, width)
    corners = flow[..., [0, 0, -1, -1], [0, -1, 0, -1]] * 2  # corners are aligned
    torch.testing.assert_close(made[..., [0, 0, -1, -1], [0, -1, 0, -1]], corners)
    torch.testing.assert_close(made[..., 9, :], made[..., height - 1, :])
    torch.testing.assert_close(made[..., 13], made[..., width - 1])


@pytest.mark.parametrize(("height", "width"), [(8, 8), (33, 47), (8, 65), (71, 40)])
@torch.inference_mode()
def test_every_size_is_taken_as_it_is(height, width):
    first, second = drifting_clips(2, height, width).unbind(1)
    made = network()(first, second)
    assert made.frame.shape == first.shape
    assert made.flow_01.shape == (2, 2, height, width)
    assert made.frame.isfinite().all()


@torch.inference_mode()
def test_half_of_the_flow_fetches_each_frame_and_zeros_lie_outside(monkeypatch):
    adapter = TOFlowAdapter()
    adapter.load(CPU, None)
    adapter.network.SpyNet.forward = lambda first, second: torch.full_like(first[:, :2], 4.0)
    frames = torch.rand(2, 2, 3, 16, 16)
    first, second = ((frames - adapter.mean) / adapter.std).unbind(1)
    made = adapter.network(first, second)
    for warped, frame in ((made.warped0, first), (made.warped1, second)):
        torch.testing.assert_close(warped[..., :-2, :-2], frame[..., 2:, 2:], rtol=0, atol=1e-5)
        assert not warped[..., -2:, :].any()
    for layer in (adapter.network.ResNet.conv_64_3_1x1.weight, adapter.network.ResNet.conv_64_3_1x1.bias):
        layer.zero_()
    picture = adapter.predict(frames, [0.5])[:, 0]
    mean = frames.mean(1)
    torch.testing.assert_close(picture[..., :-2, :-2], mean[..., 2:, 2:], rtol=0, atol=1e-5)
    torch.testing.assert_close(picture[0, :, -1, -1], torch.tensor(IMAGENET_MEAN), rtol=0, atol=1e-6)


@torch.inference_mode()
def test_flow_stays_in_single_precision_under_autocast():
    first, second = drifting_clips(2, 40, 40).unbind(1)
    with torch.autocast("cpu", torch.bfloat16):
        made = network()(first, second)
    assert made.flow_01.dtype == made.warped0.dtype == torch.float32


def test_every_parameter_in_use_has_a_gradient():
    trained = made_network("toflow").train()
    first, second = drifting_clips(2, 66, 40).unbind(1)
    levels = len(pyramid(first))
    trained(first, second).frame.sum().backward()
    without = {name.rpartition(".")[0] for name, each in trained.named_parameters() if each.grad is None}
    other_tasks = {"ResNet.conv_3x7_64_9x9", "ResNet.conv_64_64_9x9"}
    assert levels == 3
    assert without == other_tasks | {f"SpyNet.moduleBasic.3.moduleBasic.{layer}" for layer in (0, 2, 4, 6, 8)}
