"""How Zooming Slow-Mo is trained: its loss, all frames at once, initial parameters, files of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from golden.parity import drifting_clips

from vfibench.errors import VfibenchError
from vfibench.trainable import Batch
from vfibench.training.export import export, start_from
from vfibench.training.recipes import read_recipe
from vfibench_adapters.zooming_slowmo.adapter import ZoomingSlowMoAdapter
from vfibench_adapters.zooming_slowmo.sequences import all_frames
from vfibench_adapters.zooming_slowmo.training import ZoomingSlowMoTraining, charbonnier

CPU = torch.device("cpu")
SMALL = {"channels": 8, "groups": 2, "front": 1, "back": 2}
LOSSES = frozenset(["charbonnier"])
TIMES = {2: (0.0, 0.5, 1.0), 4: (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)}


def small(stirred=True, **options):
    """A small objective with reproducible parameters; stirred, even those that begin as zero are not."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        objective, notes = ZoomingSlowMoTraining().objective({**SMALL, **options}, LOSSES)
        if stirred:
            with torch.no_grad():
                for each in objective.parameters():
                    each.add_(torch.randn_like(each) * 0.05)
    assert notes == []
    return objective


def random_batch(inputs=4, height=12, width=16):
    generator = torch.Generator().manual_seed(5)
    frames = torch.rand(2, inputs, 3, height, width, generator=generator)
    targets = torch.rand(2, 2 * inputs - 1, 3, 4 * height, 4 * width, generator=generator)
    return Batch(frames, targets, torch.tensor([TIMES[inputs]] * 2), None)


def sample_of(batch, index):
    return Batch(*(None if each is None else each[index : index + 1] for each in batch))


@pytest.mark.parametrize("inputs", [2, 4])
@torch.inference_mode()
def test_all_frames_at_once_are_those_of_the_adapter_frame_by_frame(inputs):
    objective, adapter, batch = small(), ZoomingSlowMoAdapter(), random_batch(inputs)
    adapter.network = objective.network
    expected = adapter.predict(batch.frames, TIMES[inputs])
    assert expected.std() > 0.01
    torch.testing.assert_close(all_frames(objective.network, batch.frames), expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(objective.predict(batch), expected, rtol=0, atol=1e-5)


@torch.inference_mode()
def test_samples_may_ask_for_times_of_their_own():
    objective, batch = small(), random_batch()
    whole = objective.predict(batch)
    times = torch.tensor([[2.0, -0.5], [0.0, 0.5]])
    found = objective.predict(batch._replace(times=times))
    expected = torch.stack([whole[0, [6, 1]], whole[1, [2, 3]]])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_the_loss_is_the_sum_of_a_samples_distances():
    made, truth = torch.rand(2, 2, 3, 3, 8, 8, generator=torch.Generator().manual_seed(1)).double().numpy()
    total = sum(
        np.sqrt((a - b) ** 2 + 1e-6)
        for a, b in zip(made.ravel().tolist(), truth.ravel().tolist(), strict=True)
    )
    found = charbonnier(torch.from_numpy(made).float(), torch.from_numpy(truth).float())
    assert float(found) == pytest.approx(total / 2, rel=1e-5)


@pytest.mark.parametrize("enlarging", [False, True])
def test_every_parameter_has_its_part_in_the_loss(enlarging):
    objective = small(stirred=False, enlarging=enlarging)
    objective(random_batch())["charbonnier"].backward()
    assert [name for name, each in objective.named_parameters() if each.grad is None] == []


def test_gradients_are_those_of_frame_by_frame():
    objective, adapter, batch = small(), ZoomingSlowMoAdapter(), random_batch()
    adapter.network = objective.network
    names = ["conv_first.weight", "fusion.weight", "ConvBLSTM.forward_net.cell_list.0.conv.weight"]
    names += [
        f"{part}pcd_align.L2_dcnpack_2.conv_offset_mask.weight"
        for part in ("", "ConvBLSTM.forward_net.pcd_c.")
    ]
    wanted = [objective.network.get_parameter(name) for name in names]
    found = torch.autograd.grad(objective(batch)["charbonnier"], wanted)
    made = adapter.predict(batch.frames, TIMES[4])
    expected = torch.autograd.grad(charbonnier(made, batch.targets), wanted)
    for one, other in zip(found, expected, strict=True):
        assert float((one - other).abs().max()) <= 1e-4 * float(other.abs().max())


@torch.inference_mode()
def test_the_loss_of_a_batch_is_the_mean_over_its_samples():
    objective, batch = small(), random_batch()
    whole, first, second = (
        float(objective(each)["charbonnier"]) for each in (batch, sample_of(batch, 0), sample_of(batch, 1))
    )
    assert whole == pytest.approx((first + second) / 2, rel=1e-5)


def psnr(made, truth):
    """dB, without the four low-resolution pixels along the edges, which zero padding darkens."""
    apart = (made - truth)[..., 16:-16, 16:-16]
    return float(-10 * apart.double().square().mean().log10())


@torch.inference_mode()
def test_enlarging_starts_as_bicubic_enlargement_and_blend():
    clips = drifting_clips(4, 32, 40)
    objective = small(stirred=False, enlarging=True, channels=16, groups=4)
    found = all_frames(objective.network, clips)
    large = F.interpolate(clips.flatten(0, 1), scale_factor=4, mode="bicubic").unflatten(0, (2, 4))
    assert psnr(found[:, ::2], large) > 35
    assert psnr(found[:, 1::2], (large[:, :-1] + large[:, 1:]) / 2) > 35
    plain = small(stirred=False, channels=16, groups=4)
    assert psnr(all_frames(plain.network, clips)[:, ::2], large) < 15


@torch.inference_mode()
def test_three_channels_are_enough_to_start_as_enlargement():
    """As many as a picture has colours; with fewer there is no place for one of them."""
    clips = drifting_clips(4, 32, 40)
    found = all_frames(small(stirred=False, enlarging=True, channels=3, groups=1).network, clips)
    large = F.interpolate(clips.flatten(0, 1), scale_factor=4, mode="bicubic").unflatten(0, (2, 4))
    assert psnr(found[:, ::2], large) > 35
    assert psnr(found[:, 1::2], (large[:, :-1] + large[:, 1:]) / 2) > 35


def test_only_enlarging_needs_a_channel_for_each_colour():
    assert small(channels=2, groups=1).network.conv_first.out_channels == 2


@torch.inference_mode()
@pytest.mark.parametrize("channels", [3, 4, 16])
def test_starting_as_enlargement_sets_the_colours_and_leaves_all_other_channels_random(channels):
    network = small(stirred=False, enlarging=True, channels=channels, groups=1).network
    for layer in (network.conv_first, network.fusion, network.HRconv):
        rest = layer.weight[3:]
        assert int((layer.weight[:3] != 0).sum()) in {3, 6}  # one weight for a colour, or one of each side
        assert (rest != 0).all()
    doubling = network.upconv1.weight
    assert (doubling[12:] != 0).all()
    assert int((doubling[:12] != 0).sum()) == 12 * 9


@pytest.mark.parametrize("enlarging", [False, True])
def test_the_loss_falls(enlarging):
    objective, batch = small(stirred=False, enlarging=enlarging), random_batch(2)
    optimiser = torch.optim.Adam(objective.parameters(), 1e-4)
    seen = []
    for _ in range(5):
        loss = objective(batch)["charbonnier"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    assert seen[-1] < 0.998 * seen[0]


@pytest.mark.parametrize(
    ("network", "losses", "words"),
    [
        ({"width": 3}, LOSSES, "expected channels or groups or front or back or enlarging"),
        ({"back": 0}, LOSSES, "back: expected a whole number from 1, found 0"),
        ({"enlarging": 1}, LOSSES, "enlarging: expected true or false, found 1"),
        ({"channels": 12, "groups": 8}, LOSSES, "groups: expected a divisor of 12 channels, found 8"),
        ({"channels": 2, "groups": 1, "enlarging": True}, LOSSES, "channels: expected 3 or more, found 2"),
        ({}, ["l1"], "expected some of charbonnier for zooming-slowmo, found l1"),
        ({}, [], "expected some of charbonnier for zooming-slowmo, found none"),
    ],
)
def test_bad_tables_are_refused_in_one_line(network, losses, words):
    with pytest.raises(VfibenchError) as caught:
        ZoomingSlowMoTraining().objective(network, frozenset(losses))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"frames": torch.rand(2, 2, 3, 12, 16)}, {"frames": torch.rand(2, 4, 3, 48, 64)}]
)
def test_other_targets_are_refused(wrong):
    with pytest.raises(
        VfibenchError, match=r"zooming-slowmo: expected . targets, .* pixels wide, found 7 of 64"
    ):
        small()(random_batch()._replace(**wrong))


@torch.inference_mode()
def test_a_file_of_any_size_is_loaded_and_trained_on(tmp_path):
    objective, file, batch = small(), tmp_path / "weights.safetensors", random_batch()
    export(objective.network, {"steps": "0"}, file, half=True)
    adapter = ZoomingSlowMoAdapter()
    adapter.load(CPU, file)
    found, expected = adapter.network.state_dict(), objective.network.state_dict()
    assert set(found) == set(expected)
    assert all(torch.equal(each, expected[name].half().float()) for name, each in found.items())
    again = small(stirred=False)
    start_from(again.network, ZoomingSlowMoTraining(), str(file))
    torch.testing.assert_close(
        again.predict(batch), adapter.predict(batch.frames, TIMES[4]), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("name", ["zooming-slowmo", "zooming-slowmo-starter"])
def test_its_recipes_can_be_built(name):
    recipe = read_recipe(name)
    with torch.device("meta"):
        plain = {**recipe.network, "enlarging": False}
        objective, _ = ZoomingSlowMoTraining().objective(plain, frozenset(recipe.losses))
    size = sum(each.numel() for each in objective.network.parameters())
    if name == "zooming-slowmo":
        assert size == 11_102_771
    else:
        assert recipe.training.stored == "fp16"
        assert 2 * size < 5e6
