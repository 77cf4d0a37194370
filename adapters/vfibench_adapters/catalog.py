"""The built-in methods' cards, in the order they are listed; no network is imported."""

from __future__ import annotations

from vfibench.contracts import AdapterCard
from vfibench_adapters.baselines.cards import BLEND, NEAREST
from vfibench_adapters.classical.cards import DIS, MINTERPOLATE
from vfibench_adapters.dain.cards import DAIN
from vfibench_adapters.rife.cards import RIFE, RIFE_M
from vfibench_adapters.sepconv.cards import SEPCONV
from vfibench_adapters.softsplat.cards import SOFTSPLAT
from vfibench_adapters.starters.cards import (
    CONVLSTM_STARTER,
    RIFE_STARTER,
    SUPERSLOMO_STARTER,
    ZOOMING_SLOWMO_STARTER,
)
from vfibench_adapters.superslomo.cards import CONVGRU, CONVLSTM, SUPERSLOMO
from vfibench_adapters.superslomo_adobe.cards import SUPERSLOMO_ADOBE
from vfibench_adapters.superslomo_nvidia.cards import SUPERSLOMO_NVIDIA
from vfibench_adapters.toflow.cards import TOFLOW
from vfibench_adapters.zooming_slowmo.cards import ZOOMING_SLOWMO

CARDS: tuple[AdapterCard, ...] = (
    BLEND,
    NEAREST,
    DIS,
    MINTERPOLATE,
    SUPERSLOMO_STARTER,
    CONVLSTM_STARTER,
    RIFE_STARTER,
    ZOOMING_SLOWMO_STARTER,
    SUPERSLOMO,
    CONVLSTM,
    CONVGRU,
    SUPERSLOMO_ADOBE,
    SUPERSLOMO_NVIDIA,
    RIFE,
    RIFE_M,
    TOFLOW,
    SOFTSPLAT,
    SEPCONV,
    DAIN,
    ZOOMING_SLOWMO,
)
