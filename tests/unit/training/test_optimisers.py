"""Learning rates against their formulas; Adam, AdamW, clipping and averaging against plain arithmetic."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
import torch
from torch import nn

from vfibench.trainable import Batch
from vfibench.training.optimisers import build_optimiser, build_schedule
from vfibench.training.recipes import Data, Optimiser, Recipe, Schedule, Training
from vfibench.training.samples import Place
from vfibench.training.state import State

# Where fp16 leaves the first step out; a training says nothing of it either.
pytestmark = pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")

STEPS, PEAK, LOWEST = 23, 0.02, 0.001


def cosine(step: int, period: int) -> float:
    return LOWEST + (PEAK - LOWEST) * (1 + math.cos(math.pi * step / period)) / 2


def expected(name: str, step: int, warmup: int) -> float:
    """The rate of step `step`, counted from 0, as the docstring of Schedule says."""
    if step < warmup:
        return PEAK * (step + 1) / warmup
    step -= warmup
    if name == "step":
        return PEAK * 0.3 ** (step // 5)
    if name == "cosine":
        return cosine(step, STEPS - warmup)
    return cosine(step % 5, 5) if name == "restarts" else PEAK


@pytest.mark.parametrize("warmup", [0, 1, 4])
@pytest.mark.parametrize("name", ["constant", "step", "cosine", "restarts"])
def test_the_learning_rate_follows_its_formula(name: Any, warmup: int) -> None:
    optimiser = build_optimiser(Optimiser(lr=PEAK), nn.Linear(1, 1).parameters())
    chosen = Schedule(name=name, warmup=warmup, period=5, factor=0.3, lowest=LOWEST)
    schedule = build_schedule(chosen, optimiser, STEPS)
    rates = []
    for _ in range(STEPS):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    assert rates == pytest.approx([expected(name, step, warmup) for step in range(STEPS)], rel=1e-9)


class Line(nn.Module):
    """Fits y = w x: losses and gradients that a pencil can compute."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Linear(3, 1, bias=False)
        self.seen: list[torch.dtype] = []

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        made = self.network(batch.frames)
        self.seen.append(made.dtype)
        return {"square": (made.float() - batch.targets).square().mean(), "size": made.float().abs().mean()}


def recipe(**changes: Any) -> Recipe:
    optimiser = changes.pop("optimiser", Optimiser(lr=0.1, betas=(0.8, 0.95)))
    training = Training(steps=9, **changes)
    weights = {"square": 3.0, "size": 0.5}
    return Recipe(name="r", method="m", data=Data(), losses=weights, optimiser=optimiser, training=training)


def batch(step: int) -> Batch:
    made = torch.Generator().manual_seed(step)
    return Batch(torch.randn(5, 3, generator=made), torch.randn(5, 1, generator=made), torch.empty(0), None)


def state_of(chosen: Recipe) -> State:
    torch.manual_seed(0)
    return State(chosen, Line(), torch.device("cpu"), Place())


def by_hand(chosen: Recipe, weights: torch.Tensor, steps: int) -> list[torch.Tensor]:
    """Adam (Kingma and Ba, ICLR 2015) or AdamW (Loshchilov and Hutter, ICLR 2019), in float64."""
    w, m, v = weights.double().clone(), torch.zeros(3).double(), torch.zeros(3).double()
    (one, two), lr, decay = chosen.optimiser.betas, chosen.optimiser.lr, chosen.optimiser.weight_decay
    made = []
    for step in range(steps):
        x, y = batch(step).frames.double(), batch(step).targets.double()
        out = x @ w[:, None]
        gradient = (3.0 * 2 * (out - y) * x + 0.5 * out.sign() * x).mean(0)
        limit = chosen.training.clip_norm
        if limit:
            gradient = gradient * min(1.0, limit / (gradient.norm() + 1e-6))
        if chosen.optimiser.name == "adam":
            gradient = gradient + decay * w
        else:
            w = w * (1 - lr * decay)
        m, v = one * m + (1 - one) * gradient, two * v + (1 - two) * gradient**2
        w = w - lr * (m / (1 - one ** (step + 1))) / ((v / (1 - two ** (step + 1))).sqrt() + 1e-8)
        made.append(w.clone())
    return made


@pytest.mark.parametrize("clip", [0.0, 0.7])
@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_steps_are_those_of_the_papers(name: Any, clip: float) -> None:
    chosen = recipe(
        optimiser=Optimiser(name=name, lr=0.1, betas=(0.8, 0.95), weight_decay=0.1), clip_norm=clip
    )
    state = state_of(chosen)
    wanted = by_hand(chosen, state.objective.network.weight.detach()[0], 6)
    for step in range(6):
        losses = state.learn(batch(step))
        assert losses["total"] == pytest.approx(float(3 * losses["square"] + 0.5 * losses["size"]), rel=1e-6)
        found = state.objective.network.weight.detach()[0].double()
        torch.testing.assert_close(found, wanted[step], rtol=1e-5, atol=1e-6)


def test_the_average_is_exponential_and_begins_with_the_first_step() -> None:
    state = state_of(recipe(ema=0.75))
    average = None
    for step in range(5):
        state.learn(batch(step))
        weights = state.objective.network.weight.detach().clone()
        average = weights if average is None else 0.75 * average + 0.25 * weights
        torch.testing.assert_close(state.best.weight, average, rtol=1e-6, atol=1e-7)
    assert not torch.equal(state.best.weight, weights)


def test_a_loss_that_the_recipe_does_not_name_does_not_count() -> None:
    chosen = recipe()
    state = state_of(msgspec.structs.replace(chosen, losses={"square": 3.0}))
    losses = state.learn(batch(0))
    assert list(losses) == ["total", "square"]
    assert float(losses["total"]) == pytest.approx(3 * float(losses["square"]))


def test_without_an_average_the_network_itself_is_best() -> None:
    state = state_of(recipe())
    assert state.best is state.objective.network


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_autocast_computes_in_half_and_keeps_parameters_whole(precision: Any, dtype: torch.dtype) -> None:
    state, whole = state_of(recipe(precision=precision)), state_of(recipe())
    half, full = state.learn(batch(0)), whole.learn(batch(0))
    assert float(half["total"]) == pytest.approx(float(full["total"]), rel=0.01)
    before = state.objective.network.weight.detach().clone()
    for step in range(1, 9):  # the first gradients in fp16 overflow, until their scale has fallen
        state.learn(batch(step))
        whole.learn(batch(step))
    assert not torch.equal(state.objective.network.weight, before)
    assert set(state.objective.seen) == {dtype}
    assert state.objective.network.weight.dtype == torch.float32
    assert not torch.equal(state.objective.network.weight, whole.objective.network.weight)


def test_the_scale_of_fp16_gradients_is_saved_and_restored() -> None:
    state = state_of(recipe(precision="fp16"))
    state.learn(batch(0))
    state.scaler.update(128.0)
    saved = state.saved()
    assert saved["scaler"]["scale"] == 128.0
    other = state_of(recipe(precision="fp16"))
    other.restore(saved)
    assert other.scaler.get_scale() == 128.0
    for one, two in zip(state.objective.parameters(), other.objective.parameters(), strict=True):
        assert torch.equal(one, two)


def test_a_gradient_that_overflows_makes_no_step() -> None:
    state = state_of(recipe(precision="fp16"))
    before = state.objective.network.weight.detach().clone()
    state.learn(batch(0)._replace(targets=torch.full((5, 1), 1e30)))
    assert torch.equal(state.objective.network.weight, before)
    assert state.step == 1


def test_random_numbers_of_a_step_depend_on_the_step_alone() -> None:
    drawn = []
    for start in (0, 2):
        state = state_of(recipe())
        state.step = start
        for _ in range(4 - start):
            state.learn(batch(0))
            drawn.append((state.step, torch.rand(1).item()))
    assert set(drawn[-2:]) <= set(drawn[:4])
    assert len(dict(drawn)) == 4 == len({number for _, number in drawn})
