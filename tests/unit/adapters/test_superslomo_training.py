"""The losses of Super SloMo's recipe against plain arithmetic in float64, and what they teach."""

from __future__ import annotations

from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from scipy.ndimage import map_coordinates
from torch import nn

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD
from vfibench.errors import VfibenchError
from vfibench.trainable import Batch
from vfibench_adapters.blocks.perceptual import perceptual_network
from vfibench_adapters.superslomo.network import Bottleneck, SuperSloMo, windows
from vfibench_adapters.superslomo.training import (
    ConvGRUTraining,
    ConvLSTMTraining,
    SuperSloMoObjective,
    SuperSloMoTraining,
)

MEAN, STD = (np.array(each).reshape(3, 1, 1) for each in (IMAGENET_MEAN, IMAGENET_STD))


class VGG(nn.Module):
    """VGG-16's convolutions (Simonyan and Zisserman, ICLR 2015, table 1, D), weights at random."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
            if channels:
                layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
                before = channels
            else:
                layers += [nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers)


@pytest.fixture
def vgg(monkeypatch: pytest.MonkeyPatch) -> VGG:
    """What torchvision would give."""
    torch.manual_seed(1)
    made = VGG()
    monkeypatch.setattr(torchvision.models, "vgg16", lambda **_: made)
    return made


def objective_of(kind: Bottleneck, features: bool = False) -> SuperSloMoObjective:
    torch.manual_seed(0)
    return SuperSloMoObjective(SuperSloMo(kind, 2), perceptual_network()[0] if features else None, True)


def batch_of(inputs: int, size: int = 2) -> Batch:
    made = torch.Generator().manual_seed(inputs)
    shape = (3, 32, 32)
    within = torch.tensor([0.25, 0.625, 0.5, 0.125])[:size]
    times = torch.stack([within + window for window in range(1 - inputs // 2, inputs // 2)], 1)
    return Batch(
        torch.rand(size, inputs, *shape, generator=made),
        torch.rand(size, inputs - 1, *shape, generator=made),
        times,
        torch.randn(size, inputs - 1, 4, 32, 32, generator=made),
    )


def fetched(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """[3, H, W] warped backward; outside is zero."""
    rows, columns = np.mgrid[: image.shape[1], : image.shape[2]].astype(float)
    at = [rows + flow[1], columns + flow[0]]
    return np.stack([map_coordinates(plane, at, order=1, mode="grid-constant", cval=0.0) for plane in image])


def by_hand(objective: SuperSloMoObjective, batch: Batch) -> dict[str, float]:
    """The losses, sample by sample and window by window, from the network's flows and frames."""
    frames = (batch.frames.double().numpy() - MEAN) / STD
    truth = (batch.targets.double().numpy() - MEAN) / STD
    count = batch.frames.shape[1] - 1
    normalised = torch.from_numpy(frames).float()
    with torch.no_grad():
        motion = objective.network.motion(normalised)
        time = batch.times[:, count // 2].view(-1, 1, 1, 1)
        made = objective.network.synthesise_all(normalised, motion, time)
    total: dict[str, list[float]] = {"reconstruction": [], "warping": [], "flow": []}
    for sample in range(len(frames)):
        for window in range(count):
            first, second, target = frames[sample, window], frames[sample, window + 1], truth[sample, window]
            flow = motion.flows[window][sample].double().numpy()
            to_0, to_1 = (
                each[sample].double().numpy() for each in (made[window].refined_t0, made[window].refined_t1)
            )
            pairs = [
                (fetched(second, flow[:2]), first),
                (fetched(first, flow[2:]), second),
                (fetched(first, to_0), target),
                (fetched(second, to_1), target),
            ]
            total["warping"].append(sum(np.abs(one - other).mean() for one, other in pairs))
            total["reconstruction"].append(
                np.abs(made[window].frame[sample].double().numpy() - target).mean()
            )
            total["flow"].append(np.abs(flow - batch.flows[sample, window].double().numpy()).mean())
    return {name: float(np.mean(values)) for name, values in total.items()}


@pytest.mark.parametrize("inputs", [2, 4])
def test_losses_are_those_of_the_recipe(inputs: int) -> None:
    objective, batch = objective_of("conv"), batch_of(inputs)
    found = {name: float(loss.detach()) for name, loss in objective(batch).items()}
    assert found == pytest.approx(by_hand(objective, batch), rel=1e-4)


def test_the_perceptual_loss_is_of_relu4_3_of_normalised_frames(vgg: VGG) -> None:
    objective, batch = objective_of("conv", features=True), batch_of(4)
    found = objective(batch)["perceptual"]
    frames, targets = ((each - torch.tensor(MEAN).float()) / torch.tensor(STD).float() for each in batch[:2])
    with torch.no_grad():
        made = objective.network.synthesise_all(
            frames, objective.network.motion(frames), batch.times[:, 1].view(-1, 1, 1, 1)
        )
        total = []
        for window, each in enumerate(made):
            for sample in range(2):
                one, other = (
                    each.frame[sample : sample + 1].clone(),
                    targets[sample : sample + 1, window].clone(),
                )
                for layer in vgg.features[:23]:
                    one, other = layer(one), layer(other)
                assert one.shape == (1, 512, 4, 4)
                assert one.min() == 0  # after the ReLU
                total.append((one - other).square().mean())
    torch.testing.assert_close(found.detach(), torch.stack(total).mean(), rtol=1e-4, atol=0)
    assert isinstance(vgg.features[21], nn.Conv2d)
    assert isinstance(vgg.features[22], nn.ReLU)


@pytest.mark.parametrize(("kind", "inputs"), [("conv", 2), ("conv", 4), ("convlstm", 4), ("convgru", 4)])
def test_every_parameter_learns_and_those_of_vgg_do_not(kind: Bottleneck, inputs: int, vgg: VGG) -> None:
    objective = objective_of(kind, features=True)
    sum(objective(batch_of(inputs)).values()).backward()
    for name, parameter in objective.network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name
    assert all(parameter.grad is None for parameter in vgg.parameters())
    learning = {id(each) for each in objective.parameters() if each.requires_grad}
    assert learning == {id(each) for each in objective.network.parameters()}


@pytest.mark.parametrize("kind", ["conv", "convlstm"])
def test_losses_are_means_over_samples(kind: Bottleneck, vgg: VGG) -> None:
    objective, whole = objective_of(kind, features=True), batch_of(4, size=4)
    halves = [objective(Batch(*(each[part] for each in whole))) for part in (slice(2), slice(2, 4))]
    for name, loss in objective(whole).items():
        mean = (halves[0][name] + halves[1][name]) / 2
        torch.testing.assert_close(loss, mean, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["conv", "convlstm"])
def test_it_predicts_the_middle_window_or_all(kind: Bottleneck) -> None:
    objective, batch = objective_of(kind), batch_of(4)
    with torch.no_grad():
        every = objective.predict(batch)
        middle = objective.predict(batch._replace(times=batch.times[:, 1:2]))
    assert every.shape == (2, 3, 3, 32, 32)
    torch.testing.assert_close(every[:, 1:2], middle, rtol=1e-5, atol=1e-6)


def test_a_loss_without_known_motion_is_not_given() -> None:
    assert set(objective_of("conv")(batch_of(2)._replace(flows=None))) == {"reconstruction", "warping"}


def test_one_target_for_three_windows_is_refused() -> None:
    batch = batch_of(4)
    with pytest.raises(VfibenchError, match="expected a target in each of the 3 windows, found 1 targets"):
        objective_of("conv")(batch._replace(targets=batch.targets[:, :1]))


def test_windows_are_neighbouring_frames() -> None:
    frames = batch_of(4).frames
    for index, pair in enumerate(windows(frames)):
        assert torch.equal(pair, torch.cat([frames[:, index], frames[:, index + 1]], 1))


def test_without_vgg_the_loss_is_left_out_and_the_network_begins_alike(
    vgg: VGG, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = frozenset({"reconstruction", "perceptual"})
    torch.manual_seed(0)
    first, notes = SuperSloMoTraining().objective({"width": 2}, wanted)
    assert notes == []
    assert first.features is not None

    def offline(**_: object) -> None:
        raise URLError("Name or service not known")

    def damaged(**_: object) -> None:
        raise EOFError

    monkeypatch.setattr(torchvision.models, "vgg16", damaged)
    assert "(EOFError)" in SuperSloMoTraining().objective({"width": 2}, wanted)[1][0]

    monkeypatch.setattr(torchvision.models, "vgg16", offline)
    torch.manual_seed(0)
    second, notes = SuperSloMoTraining().objective({"width": 2}, wanted)
    assert len(notes) == 1
    assert notes[0].startswith("perceptual: ")
    assert "Name or service not known" in notes[0]
    assert second.features is None
    assert set(second(batch_of(2))) == {"reconstruction", "warping"}
    for ours, theirs in zip(second.network.parameters(), first.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_targets_of_another_size_are_refused() -> None:
    batch = batch_of(2)
    small = batch._replace(frames=batch.frames[..., ::4, ::4])
    with pytest.raises(VfibenchError, match=r"targets of the inputs' .* set scale = 1"):
        objective_of("conv")(small)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_motion_keeps_its_digits_under_autocast(dtype: torch.dtype) -> None:
    network = SuperSloMo("conv", 2)
    with torch.no_grad(), torch.autocast("cpu", dtype):
        flows = network.motion(torch.rand(1, 2, 3, 64, 64)).flows
    assert flows.dtype == torch.float32
    assert not torch.equal(flows, flows.to(dtype).float())


@pytest.mark.parametrize("trainable", [SuperSloMoTraining, ConvLSTMTraining, ConvGRUTraining])
def test_options_and_losses_are_checked(trainable: type[SuperSloMoTraining]) -> None:
    built, notes = trainable().objective({"width": 3}, frozenset({"reconstruction"}))
    assert built.network.stage1_model.conv1a[0].out_channels == 3
    assert notes == []
    with pytest.raises(VfibenchError, match=rf"expected width .*for {trainable.method}, found 'depth'"):
        trainable().objective({"depth": 3}, frozenset({"reconstruction"}))
    with pytest.raises(VfibenchError, match=r"\[network\] width: expected a whole number from 1, found 0"):
        trainable().objective({"width": 0}, frozenset({"reconstruction"}))
    with pytest.raises(VfibenchError, match=r"\[losses\]: expected some of .*, found l2"):
        trainable().objective({}, frozenset({"l2"}))
    with pytest.raises(VfibenchError, match=r"expected reconstruction or warping too .*, found flow alone"):
        trainable().objective({}, frozenset({"flow"}))
    with pytest.raises(VfibenchError, match="found none"):
        trainable().objective({}, frozenset())
