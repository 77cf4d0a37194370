"""Adapters that are right in what they answer, and careless in one way each about everything else."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from vfibench.contracts import AdapterCard


class Mean:
    """The mean of two frames."""

    card = AdapterCard("untidy-mean", "untidy_methods:Mean")

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to load."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """[B, 1, 3, H, W]."""
        return (frames[:, :1] + frames[:, 1:]) / 2


class SameMemory(Mean):
    """Answers in the same memory each time, which it fills with noise before it begins."""

    card = AdapterCard("untidy-memory", "untidy_methods:SameMemory")

    def load(self, device: torch.device, weights: Path | None) -> None:
        self.memory = torch.zeros(0)

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        made = super().predict(frames, times)
        if self.memory.numel() < made.numel():
            self.memory = torch.zeros(made.numel())
        self.memory.fill_(0.123)
        answer = self.memory[: made.numel()].view(made.shape)
        return answer.copy_(made)


class InItsInputs(Mean):
    """Answers in the memory of the frames it was given, and spoils those of the call before."""

    card = AdapterCard("untidy-inputs", "untidy_methods:InItsInputs")
    before: torch.Tensor | None = None

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        if self.before is not None:
            self.before.fill_(0.321)
        self.before = frames
        frames[:, 0].copy_((frames[:, 0] + frames[:, 1]) / 2)
        frames[:, 1].fill_(0.456)
        return frames[:, :1]


def leak() -> None:
    """Change what a process has of state."""
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(3)
    torch.backends.mkldnn.enabled = False
    torch.backends.cudnn.benchmark = True
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_float32_matmul_precision("medium")
    np.seterr(all="raise")
    os.chdir("/")
    sys.setrecursionlimit(5000)
    random.seed(7)
    np.random.seed(7)
    torch.manual_seed(7)


class LeaksLoading(Mean):
    """Changes all of it while it is loaded, and what lasts as well."""

    card = AdapterCard("untidy-loading", "untidy_methods:LeaksLoading")

    def load(self, device: torch.device, weights: Path | None) -> None:
        leak()
        os.environ["VFIBENCH_UNTIDY"] = "1"
        sys.path.append("/untidy")


class LeaksPredicting(Mean):
    """Changes all of it in every call."""

    card = AdapterCard("untidy-predicting", "untidy_methods:LeaksPredicting")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        made = super().predict(frames, times)
        leak()
        return made


class Wanders(Mean):
    """Works in another folder, as scripts that read files beside them do, and comes back."""

    card = AdapterCard("untidy-wanders", "untidy_methods:Wanders")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        here = Path.cwd()
        os.chdir("/")
        time.sleep(0.02)  # others read and write files meanwhile
        os.chdir(here)
        return super().predict(frames, times)


class Noisy(Mean):
    """Adds noise from all three generators."""

    card = AdapterCard("untidy-noisy", "untidy_methods:Noisy")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        noise = torch.rand(1) + random.random() + float(np.random.rand())
        return super().predict(frames, times) + 0.01 * noise
