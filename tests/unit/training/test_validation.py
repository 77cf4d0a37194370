"""Validation PSNR against scikit-image's, sample by sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from tiny_training import MadeUp
from torch import nn

from vfibench.trainable import Batch
from vfibench.training.recipes import Data, Recipe, Training
from vfibench.training.samples import Place, Samples
from vfibench.training.state import State
from vfibench.training.validation import Validation


class Mix(nn.Module):
    """A weighted mean of the two frames plus a ramp: it leaves [0, 1], and sees mirrored frames otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Linear(1, 1, bias=False)
        nn.init.constant_(self.network.weight, 1.7)
        self.calls = 0

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        return {"l1": (self.predict(batch) - batch.targets).abs().mean()}

    def predict(self, batch: Batch) -> torch.Tensor:
        self.calls += 1
        assert self.network.training == torch.is_grad_enabled()
        weight = self.network.weight[0, 0]
        ramp = torch.linspace(0, 0.2, 32) + torch.linspace(0, 0.1, 32)[:, None]
        return batch.frames[:, :1] * weight + batch.frames[:, 1:] * (1 - weight) + ramp


def recipe(ema: float) -> Recipe:
    training = Training(steps=3, batch=4, seed=5, ema=ema, validate_on=8)
    data = Data(source="made-up", crop=32, targets="windows", flip=True, rotate=True, reverse=True)
    return Recipe(name="r", method="m", data=data, losses={"l1": 1.0}, training=training)


def by_hand(weight: float) -> float:
    samples = Samples(MadeUp(), Data(source="made-up", crop=32, targets="windows"), seed=5)
    scores = []
    for position in range(8):
        frames, targets, *_ = (each.numpy().astype(np.float64) / 255 for each in samples[position][:2])
        ramp = np.linspace(0, 0.2, 32) + np.linspace(0, 0.1, 32)[:, None]
        made = np.clip(weight * frames[0] + (1 - weight) * frames[1] + ramp, 0, 1)
        scores.append(peak_signal_noise_ratio(targets[0], made, data_range=1.0))
    return float(np.mean(scores))


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_psnr_is_the_mean_over_samples_without_augmentation(ema: float) -> None:
    chosen = recipe(ema)
    state = State(chosen, Mix(), torch.device("cpu"), Place())
    if ema:
        nn.init.constant_(state.best.weight, 0.4)  # the average is what counts
    found = Validation(chosen, MadeUp(), workers=0).psnr(state, Place())
    assert state.objective.calls == 2
    assert found == pytest.approx(by_hand(0.4 if ema else 1.7), abs=1e-4)
    assert float(state.objective.network.weight.detach()) == pytest.approx(1.7)
    assert state.objective.network.training


def test_a_perfect_prediction_has_a_finite_score() -> None:
    state = State(recipe(0.0), Mix(), torch.device("cpu"), Place())
    state.objective.predict = lambda batch: batch.targets
    assert Validation(recipe(0.0), MadeUp(), workers=0).psnr(state, Place()) == pytest.approx(120.0)
