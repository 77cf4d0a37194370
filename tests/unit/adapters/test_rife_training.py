"""How RIFE is trained: its losses against plain formulas, what learns, and the files that come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.trainable import Batch
from vfibench.training.export import export, start_from
from vfibench.training.recipes import read_recipe
from vfibench_adapters.rife.adapter import RIFEAdapter, RIFEMAdapter
from vfibench_adapters.rife.losses import distillation, laplacian_l1
from vfibench_adapters.rife.network import Estimate
from vfibench_adapters.rife.training import LOSSES, RIFEMTraining, RIFETraining

CPU = torch.device("cpu")
NARROW = {"width0": 8, "width1": 6, "width2": 4, "context": 2}
ALL = frozenset(LOSSES)
KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def narrow(training=RIFEMTraining, losses=ALL, **options):
    """A small objective with reproducible parameters."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        objective, notes = training().objective({**NARROW, **options}, losses)
    assert notes == []
    return objective


def random_batch(count=2, size=64, times=(0.25, 0.875)):
    generator = torch.Generator().manual_seed(5)
    frames = torch.rand(count, 2, 3, size, size, generator=generator)
    targets = torch.rand(count, 1, 3, size, size, generator=generator)
    return Batch(frames, targets, torch.tensor(times[:count]).view(-1, 1), None)


def sample_of(batch, index):
    return Batch(*(None if each is None else each[index : index + 1] for each in batch))


def smoothed(plane, gain=1.0):
    """One plane, tap by tap, mirrored around its outermost pixels."""
    padded = np.pad(plane, 2, mode="reflect")
    height, width = plane.shape
    return sum(
        gain * KERNEL[i, j] * padded[i : i + height, j : j + width] for i in range(5) for j in range(5)
    )


def pyramid(plane):
    """Five levels of one plane's Laplacian pyramid."""
    levels = []
    for _ in range(5):
        small = smoothed(plane)[::2, ::2]
        spread = np.zeros_like(plane)
        spread[::2, ::2] = small
        levels.append(plane - smoothed(spread, 4.0))
        plane = small
    return levels


@pytest.mark.parametrize("size", [(64, 96), (48, 80)])
def test_the_laplacian_loss_is_that_of_pyramids_built_plane_by_plane(size):
    made, truth = torch.rand(2, 2, 3, *size, generator=torch.Generator().manual_seed(1))
    expected = 0.0
    planes = [[pyramid(one) for one in each.double().numpy().reshape(-1, *size)] for each in (made, truth)]
    for level in range(5):
        apart = [np.abs(a[level] - b[level]).mean() for a, b in zip(*planes, strict=True)]
        expected += np.mean(apart)
    assert float(laplacian_l1(made, truth)) == pytest.approx(expected, rel=1e-5)


def test_pictures_too_small_for_five_levels_are_refused():
    small = torch.zeros(1, 3, 48, 32)
    with pytest.raises(VfibenchError, match="expected 48 pixels a side or more, found 48x32"):
        laplacian_l1(small, small)


def test_the_loss_of_validation_does_not_spoil_that_of_training():
    truth, made = torch.zeros(1, 3, 50, 70), torch.rand(1, 3, 50, 70, requires_grad=True)
    with torch.inference_mode():
        laplacian_l1(truth, truth)
    laplacian_l1(made, truth).backward()
    assert made.grad.abs().sum() > 0


def estimates(count):
    """Random estimates for one sample, and the true frame."""
    generator = torch.Generator().manual_seed(2)

    def draw(channels):
        return torch.rand(2, channels, 8, 12, generator=generator)

    return [Estimate(draw(4) * 5, draw(1) * 2 - 1, draw(3), draw(3)) for _ in range(count)], draw(3)


def test_distillation_counts_flow_where_the_student_is_worse_by_the_margin():
    (*levels, teacher), truth = estimates(4)
    total = 0.0
    for level in levels:
        for sample in range(2):
            for place in np.ndindex(8, 12):
                here = (sample, slice(None), *place)
                off, allowed = (
                    float((one.merged[here] - truth[here]).abs().mean()) for one in (level, teacher)
                )
                if off > allowed + 0.01:
                    total += float((level.flow[here] - teacher.flow[here]).square().mean().sqrt())
    assert float(distillation(levels, teacher, truth)) == pytest.approx(total / (2 * 8 * 12), rel=1e-5)


def test_distillation_has_gradients_where_both_flows_are_the_same():
    (level, teacher), truth = estimates(2)
    flow = teacher.flow.clone().requires_grad_()
    distillation([level._replace(flow=flow)], teacher, truth).backward()
    assert torch.equal(flow.grad, torch.zeros_like(flow))


@pytest.mark.parametrize("losses", [LOSSES[:1], LOSSES[:2], LOSSES])
def test_every_parameter_has_its_part_in_the_losses(losses):
    objective = narrow(losses=frozenset(losses))
    found = objective(random_batch())
    assert set(found) == set(losses)
    torch.stack(list(found.values())).sum().backward()
    assert [name for name, each in objective.named_parameters() if each.grad is None] == []
    assert hasattr(objective.network, "block_tea") == ("teacher" in losses)


def test_the_teacher_learns_nothing_from_distillation():
    objective = narrow()
    objective(random_batch())["distillation"].backward()
    assert all(each.grad is None for each in objective.network.block_tea.parameters())
    assert all(each.grad is not None for each in objective.network.block0.parameters())


def test_losses_of_a_batch_are_means_over_its_samples():
    objective, batch = narrow(), random_batch()
    with torch.no_grad():
        whole, first, second = objective(batch), *(objective(sample_of(batch, k)) for k in range(2))
    for name in LOSSES:
        assert float(whole[name]) == pytest.approx(float(first[name] + second[name]) / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("training", "adapter"), [(RIFETraining, RIFEAdapter), (RIFEMTraining, RIFEMAdapter)]
)
@torch.inference_mode()
def test_what_it_predicts_is_what_the_adapter_gives(training, adapter):
    objective, made = narrow(training), adapter()
    made.network = objective.network
    times = (0.5, 0.5) if training is RIFETraining else (0.25, 0.875)
    batch = random_batch(times=times)
    expected = torch.cat([made.predict(batch.frames[k : k + 1], [times[k]]) for k in range(2)])
    torch.testing.assert_close(objective.predict(batch), expected, rtol=0, atol=1e-5)


@torch.inference_mode()
def test_the_student_is_judged_by_what_it_predicts():
    objective, batch = narrow(), random_batch()
    expected = laplacian_l1(objective.predict(batch)[:, 0], batch.targets[:, 0])
    assert float(objective(batch)["student"]) == pytest.approx(float(expected), rel=1e-5)


@torch.inference_mode()
def test_he_initial_parameters_begin_with_a_blend():
    batch = random_batch()
    found = narrow(he_initial=True).predict(batch)[:, 0]
    torch.testing.assert_close(found, batch.frames.mean(1), rtol=0, atol=0.1)


def test_the_loss_falls():
    objective, batch = narrow(), random_batch()
    optimiser = torch.optim.Adam(objective.parameters(), 3e-3)
    seen = []
    for _ in range(6):
        losses = objective(batch)
        total = losses["student"] + losses["teacher"] + 0.01 * losses["distillation"]
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        seen.append(total.item())
    assert seen[-1] < seen[0] - 0.01


@pytest.mark.parametrize(
    ("network", "losses", "words"),
    [
        (
            {"width": 3},
            LOSSES,
            "expected width0 or width1 or width2 or context or he_initial for rife-m, found 'width'",
        ),
        ({"width1": 0}, LOSSES, "width1: expected a whole number from 1, found 0"),
        ({"width2": 1}, LOSSES, "width2: expected 2 or more, found 1"),
        ({"width1": True}, LOSSES, "width1: expected a whole number from 1, found True"),
        ({}, ["student", "flow"], "expected some of student, teacher, distillation for rife-m, found flow"),
        ({}, ["teacher"], "expected student too for rife-m, found teacher"),
        ({}, ["student", "distillation"], "expected teacher too for rife-m, found distillation, student"),
    ],
)
def test_bad_tables_are_refused_in_one_line(network, losses, words):
    with pytest.raises(VfibenchError) as caught:
        RIFEMTraining().objective(network, frozenset(losses))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_narrowest_network_that_is_allowed_can_be_built_and_trained():
    narrowest = {"width0": 2, "width1": 2, "width2": 2, "context": 1}
    objective, _ = RIFEMTraining().objective(narrowest, frozenset(LOSSES))
    losses = objective(random_batch())
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_other_numbers_of_frames_or_targets_are_refused():
    batch = random_batch()
    four = batch._replace(frames=batch.frames.repeat(1, 2, 1, 1, 1))
    with pytest.raises(VfibenchError, match="rife-m: expected 2 frames and 1 target a sample, found 4 and 1"):
        narrow()(four)


def test_the_mid_point_network_refuses_other_times():
    with pytest.raises(VfibenchError, match=r"rife: expected targets at 0\.5, found 0\.25"):
        narrow(RIFETraining)(random_batch())


@pytest.fixture
def exported(tmp_path):
    """A narrow network and its weight file, as training leaves it."""
    network = narrow().network
    file = tmp_path / "weights.safetensors"
    export(network, {"steps": "0"}, file, half=True)
    return network, file


def test_an_exported_file_of_any_width_is_loaded_without_its_teacher(exported):
    network, file = exported
    adapter = RIFEMAdapter()
    adapter.load(CPU, file)
    found, expected = adapter.network.state_dict(), network.state_dict()
    assert set(found) == {name for name in expected if not name.startswith("block_tea.")}
    assert all(torch.equal(each, expected[name].half().float()) for name, each in found.items())


@pytest.mark.parametrize("losses", [LOSSES, LOSSES[:1]])
def test_training_goes_on_from_an_exported_file_with_a_new_teacher_or_none(exported, losses):
    network, file = exported
    trained, fresh = narrow(losses=frozenset(losses)).network, narrow(losses=frozenset(losses)).network
    with torch.no_grad():
        for each in trained.parameters():
            each.add_(1)
    teacher = {name: each.clone() for name, each in trained.state_dict().items() if "block_tea" in name}
    start_from(trained, RIFEMTraining(), str(file))
    for name, each in trained.state_dict().items():
        expected = teacher.get(name, network.state_dict()[name].half().float())
        assert torch.equal(each, expected), name
    assert set(trained.state_dict()) == set(fresh.state_dict())


@pytest.mark.parametrize("name", ["rife", "rife-m", "rife-starter"])
def test_its_recipes_can_be_built(name):
    recipe = read_recipe(name)
    training = RIFETraining if recipe.method == "rife" else RIFEMTraining
    with torch.device("meta"):
        objective, _ = training().objective(recipe.network, frozenset(recipe.losses))
    sizes = {key: each.numel() for key, each in objective.network.named_parameters()}
    if name != "rife-starter":
        assert sum(sizes.values()) == {"rife": 10_708_215, "rife-m": 10_710_780}[name]
        return
    assert recipe.training.stored == "fp16"
    assert 2 * sum(size for key, size in sizes.items() if "block_tea" not in key) < 5e6
