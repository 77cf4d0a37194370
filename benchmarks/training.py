"""Samples/s of a training step, of the samples alone, and of two processes against one, on the CPU.

    python benchmarks/training.py [RECIPE ...] [--data DIR]

By default the recipes of the starters. Arms of a recipe, one thread each:

    step      forward, backward and optimiser, on a batch that is ready
    samples   the recipe's source and augmentation, in this process
    two       two processes (gloo) that share the batch, samples included, against one
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from vfibench.system.threads import settle_threads

settle_threads()
import torch
import torch.multiprocessing as processes

from vfibench.registry import RECIPES, SOURCES, load_target
from vfibench.trainable import SourceOptions
from vfibench.training.objectives import build_objective
from vfibench.training.processes import joined_processes
from vfibench.training.recipes import Recipe, read_recipe
from vfibench.training.samples import Place, Samples, batches, placed
from vfibench.training.state import State

CPU = torch.device("cpu")


def samples_of(recipe: Recipe, data: Path | None) -> Samples:
    options = SourceOptions(root=data, seed=recipe.training.seed, inputs=recipe.data.inputs)
    return Samples(load_target(SOURCES.card(recipe.data.source).target)(options), recipe.data, 0)


def median_seconds(laps: Iterator[None]) -> float:
    """Median time of a lap; the first is not counted."""
    next(laps)
    times = [time.perf_counter()]
    times += [time.perf_counter() for _ in laps]
    return statistics.median(after - before for before, after in itertools.pairwise(times))


def steps(recipe: Recipe, data: Path | None, place: Place, count: int, ready: bool) -> Iterator[None]:
    """Steps of a training; with `ready` all on the same batch."""
    state = State(recipe, build_objective(recipe, place, None)[0], CPU, place)
    made = batches(samples_of(recipe, data), place, 0, count + 1, recipe.training.batch, 0)
    if ready:
        made = itertools.repeat(next(made), count + 1)
    for batch in made:
        state.learn(placed(batch, CPU))
        yield


def sampling(recipe: Recipe, data: Path | None, count: int) -> Iterator[None]:
    samples = samples_of(recipe, data)
    for position in range(count + 1):
        samples[position]
        yield


def in_group(
    rank: int, world: int, port: int, recipe: Recipe, data: Path | None, count: int, told: object
) -> None:
    torch.set_num_threads(1)
    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_PORT": port}
    os.environ.update({"MASTER_ADDR": "127.0.0.1", **{name: str(value) for name, value in names.items()}})
    with joined_processes("cpu") as (place, _):
        seconds = median_seconds(steps(recipe, data, place, count, ready=False))
    if rank == 0:
        told.put(seconds)


def together(recipe: Recipe, data: Path | None, world: int, count: int) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = processes.get_context("spawn").SimpleQueue()
    processes.spawn(in_group, (world, port, recipe, data, count, told), nprocs=world)
    return float(told.get())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("recipes", nargs="*")
    options.add_argument("--steps", type=int, default=5)
    options.add_argument("--data", type=Path, help="folder of the recipes' source of clips")
    asked = options.parse_args()
    torch.set_num_threads(1)
    print(f"{'recipe':24s} batch  step: samples/s  samples: samples/s  one process  two processes  ratio")
    for name in asked.recipes or [each for each in RECIPES.names() if each.endswith("-starter")]:
        recipe, data = read_recipe(name), asked.data
        batch = recipe.training.batch
        step = batch / median_seconds(steps(recipe, data, Place(), asked.steps, ready=True))
        made = 1 / median_seconds(sampling(recipe, data, batch * asked.steps))
        one, two = (batch / together(recipe, data, world, asked.steps) for world in (1, 2))
        row = f"{name:24s} {batch:5d}  {step:15.2f}  {made:18.2f}  {one:11.2f}  {two:13.2f}  {two / one:5.2f}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
