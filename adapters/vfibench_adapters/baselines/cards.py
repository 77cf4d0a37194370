"""Cards of the methods that learn nothing."""

from __future__ import annotations

from vfibench.contracts import AdapterCard

BLEND = AdapterCard(
    name="blend",
    target="vfibench_adapters.baselines.adapters:Blend",
    title="the two frames' average, weighted by nearness in time",
    licence="MIT",
    inputs=(2,),
    times="any",
)

NEAREST = AdapterCard(
    name="nearest",
    target="vfibench_adapters.baselines.adapters:Nearest",
    title="a copy of the frame nearest in time, the first at 0.5",
    licence="MIT",
    inputs=(2,),
    times="any",
)
