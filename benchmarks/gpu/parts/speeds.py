"""Every method: ms a frame at two sizes, batch 1 and 8, each precision, both layouts, and by CUDA graphs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from typing import Any, NamedTuple

import torch

from benchmarks.gpu.asking import CPU, DEVICE, limited, note
from benchmarks.gpu.clocks import MODES, clock, graphed, mode, wake
from benchmarks.gpu.material import methods, opened
from vfibench.frames.padding import pad

SMALL, LARGE = ((96, 64), (128, 64)) if CPU else ((448, 256), (1280, 720))
MANY = 2 if CPU else 8


class Round(NamedTuple):
    """A call of `count` methods."""

    count: int
    size: tuple[int, int]
    batch: int
    precisions: tuple[str, ...]
    planar: bool = False
    graph: bool = False


ALL, FIRST = (2, 1) if CPU else (99, 8)
ROUNDS = [  # most important first
    Round(ALL, SMALL, 1, ("fp32",), graph=True),
    Round(ALL, SMALL, MANY, ("fp32", "tf32", "bf16")),
    Round(ALL, LARGE, 1, ("fp32", "bf16")),
    Round(ALL, SMALL, 1, ("tf32", "bf16")),
    Round(ALL, SMALL, MANY, ("fp16",)),
    Round(FIRST, LARGE, MANY, ("tf32", "bf16")),
    Round(FIRST, SMALL, MANY, ("fp32", "tf32", "bf16"), planar=True),
    Round(ALL, LARGE, 1, ("tf32", "fp16")),
    Round(FIRST, SMALL, 1, ("tf32",), planar=True),
]


if CPU:  # one of each kind
    ROUNDS = [ROUNDS[0], ROUNDS[6]._replace(precisions=("fp32",))]


def ask() -> None:
    """Round after round; what the time does not suffice for is the least important."""
    wake()
    for asked in ROUNDS:
        for name in methods()[: asked.count]:
            for precision in asked.precisions:
                if precision not in MODES:
                    continue
                with limited(f"{name} {asked.size} b{asked.batch} {precision}", 15) as go:
                    if not go:
                        return
                    measure(name, asked, precision)


@cache
def network(name: str, planar: bool) -> tuple[Any, Any]:
    """A loaded method; planar, with its weights in planes."""
    with planes() if planar else nullcontext():
        return opened(name, DEVICE)


def measure(name: str, asked: Round, precision: str) -> None:
    """Note one row: a call alone, in a queue, and the part of the host."""
    adapter, card = network(name, asked.planar)
    width, height = asked.size
    frames = torch.rand(
        asked.batch, card.inputs[0], 3, height // card.scale, width // card.scale, device=DEVICE
    )
    frames = pad(frames, card.padding)
    held = 0
    if not CPU:
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
    with mode(precision), planes() if asked.planar else nullcontext():
        call = lambda: adapter.predict(frames, (0.5,))  # noqa: E731
        took = clock(call, 0.1 if CPU else 0.25, 30)
        if asked.graph and not CPU:
            with suppress(Exception):  # some networks cannot be captured: the row says so by leaving it out
                took["graph_ms"] = clock(graphed(call), 0.25, 30)["queued_ms"]
    facts = {key: round(value / asked.batch, 4) for key, value in took.items()}
    peak = None if CPU else (torch.cuda.max_memory_allocated() - held) >> 20
    layout = "nchw" if asked.planar else "nhwc"
    note("row", method=name, size=f"{width}x{height}", batch=asked.batch, mode=precision, layout=layout,
         peak_mib=peak, **facts)  # fmt: skip


@contextmanager
def planes() -> Iterator[None]:
    """Whatever asks for channels_last gets planes instead."""
    form = torch.channels_last
    torch.channels_last = torch.contiguous_format
    try:
        yield
    finally:
        torch.channels_last = form
