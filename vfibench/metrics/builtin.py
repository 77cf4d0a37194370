"""Each built-in metric by itself, behind the `Metric` contract: `load_target("...builtin:psnr@rife")()`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from vfibench.contracts import MetricCard
from vfibench.metrics.catalog import CARDS
from vfibench.metrics.scorer import Scorer

_CARDS = {card.name: card for card in CARDS}


class BuiltinMetric:
    """One column; a `Scorer` of several shares work that this repeats."""

    def __init__(self, card: MetricCard) -> None:
        self.card = card
        self._scorers: dict[torch.device, Scorer] = {}

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Score a batch; see `vfibench.contracts.Metric`."""
        device = predicted.device
        if device not in self._scorers:
            self._scorers[device] = Scorer([self.card.name], device)
        return self._scorers[device](predicted, target)[self.card.name]


def __getattr__(name: str) -> Callable[[], BuiltinMetric]:
    """The factory of the column `name`: names such as "psnr@rife" are no Python identifiers."""
    if name not in _CARDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return partial(BuiltinMetric, _CARDS[name])
