"""Shared building blocks against plain definitions."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from vfibench_adapters.blocks.conv import conv_leaky
from vfibench_adapters.blocks.intermediate import blend, flows_at
from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.recurrent import BidirectionalStack, ConvGRUCell, ConvLSTMCell, RecurrentStack
from vfibench_adapters.blocks.resize import Double, resized
from vfibench_adapters.blocks.warp import backward_warp, positions, sampled


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def constant_flow(image, x, y):
    return torch.tensor([x, y]).view(1, 2, 1, 1).expand(len(image), 2, *image.shape[-2:])


def test_a_flow_of_zero_returns_the_image():
    image = noise(2, 3, 9, 14)
    torch.testing.assert_close(backward_warp(image, constant_flow(image, 0.0, 0.0)), image, rtol=0, atol=1e-5)


def test_a_flow_of_whole_pixels_fetches_the_pixel_it_points_to():
    image = noise(1, 3, 9, 14)
    warped = backward_warp(image, constant_flow(image, 3.0, -2.0))
    torch.testing.assert_close(warped[..., 2:, :-3], image[..., :-2, 3:], rtol=0, atol=1e-5)


def test_half_a_pixel_is_the_mean_of_two_neighbours():
    image = noise(1, 1, 6, 8)
    warped = backward_warp(image, constant_flow(image, 0.5, 0.0))
    mean = (image[..., :-1] + image[..., 1:]) / 2
    torch.testing.assert_close(warped[..., :-1], mean, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("padding", "outside"), [("zeros", 0.0), ("border", 1.0)])
def test_outside_the_image_lies_what_the_padding_says(padding, outside):
    image = torch.ones(1, 1, 4, 6)
    warped = backward_warp(image, constant_flow(image, 10.0, 0.0), padding)
    torch.testing.assert_close(warped, torch.full_like(image, outside))


def test_half_precision_flow_still_hits_the_right_pixel_of_a_wide_frame():
    image = torch.arange(2048.0).expand(1, 1, 4, 2048)
    warped = backward_warp(image.half(), constant_flow(image, 1.0, 0.0).half())
    assert warped.dtype == torch.float32
    torch.testing.assert_close(warped[..., :-1], image[..., 1:], rtol=0, atol=2e-3)


class Operations(TorchDispatchMode):
    """The names of the operations under it."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("padding", ["zeros", "border"])
@pytest.mark.parametrize("align_corners", [False, True])
def test_sampling_is_grid_sample_to_the_bit_and_never_cudnns(padding, align_corners):
    image, grid = noise(2, 3, 9, 14), 1.2 * noise(2, 7, 11, 2, seed=1)
    expected = F.grid_sample(image, grid, padding_mode=padding, align_corners=align_corners)
    assert torch.equal(sampled(image, grid, padding, align_corners), expected)
    with FakeTensorMode():
        image, grid = (torch.empty(shape, device="cuda:0") for shape in ((2, 3, 9, 14), (2, 7, 11, 2)))
        with Operations() as seen:
            sampled(image, grid, padding, align_corners)
    assert [name for name in seen.names if "grid" in name] == ["aten.grid_sampler_2d.default"]


def test_gradients_of_the_warp_reach_image_and_flow():
    image, flow = noise(1, 2, 4, 5).double(), 0.3 * noise(1, 2, 4, 5, seed=1).double() + 0.1
    assert torch.autograd.gradcheck(backward_warp, (image.requires_grad_(), flow.requires_grad_()))


def test_positions_are_columns_then_rows_plus_the_flow():
    x, y = positions(torch.zeros(1, 1, 3, 4), constant_flow(torch.zeros(1, 1, 3, 4), 0.5, -2.0))
    assert x[0, 2].tolist() == [0.5, 1.5, 2.5, 3.5]
    assert y[0, :, 3].tolist() == [-2.0, -1.0, 0.0]


def test_flow_from_a_time_near_the_first_frame_is_nearly_the_whole_flow_to_the_second():
    onward, back = torch.tensor([8.0, 4.0]).view(1, 2, 1, 1), torch.tensor([-6.0, -2.0]).view(1, 2, 1, 1)
    to_first, to_second = (flow.flatten().tolist() for flow in flows_at(0.25, onward, back))
    assert to_second == [0.5625 * 8 + 0.1875 * 6, 0.5625 * 4 + 0.1875 * 2]
    assert to_first == [-0.0625 * 6 - 0.1875 * 8, -0.0625 * 2 - 0.1875 * 4]


@pytest.mark.parametrize(("visible", "value"), [(0.0, 8.0), (1.0, 4.0), (0.5, 5.0)])
def test_blending_weighs_by_visibility_and_nearness_in_time(visible, value):
    first, second = torch.full((1, 3, 2, 2), 4.0), torch.full((1, 3, 2, 2), 8.0)
    blended = blend(0.25, first, second, torch.full((1, 1, 2, 2), visible))
    torch.testing.assert_close(blended, torch.full_like(first, value))


def test_doubling_takes_pixels_as_areas():
    row = resized(torch.tensor([0.0, 4.0]).view(1, 1, 1, 2), 2.0)[0, 0]
    assert row.tolist() == [[0.0, 1.0, 3.0, 4.0]] * 2


def test_conv_leaky_keeps_the_size_and_leaks_a_tenth():
    block = conv_leaky(1, 1, 7)
    with torch.no_grad():
        block[0].weight.zero_()
        block[0].bias.fill_(-1.0)
    torch.testing.assert_close(block(torch.zeros(1, 1, 8, 10)), torch.full((1, 1, 8, 10), -0.1))


def plain_lstm(cell, sequence):
    """ConvLSTM in one piece: a convolution of [x, h] a step, zero states made explicitly."""
    half = cell.conv.out_channels // 4
    hidden = memory = torch.zeros(sequence.shape[1], half, *sequence.shape[3:])
    outputs = []
    for item in sequence:
        gates = F.conv2d(torch.cat((item, hidden), 1), cell.conv.weight, cell.conv.bias, padding=1)
        i, f, o, g = gates.split(half, dim=1)
        memory = torch.sigmoid(f) * memory + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(memory)
        outputs.append(hidden)
    return torch.stack(outputs)


def plain_gru(cell, sequence):
    """ConvGRU in one piece: convolutions of [x, h] a step, the zero state made explicitly."""
    hidden = torch.zeros(sequence.shape[1], cell.out_gate.out_channels, *sequence.shape[3:])
    outputs = []
    for item in sequence:
        both = torch.cat((item, hidden), 1)
        update, reset = torch.sigmoid(cell.update_gate(both)), torch.sigmoid(cell.reset_gate(both))
        candidate = torch.tanh(cell.out_gate(torch.cat((item, hidden * reset), 1)))
        hidden = hidden * (1 - update) + candidate * update
        outputs.append(hidden)
    return torch.stack(outputs)


CELLS = {ConvLSTMCell: plain_lstm, ConvGRUCell: plain_gru}
each_cell = pytest.mark.parametrize("cell", list(CELLS))


@each_cell
def test_stacked_cells_equal_the_plain_recurrence(cell):
    stack, sequence = RecurrentStack(cell, 6, 4, layers=2), noise(3, 2, 6, 5, 7)
    plain = sequence
    for layer in stack.cell_list:
        plain = CELLS[cell](layer, plain)
    torch.testing.assert_close(stack(sequence), plain, rtol=0, atol=1e-6)


@each_cell
def test_the_reverse_direction_is_put_back_in_order(cell):
    net, sequence = BidirectionalStack(cell, 6, 8, layers=1), noise(3, 2, 6, 5, 7)
    backward = CELLS[cell](net.reverse_net.cell_list[0], sequence.flip(0)).flip(0)
    torch.testing.assert_close(net(sequence)[:, :, 4:], backward, rtol=0, atol=1e-6)


@each_cell
@pytest.mark.parametrize("index", [0, 1, 2])
def test_asking_for_one_step_gives_the_same_as_the_whole_sequence(cell, index):
    net, sequence = BidirectionalStack(cell, 6, 8, layers=2), noise(3, 2, 6, 5, 7)
    torch.testing.assert_close(net.at(sequence, index), net(sequence)[index], rtol=0, atol=1e-6)


def test_a_single_line_is_warped_like_the_same_line_among_others():
    line, flow = noise(1, 2, 1, 9), noise(1, 2, 1, 9, seed=1)
    among = F.pad(line, (0, 0, 1, 1))  # lines of zeros lie where the padding is zeros
    warped = backward_warp(among, F.pad(flow, (0, 0, 1, 1)))[:, :, 1:2]
    torch.testing.assert_close(backward_warp(line, flow), warped, rtol=0, atol=1e-5)


@pytest.mark.parametrize("widths", [(3, 2), (1, 3), (1, 1)])
def test_parts_of_any_layout_are_joined_in_channels_last_memory(widths):
    parts = [noise(2, channels, 5, 6, seed=channels) for channels in widths]
    parts[1] = parts[1].contiguous(memory_format=torch.channels_last)
    whole = joined(*parts)
    assert torch.equal(whole, torch.cat(parts, 1))
    assert whole.is_contiguous(memory_format=torch.channels_last)


def test_resizing_takes_pixels_as_areas_and_one_is_no_resizing():
    x = torch.tensor([[[[0.0, 4.0]]]])
    assert Double()(x).flatten().tolist() == [0, 1, 3, 4] * 2
    assert resized(noise(1, 1, 6, 8), 0.5).shape == (1, 1, 3, 4)
    assert resized(x, 1) is x
