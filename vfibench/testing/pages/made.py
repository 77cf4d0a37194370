"""A run to draw pages of: scored for good, on small made-up frames, by methods whose names mean harm or not.

It holds what pages meet: complete and incomplete cells, frames that failed or are exact, two target times,
clips, motion, pictures. In the hostile one every name and text that somebody else could choose is markup, or
leads out of the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from vfibench.contracts import (
    AdapterCard,
    DatasetCard,
    DatasetOptions,
    MetricCard,
    Sample,
    Selection,
)
from vfibench.datasets.selection import list_hash
from vfibench.registry import DATASETS, METRICS
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store import CellResult, ResultStore, read_results
from vfibench.testing.scenes import moving

HARM = 'alert("vfibench")'
SCRIPT = f"<script>{HARM}</script>"
IMAGE = f"\"'></script><img src=x onerror={HARM}>"
OUTSIDE = "../../outside"
SIZE = (48, 64)
COUNT = 6
FAILING = 4  # the sample that one method fails on
EXACT = 2  # the sample in which nothing moves
HERE = "vfibench.testing.pages.made"
WHOSE = "made up by vfibench.testing"


class Made:
    """Six samples of two clips, each with two targets; the third stands still."""

    card = DatasetCard(
        "made-up", f"{HERE}:Made", title="made-up textures", count=COUNT, times=(0.25, 0.5), builtin=True
    )
    fingerprint: str | None = None
    times = (0.25, 0.5)
    named = "sample {}"

    def __init__(self, options: DatasetOptions) -> None:  # noqa: ARG002 - the harness gives them
        self.ids: Sequence[str] = [self.named.format(place) for place in range(COUNT)]
        self.selection = Selection("official", COUNT, COUNT, list_hash(self.ids))

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, index: int) -> Sample:
        """Four frames of a moving texture: the first and last are given, those between are asked for."""
        steps = [0, 0, 0, 0] if index == EXACT else [0, 1, 2, 3]
        shown = moving(index + 4, *SIZE)[[index + step for step in steps]]
        pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = (shown * 255).to(torch.uint8).numpy()
        tags: dict[str, str | float | bool] = {
            "clip": self.named.format(index // 3),
            "motion_p90": 2.0 * index,
            "seen_by_1": 0.01 * index,
            "seen_by_0": 0.0,
        }
        return Sample(self.ids[index], pixels[[0, 3]], pixels[1:3], self.times, tags)


class Hostile(Made):
    """The same under names that are markup."""

    named = SCRIPT + " {}"
    card = replace(
        Made.card,
        name=SCRIPT,
        target=f"{HERE}:Hostile",
        title=IMAGE,
        task=SCRIPT,
        licence=IMAGE,
        notes=SCRIPT,
    )


class Fails:
    """The mean of both frames, but for one sample, on which it raises."""

    card = AdapterCard("fails-once", f"{HERE}:Fails", title="fails on one sample", times="any")

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to load."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """[B, T, 3, H, W]."""
        known = torch.from_numpy(Made(DatasetOptions())[FAILING].frames).to(frames.device) / 255
        if any(torch.equal(pair, known) for pair in frames):
            raise RuntimeError(SCRIPT)
        return frames.mean(dim=1, keepdim=True).repeat(1, len(times), 1, 1, 1)


def hostile_card(name: str, target: str) -> AdapterCard:
    """A card of which every text is markup."""
    return AdapterCard(
        name,
        f"{HERE}:{target}",
        title=SCRIPT,
        paper=IMAGE,
        licence=SCRIPT,
        code_url=IMAGE,
        training_data=SCRIPT,
        notes=IMAGE,
        times="any",
    )


class Scripted(Fails):
    """Its name is a script."""

    card = hostile_card(SCRIPT, "Scripted")


class Pictured(Fails):
    """Its name ends an attribute or a script, and begins a picture."""

    card = hostile_card(IMAGE, "Pictured")


class Elsewhere(Fails):
    """Its name leads out of the folder."""

    card = hostile_card(OUTSIDE, "Elsewhere")


class Error:
    """Mean absolute error under a name that is markup."""

    card = MetricCard(IMAGE, f"{HERE}:Error", title=SCRIPT, unit=SCRIPT, better="lower")

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """[B] float64."""
        return (predicted.double() - target.double() / 255).abs().mean(dim=(1, 2, 3))


PLAIN_METHODS = ("blend", "nearest", f"{HERE}:Fails")
HOSTILE_METHODS = ("blend", f"{HERE}:Scripted", f"{HERE}:Pictured", f"{HERE}:Elsewhere")


def plain_results(folder: Path) -> list[CellResult]:
    """Three methods on one dataset, kept in a run folder with their pictures."""
    return _scored(folder, Request(PLAIN_METHODS, (Made.card.name,), metrics=("ie",)), Made)


def hostile_results(folder: Path) -> list[CellResult]:
    """Four methods, three of them under hostile names, on a dataset and with a metric that have such too."""
    return _scored(folder, Request(HOSTILE_METHODS, (Hostile.card.name,), metrics=(IMAGE,)), Hostile)


def _scored(folder: Path, request: Request, dataset: type[Made]) -> list[CellResult]:
    """Plan, score and read back, as `vfibench run` and `vfibench report` do."""
    with ExitStack() as known:
        known.enter_context(DATASETS.holding(dataset.card, WHOSE))
        known.enter_context(METRICS.holding(Error.card, WHOSE))
        runner = Runner(ResultStore(folder), torch.device("cpu"), save_images=True)
        runner.run(Planner(request).jobs())
    return read_results([folder])
