"""The starters behind the harness's interface: their methods' adapters, but random parameters of their size.

How wide and deep a starter is follows from its weight file; without one, from its recipe.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, cast

import torch

from vfibench.contracts import AdapterCard
from vfibench.training.recipes import read_recipe
from vfibench_adapters.loading import placed, untrained
from vfibench_adapters.rife.adapter import RIFEMAdapter
from vfibench_adapters.rife.network import IFNet
from vfibench_adapters.starters.cards import (
    CONVLSTM_STARTER,
    RIFE_STARTER,
    SUPERSLOMO_STARTER,
    ZOOMING_SLOWMO_STARTER,
)
from vfibench_adapters.superslomo.adapter import SuperSloMoAdapter
from vfibench_adapters.superslomo.network import Bottleneck, SuperSloMo
from vfibench_adapters.zooming_slowmo.adapter import ZoomingSlowMoAdapter
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo


def sizes(card: AdapterCard, *names: str) -> list[int]:
    """The numbers `names` in the [network] table of a starter's recipe."""
    network = read_recipe(card.name).network
    return [network[name] for name in names]


class SuperSloMoStarter(SuperSloMoAdapter):
    """Super SloMo, narrow."""

    card: ClassVar[AdapterCard] = SUPERSLOMO_STARTER

    def _network(self, path: Path | None) -> SuperSloMo:
        if path is not None:
            return super()._network(path)
        return untrained(partial(SuperSloMo, self.bottleneck, *sizes(self.card, "width")))


class ConvLSTMStarter(SuperSloMoStarter):
    """SuperSloMo-R with a ConvLSTM, narrow."""

    card: ClassVar[AdapterCard] = CONVLSTM_STARTER
    bottleneck: ClassVar[Bottleneck] = "convlstm"


class RIFEStarter(RIFEMAdapter):
    """RIFE_m, narrow."""

    card: ClassVar[AdapterCard] = RIFE_STARTER

    def _network(self, path: Path | None) -> IFNet:
        if path is not None:
            return super()._network(path)
        *widths, context = sizes(self.card, "width0", "width1", "width2", "context")
        three = cast("tuple[int, int, int]", tuple(widths))
        return untrained(partial(IFNet, self.timed, three, context, taught=False))


class ZoomingSlowMoStarter(ZoomingSlowMoAdapter):
    """Zooming Slow-Mo, narrow and shallow."""

    card: ClassVar[AdapterCard] = ZOOMING_SLOWMO_STARTER

    def load(self, device: torch.device, weights: Path | None) -> None:
        """As any method's; see `vfibench.contracts.Adapter`."""
        if weights is not None:
            super().load(device, weights)
            return
        size = sizes(self.card, "channels", "groups", "front", "back")
        self.network = placed(untrained(partial(ZoomingSlowMo, *size)), device)
