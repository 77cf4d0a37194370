"""Processor time of the networks, as a multiple of a matrix product timed in the same run.

Seconds differ from machine to machine, multiples much less: CPU time of one prediction / CPU time of a
hundred products of two 1024 x 1024 float32 matrices, one thread. The originals' multiples were measured in
the same way (input 256 x 448, one frame at t = 0.5, PyTorch 2.15). Ends with 1 where ours is slower.

    python benchmarks/networks.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from vfibench.registry import METHODS, load_target

ORIGINALS = {"superslomo": 0.673, "convlstm": 1.980}
HEIGHT, WIDTH = 256, 448


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def yardstick() -> Callable[[], object]:
    left, right, out = (torch.rand(1024, 1024) for _ in range(3))
    return lambda: [torch.mm(left, right, out=out) for _ in range(100)]


def prediction(name: str) -> Callable[[], object]:
    card = METHODS.card(name)
    adapter = load_target(card.target)()
    adapter.load(torch.device("cpu"), None)
    frames = torch.rand(1, max(card.inputs), 3, HEIGHT, WIDTH)
    return lambda: adapter.predict(frames, [0.5])


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
    print(f"{'method':12} {'CPU s':>7} {'GFLOPs':>7} {'multiple':>9} {'original':>9}")
    slower = 0
    for name, original in ORIGINALS.items():
        multiple = median[name] / median["yardstick"]
        slower += multiple > original
        print(f"{name:12} {median[name]:7.2f} {flops[name]:7.1f} {multiple:9.3f} {original:9.3f}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
