"""PSNR on samples that training never sees."""

from __future__ import annotations

import msgspec
import torch
from torch import distributed

from vfibench.metrics.psnr import agreement
from vfibench.trainable import Batch, Objective, TrainingSource
from vfibench.training.recipes import Recipe
from vfibench.training.samples import Place, Samples, batches, placed
from vfibench.training.state import State


class Validation:
    """The first `validate_on` samples of the validation part, always the same, without augmentation.

    As many more as make the last batch whole.
    """

    def __init__(self, recipe: Recipe, source: TrainingSource, workers: int) -> None:
        plain = msgspec.structs.replace(recipe.data, flip=False, rotate=False, reverse=False)
        self._samples = Samples(source, plain, recipe.training.seed)
        self._batch, self._count, self._workers = recipe.training.batch, recipe.training.validate_on, workers

    def psnr(self, state: State, place: Place) -> float:
        """Mean over samples of the PSNR over all of a sample's targets, dB, on clamped frames in [0, 1]."""
        objective, network = state.objective, state.objective.network
        steps = -(-self._count // self._batch)
        objective.network = state.best.eval()
        total = torch.zeros(2, dtype=torch.float64, device=state.device)
        try:
            with torch.no_grad(), state.autocast():
                made = batches(self._samples, place, 0, steps, self._batch, self._workers)
                for batch in made:
                    total += _sum_and_count(objective, batch, state.device)
        finally:
            objective.network = network.train()
        if place.world > 1:
            distributed.all_reduce(total)
        return float(total[0] / total[1])


def _sum_and_count(objective: Objective, batch: Batch, device: torch.device) -> torch.Tensor:
    """Sum of the samples' PSNR, and their number."""
    there = placed(batch, device)
    psnr = agreement(objective.predict(there).float().clamp(0, 1), there.targets, limit=120.0)
    return torch.stack([psnr.sum(), psnr.new_tensor(float(len(psnr)))])
