"""Everything that changes while a network is trained, and one step of it."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vfibench.trainable import Batch, Objective
from vfibench.training.optimisers import build_optimiser, build_schedule
from vfibench.training.recipes import Recipe
from vfibench.training.samples import Place

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


class State:
    """Network, averaged network, optimiser, schedule and the number of steps made.

    Args:
        recipe: what to do.
        objective: the method's network and losses.
        device: where this process computes.
        place: this process among all; with several, gradients are averaged over them.
    """

    def __init__(self, recipe: Recipe, objective: Objective, device: torch.device, place: Place) -> None:
        self.recipe, self.device, self.place, self.step = recipe, device, place, 0
        module = cast(nn.Module, objective).to(device).to(memory_format=torch.channels_last)
        self.objective = cast(Objective, module)
        self.optimiser = build_optimiser(recipe.optimiser, module.parameters())
        self.schedule = build_schedule(recipe.schedule, self.optimiser, recipe.training.steps)
        self.scaler = torch.amp.GradScaler(device.type, enabled=recipe.training.precision == "fp16")
        self.average = self._averaged() if recipe.training.ema else None
        self._losses = module if place.world == 1 else DistributedDataParallel(module, self._devices())

    @property
    def best(self) -> nn.Module:
        """The network that is validated and exported: the average where the recipe asks for one."""
        return self.objective.network if self.average is None else self.average.module

    def learn(self, batch: Batch) -> dict[str, Tensor]:
        """Make one step.

        Returns:
            The weighted sum, under "total", and the losses of this process's part, all on the device: nothing
            waits for it here.
        """
        self._settle()
        with self.autocast():
            given = self._losses(batch)
        losses = {name: loss for name, loss in given.items() if name in self.recipe.losses}
        total = torch.stack([self.recipe.losses[name] * loss for name, loss in losses.items()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(total).backward()
        if self.recipe.training.clip_norm:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.objective.network.parameters(), self.recipe.training.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.schedule.step()
        if self.average is not None:
            self.average.update_parameters(self.objective.network)
        self.step += 1
        return {name: loss.detach() for name, loss in {"total": total, **losses}.items()}

    def autocast(self) -> torch.autocast:
        """The recipe's precision."""
        dtype = DTYPES.get(self.recipe.training.precision)
        return torch.autocast(self.device.type, dtype, enabled=dtype is not None)

    def saved(self) -> dict[str, Any]:
        """All of it as tensors and plain data."""
        return {
            "step": self.step,
            "network": self.objective.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `saved` gave."""
        self.step = saved["step"]
        self.objective.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.schedule.load_state_dict(saved["schedule"])
        self.scaler.load_state_dict(saved["scaler"])
        if self.average is not None:
            self.average.load_state_dict(saved["average"])

    def _averaged(self) -> AveragedModel:
        decay = get_ema_multi_avg_fn(self.recipe.training.ema)
        return AveragedModel(self.objective.network, multi_avg_fn=decay, use_buffers=True)

    def _devices(self) -> list[int] | None:
        return None if self.device.type == "cpu" else [self.device.index or 0]

    def _settle(self) -> None:
        """Random numbers of a step depend on seed, step and process: there is no state to be saved."""
        mixed = (self.recipe.training.seed * 1_000_003 + self.step) * 1009 + self.place.rank
        torch.manual_seed(mixed % 2**63)
