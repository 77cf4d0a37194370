"""Zooming Slow-Mo: its times, what it leaves out, clips, and loading its file; with a narrow network."""

from __future__ import annotations

import pytest
import torch
from golden.made_weights import made_network
from golden.parity import drifting_clips

from vfibench.errors import VfibenchError
from vfibench_adapters.zooming_slowmo.adapter import ZoomingSlowMoAdapter, indices_of
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo
from vfibench_adapters.zooming_slowmo.recurrence import DeformableConvLSTM

CPU = torch.device("cpu")
NARROW = {"channels": 8, "groups": 2, "front": 1, "back": 2}
SEVEN = (-1, -0.5, 0, 0.5, 1, 1.5, 2)


@pytest.fixture(scope="module")
def adapter():
    made = ZoomingSlowMoAdapter()
    made.network = made_network("zooming_slomo", **NARROW).requires_grad_(False)
    return made


@pytest.fixture(scope="module")
def clips():
    return drifting_clips(4, 16, 24)


@pytest.fixture(scope="module")
def seven(adapter, clips):
    with torch.inference_mode():
        return adapter.predict(clips, SEVEN)


@pytest.fixture
def steps(monkeypatch):
    """Counts steps of the recurrence."""
    made = []
    step = DeformableConvLSTM._step

    def counted(*arguments):
        made.append(1)
        return step(*arguments)

    monkeypatch.setattr(DeformableConvLSTM, "_step", counted)
    return made


def test_times_stand_at_their_places():
    assert indices_of(SEVEN, 4) == [0, 1, 2, 3, 4, 5, 6]
    assert indices_of([1, 0, 0.5], 2) == [2, 0, 1]


@pytest.mark.parametrize("time", [0.25, -1.5, 2.5])
def test_another_time_is_refused(time):
    expected = rf"times of 4 frames: expected multiples of 0.5 from -1 to 2, found {time:g}"
    with pytest.raises(VfibenchError, match=expected):
        indices_of([0.5, time], 4)


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_frames_is_refused(adapter, clips, count):
    with pytest.raises(VfibenchError, match=rf"expected 2 or 4 frames, found {count}"):
        adapter.predict(clips[:, :count], [0.5])


def test_it_gives_a_frame_of_four_times_the_size_a_sample_and_time(seven):
    assert seven.shape == (2, 7, 3, 64, 96)
    assert seven.isfinite().all()
    assert (seven[:, 1:] - seven[:, :-1]).abs().amax(dim=(2, 3, 4)).min() > 1e-3


@torch.inference_mode()
def test_times_come_in_the_order_asked_for_and_as_if_alone(adapter, clips, seven):
    asked = (1, -0.5, 2, 0.5)
    expected = seven[:, [SEVEN.index(time) for time in asked]]
    torch.testing.assert_close(adapter.predict(clips, asked), expected, rtol=0, atol=2e-5)
    for time in (-1, 0.5, 1):
        alone = adapter.predict(clips, [time])[:, 0]
        torch.testing.assert_close(alone, seven[:, SEVEN.index(time)], rtol=0, atol=2e-5)


@torch.inference_mode()
def test_a_batch_equals_single_samples(adapter, clips, seven):
    single = torch.cat([adapter.predict(clip[None], SEVEN) for clip in clips])
    torch.testing.assert_close(seven, single, rtol=0, atol=2e-5)


@torch.inference_mode()
def test_steps_that_reach_no_asked_time_are_left_out(adapter, clips, steps):
    for times, expected in ((SEVEN, 14), ([0.5], 8), ([-1], 8), ([0, 1], 5 + 5)):
        steps.clear()
        adapter.predict(clips, times)
        assert len(steps) == expected, times


@torch.inference_mode()
def test_a_first_step_equals_one_from_states_of_zeros(adapter, clips):
    net = adapter.network.ConvBLSTM.forward_net
    (item,) = adapter.network.items([clips[:, 0]])
    zeros = torch.zeros_like(item.features)
    expected = net._go_on(item, (zeros, zeros))
    for found, whole in zip(net._begin(item), expected, strict=True):
        assert whole.abs().max() > 0.01
        torch.testing.assert_close(found, whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize("times", [[0.5], [2, -0.5]])
@torch.inference_mode()
def test_a_clip_equals_its_windows_one_by_one(adapter, times):
    clip = drifting_clips(8, 16, 24)[0]
    windows = torch.stack([clip[k : k + 4] for k in range(5)])
    expected = torch.cat([adapter.predict(window[None], times) for window in windows])
    assert (expected[1:] - expected[:-1]).abs().max() > 1e-3
    torch.testing.assert_close(adapter.predict_clip(clip, times), expected, rtol=0, atol=1e-5)


@torch.inference_mode()
def test_a_clip_takes_the_first_step_from_each_frame_once(adapter, steps):
    adapter.predict_clip(drifting_clips(8, 16, 24)[0], [0.5])
    assert len(steps) == 5 * 8 - 2  # the last frames of the first two windows begin the last two


def test_a_clip_of_three_frames_is_refused(adapter, clips):
    with pytest.raises(VfibenchError, match="expected 4 or more frames, found 3"):
        adapter.predict_clip(clips[0, :3], [0.5])


@torch.inference_mode()
def test_every_input_frame_reaches_every_output(adapter, clips, seven):
    for index in range(4):
        changed = clips.clone()
        changed[:, index] = 1 - changed[:, index]
        moved = (adapter.predict(changed, [-1, 2]) - seven[:, [0, 6]]).abs().amax(dim=(0, 2, 3, 4))
        assert moved.min() > 1e-4, f"frame {index}"


@torch.inference_mode()
def test_bfloat16_autocast_is_near_float32(adapter, clips, seven):
    with torch.autocast("cpu", torch.bfloat16):
        found = adapter.predict(clips, SEVEN).float()
    assert 0 < (found - seven).abs().mean() < 0.02 * seven.abs().mean()


def test_gradients_reach_every_parameter(clips):
    network = made_network("zooming_slomo", **NARROW)
    items = list(network.items(clips[:1, :2].unbind(1)))
    made = [network.reconstruct(each) for each in network.features_at(items, [0, 1, 2])]
    torch.stack(made).square().sum().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert silent == []


@pytest.fixture
def file(tmp_path):
    return tmp_path / "xiang2020zooming.pth"


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(ZoomingSlowMo.__init__, "__defaults__", tuple(NARROW.values()))


def refusal(file):
    with pytest.raises(VfibenchError) as caught:
        ZoomingSlowMoAdapter().load(CPU, file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("prefix", ["", "module."])
def test_weights_are_loaded_into_the_network_from_bare_or_parallel_names(file, narrow, prefix):
    state = made_network("zooming_slomo").state_dict()
    torch.save({prefix + name: tensor for name, tensor in state.items()}, file)
    adapter = ZoomingSlowMoAdapter()
    adapter.load(CPU, file)
    loaded = adapter.network.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())
    assert not adapter.network.training
    assert not any(parameter.requires_grad for parameter in adapter.network.parameters())


def test_a_file_with_a_tensor_missing_too_many_or_of_another_shape_is_refused(file, narrow):
    state = made_network("zooming_slomo").state_dict()
    torch.save({name: tensor for name, tensor in state.items() if name != "HRconv.bias"}, file)
    assert "1 missing (first: HRconv.bias)" in refusal(file)
    torch.save(state | {"conv_second.bias": torch.zeros(1)}, file)
    assert "1 unexpected (first: conv_second.bias)" in refusal(file)
    torch.save(state | {"conv_last.bias": torch.zeros(4)}, file)
    assert "conv_last.bias expected [3], found [4]" in refusal(file)


@pytest.mark.parametrize("content", [{"conv1.weight": torch.zeros(1)}, {"state_dict": {}}, [1]])
def test_another_networks_file_is_refused(file, narrow, content):
    torch.save(content, file)
    assert "expected" in refusal(file)


def test_random_parameters_repeat(narrow):
    first, second = ZoomingSlowMoAdapter(), ZoomingSlowMoAdapter()
    for adapter in (first, second):
        adapter.load(CPU, None)
    states = first.network.state_dict(), second.network.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
