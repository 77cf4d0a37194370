"""The built-in methods' cards, in the order they are listed; no network is imported."""

from __future__ import annotations

from vfibench.contracts import AdapterCard
from vfibench_adapters.baselines.cards import BLEND, NEAREST
from vfibench_adapters.superslomo.cards import CONVLSTM, SUPERSLOMO

CARDS: tuple[AdapterCard, ...] = (BLEND, NEAREST, SUPERSLOMO, CONVLSTM)
