"""Processor time of the networks, beside that of the originals.

The originals were timed on an AMD EPYC: CPU time of one prediction (input 256 x 448, one frame at t = 0.5
unless SETTINGS says so) / CPU time of a hundred products of two 1024 x 1024 float32 matrices, one thread,
PyTorch 2.15. Processors differ in how their convolutions compare with their matrix products, so Super
SloMo's two U-Nets are timed here too, laid out plainly as the original lays them out: where they take more
(or less) than the original's multiple, all originals are expected to. Ends with 1 where ours is slower than
what is expected of its original on this processor.

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

from vfibench.frames.padding import pad
from vfibench.registry import METHODS, load_target
from vfibench_adapters.superslomo.network import SuperSloMo

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
    """Input frames (None: a method's usual number), their height and width, and the times asked for."""

    frames: int | None = None
    size: tuple[int, int] = (256, 448)
    times: tuple[float, ...] = (0.5,)


# Where a line's setting is not the usual one; the method's name is the line's first word.
SETTINGS = {
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
    count = setting.frames or card.inputs[0]
    frames = pad(torch.rand(1, count, 3, *setting.size), card.padding)
    return lambda: adapter.predict(frames, setting.times)


def plain_superslomo() -> Callable[[], object]:
    """Both U-Nets of Super SloMo in contiguous memory: the original's work but for its cheap warps."""
    network = SuperSloMo("conv").eval()
    pair, known = torch.rand(1, 6, 256, 448), torch.rand(1, 16, 256, 448)

    def work() -> None:
        first, second = network.stage1_model, network.stage2_model
        levels = first.encode(pair)
        bottom = first.conv6(levels[-1].unsqueeze(0))[0]
        first.decode(bottom, levels)
        levels = second.encode(known)
        second.decode(torch.cat((second.conv6(levels[-1].unsqueeze(0))[0], bottom), 1), levels)

    return work


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
        arms = {"yardstick": yardstick(), "plain": plain_superslomo()}
        arms |= {name: prediction(name) for name in ORIGINALS}
        for work in arms.values():
            work()  # warm-up
        times = [{name: cpu_seconds(work) for name, work in arms.items()} for _ in range(rounds)]
        flops = {name: gigaflops(arms[name]) for name in ORIGINALS}
    median = {name: statistics.median(row[name] for row in times) for name in arms}
    here = median["plain"] / median["yardstick"] / ORIGINALS["superslomo"]
    print(f"torch {torch.__version__}, {rounds} rounds, yardstick {median['yardstick']:.2f} s CPU")
    print(f"originals take {here:.2f} times their multiples on this processor, judged by Super SloMo")
    heads = ("CPU s", "GFLOPs", "multiple", "original", "expected", "ratio")
    print(f"{'method':21} " + " ".join(f"{head:>8}" for head in heads))
    slower = 0
    for name, original in ORIGINALS.items():
        multiple, expected = median[name] / median["yardstick"], original * here
        slower += multiple > expected
        figures = (median[name], flops[name], multiple, original, expected, multiple / expected)
        print(f"{name:21} " + " ".join(f"{figure:8.3f}" for figure in figures))
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
