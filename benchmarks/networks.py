"""Processor time of the networks, as a multiple of a matrix product timed in the same run.

Seconds differ from machine to machine, multiples much less: CPU time of one prediction / CPU time of a
hundred products of two 1024 x 1024 float32 matrices, one thread. The originals' multiples were measured in
the same way (input 256 x 448, one frame at t = 0.5 unless SETTINGS says so, PyTorch 2.15). Ends with 1
where ours is slower.

    python benchmarks/networks.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from vfibench.frames import pad
from vfibench.registry import METHODS, load_target

ORIGINALS = {
    "superslomo": 0.673,
    "convlstm": 1.980,
    "convgru": 1.976,
    "superslomo-adobe": 0.447,
    "superslomo-nvidia": 0.596,
    "rife": 0.117,
    "rife-m": 0.114,
    "toflow": 0.445,
    "softsplat": 0.859,
    "sepconv": 0.731,
    "dain": 8.279,
    "zooming-slowmo 2 to 3": 2.096,
    "zooming-slowmo 4 to 7": 4.756,
}


class Setting(NamedTuple):
    """Input frames (None: the most a method takes), their height and width, and the times asked for."""

    frames: int | None = None
    size: tuple[int, int] = (256, 448)
    times: tuple[float, ...] = (0.5,)


# Where a line's setting is not the usual one; the method's name is the line's first word.
SETTINGS = {
    "convlstm": Setting(4),
    "convgru": Setting(4),
    "zooming-slowmo 2 to 3": Setting(2, (64, 112), (0, 0.5, 1)),
    "zooming-slowmo 4 to 7": Setting(4, (64, 112), (-1, -0.5, 0, 0.5, 1, 1.5, 2)),
}


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def yardstick() -> Callable[[], object]:
    left, right, out = (torch.rand(1024, 1024) for _ in range(3))
    return lambda: [torch.mm(left, right, out=out) for _ in range(100)]


def prediction(name: str) -> Callable[[], object]:
    card = METHODS.card(name.partition(" ")[0])
    setting = SETTINGS.get(name, Setting())
    adapter = load_target(card.target)()
    adapter.load(torch.device("cpu"), None)
    count = setting.frames or max(card.inputs)
    frames = pad(torch.rand(1, count, 3, *setting.size), card.padding)
    return lambda: adapter.predict(frames, setting.times)


def gigaflops(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    with torch.inference_mode():
        arms = {"yardstick": yardstick()} | {name: prediction(name) for name in ORIGINALS}
        for work in arms.values():
            work()  # warm-up
        times = [{name: cpu_seconds(work) for name, work in arms.items()} for _ in range(rounds)]
        flops = {name: gigaflops(arms[name]) for name in ORIGINALS}
    median = {name: statistics.median(row[name] for row in times) for name in arms}
    print(f"torch {torch.__version__}, {rounds} rounds, yardstick {median['yardstick']:.2f} s CPU")
    print(f"{'method':21} {'CPU s':>7} {'GFLOPs':>7} {'multiple':>9} {'original':>9}")
    slower = 0
    for name, original in ORIGINALS.items():
        multiple = median[name] / median["yardstick"]
        slower += multiple > original
        print(f"{name:21} {median[name]:7.2f} {flops[name]:7.1f} {multiple:9.3f} {original:9.3f}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
