"""Optimiser and schedule of a recipe, all of them torch's own."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn, optim
from torch.optim import lr_scheduler

from vfibench.training.recipes import Optimiser, Schedule

CLASSES: dict[str, type[optim.Adam]] = {"adam": optim.Adam, "adamw": optim.AdamW}


def build_optimiser(chosen: Optimiser, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Adam or AdamW over the parameters that learn."""
    learning = [each for each in parameters if each.requires_grad]
    betas = (chosen.betas[0], chosen.betas[1])
    return CLASSES[chosen.name](learning, lr=chosen.lr, betas=betas, weight_decay=chosen.weight_decay)


def build_schedule(chosen: Schedule, optimiser: optim.Optimizer, steps: int) -> lr_scheduler.LRScheduler:
    """The learning rate's course over `steps` steps; it is advanced once a step."""
    main = _main(chosen, optimiser, max(1, steps - chosen.warmup))
    if not chosen.warmup:
        return main
    rise = lr_scheduler.LinearLR(optimiser, 1 / chosen.warmup, 1.0, max(1, chosen.warmup - 1))
    return lr_scheduler.SequentialLR(optimiser, [rise, main], milestones=[chosen.warmup])


def _main(chosen: Schedule, optimiser: optim.Optimizer, steps: int) -> lr_scheduler.LRScheduler:
    if chosen.name == "step":
        return lr_scheduler.StepLR(optimiser, chosen.period, chosen.factor)
    if chosen.name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimiser, steps, chosen.lowest)
    if chosen.name == "restarts":
        return lr_scheduler.CosineAnnealingWarmRestarts(optimiser, chosen.period, eta_min=chosen.lowest)
    return lr_scheduler.ConstantLR(optimiser, factor=1.0)
