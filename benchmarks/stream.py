"""Samples/s of the synthetic stream on one core against those of a training step on one core.

    python benchmarks/stream.py [--recipe superslomo-starter] [--rounds 3] [--samples 16]

Both are processor time of one thread, interleaved in one run: samples of the stream as `vfibench train` makes
them (rendered, augmented), and an optimiser step of the recipe's network and losses on them. The first line
is the recipe's own setting, the others are other inputs and crops where it has a target in every window.
`ratio` is stream / step: where it is above 1, one core makes samples faster than another one learns from
them; a device that learns k times as fast as this core needs k / ratio workers. Each process reads the
textures it needs once, which is told apart and not part of samples/s.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import torch

from vfibench.registry import METHODS, SOURCES, load_target
from vfibench.trainable import SourceOptions, Wanted
from vfibench.training.recipes import Recipe, read_recipe
from vfibench.training.samples import Place, Samples, batches, placed
from vfibench.training.state import State

SETTINGS = ((2, 128), (2, 224), (4, 128), (4, 224))


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def settings(recipe: Recipe) -> list[Recipe]:
    """The recipe itself, and where it takes any number of windows, at other inputs and crops."""
    others = SETTINGS if recipe.data.targets == "windows" else ()
    data = [msgspec.structs.replace(recipe.data, inputs=inputs, crop=crop) for inputs, crop in others]
    return [recipe, *(msgspec.structs.replace(recipe, data=each) for each in data if each != recipe.data)]


def stream_arm(samples: Samples, count: int) -> Callable[[], object]:
    positions: Iterator[int] = iter(range(10**9))
    return lambda: [samples[next(positions)] for _ in range(count)]


def step_arm(recipe: Recipe, samples: Samples) -> Callable[[], object]:
    trainable = load_target(METHODS.card(recipe.method).trainable)()
    objective, _ = trainable.objective(recipe.network, frozenset(recipe.losses))
    state = State(recipe, objective, torch.device("cpu"), Place())
    (made,) = batches(samples, Place(), 0, 1, recipe.training.batch, 0)
    batch = placed(made, torch.device("cpu"))
    return lambda: state.learn(batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--recipe", default="superslomo-starter")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=16, help="of the stream, a round")
    given = parser.parse_args()
    torch.set_num_threads(1)
    recipe = read_recipe(given.recipe)
    source = load_target(SOURCES.card(recipe.data.source).target)(SourceOptions(seed=recipe.training.seed))
    rng, wanted = np.random.default_rng(0), Wanted(2, "middle", "random", 32)
    warm = cpu_seconds(lambda: [source.sample(10**6 + k, rng, wanted) for k in range(600)])
    again = cpu_seconds(lambda: [source.sample(10**6 + k, rng, wanted) for k in range(600)])
    print(f"torch {torch.__version__}, {given.rounds} rounds, textures {warm - again:.1f} s CPU a process")
    print(f"{'setting':24} {'stream/s':>9} {'step/s':>9} {'ratio':>7}")
    for chosen in settings(recipe):
        samples = Samples(source, chosen.data, recipe.training.seed)
        stream, step = stream_arm(samples, given.samples), step_arm(chosen, samples)
        step()  # warm-up
        seconds = [(cpu_seconds(stream), cpu_seconds(step)) for _ in range(given.rounds)]
        made, learned = (statistics.median(column) for column in zip(*seconds, strict=True))
        rates = given.samples / made, recipe.training.batch / learned
        name = f"{chosen.data.inputs} inputs, crop {chosen.data.crop}"
        print(f"{name:24} {rates[0]:9.1f} {rates[1]:9.2f} {rates[0] / rates[1]:7.1f}", flush=True)


if __name__ == "__main__":
    main()
