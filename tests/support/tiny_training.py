"""Trainings that last a second: two channels, 32x32 pixels, made-up clips; and processes that are killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np

from vfibench.registry import SOURCES
from vfibench.trainable import Clip, SourceCard, SourceOptions, Wanted

PRELOADED = [
    "vfibench.cli.train",
    "vfibench.training.loop",
    "vfibench_adapters.superslomo.training",
    "vfibench_datasets.sources",
    "torch._dynamo",  # half a second of every optimiser's construction
    "safetensors.torch",
]

RECIPE = """
name = "tiny"
method = "superslomo"

[network]
width = 2

[data]
source = "made-up"
targets = "windows"
crop = 32
flip = true
reverse = true

[losses]
reconstruction = 60
warping = 10

[optimiser]
name = "adamw"
lr = 1e-3

[schedule]
name = "restarts"
period = 4
warmup = 3

[training]
steps = 12
batch = 4
seed = 3
ema = 0.9
clip_norm = 5.0
validate_every = 5
validate_on = 4
save_every = 4
"""


class MadeUp:
    """Patterns of random blocks that move by a pixel or two; 22 samples: epochs end within batches."""

    size: int | None = 22
    facts = "made-up patterns"

    def sample(self, index: int, rng: np.random.Generator, wanted: Wanted) -> Clip:
        side = wanted.crop // 8 + 3
        pattern = np.kron(np.random.default_rng(index).integers(0, 256, (3, side, side)), np.ones((1, 8, 8)))
        left = int(rng.integers(8))
        times = {2: (0.0, 0.5, 1.0), 4: (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)}[wanted.inputs]
        pictures = [self._shifted(pattern, left + 4 + 2 * time, wanted.crop) for time in times]
        chosen = (
            slice(1, None, 2) if wanted.targets == "windows" else slice(len(times) // 2, len(times) // 2 + 1)
        )
        return Clip(np.stack(pictures[::2]), np.stack(pictures[chosen]), times[chosen], None)

    @staticmethod
    def _shifted(pattern: np.ndarray, left: float, crop: int) -> np.ndarray:
        return pattern[:, 4 : 4 + crop, round(left) : round(left) + crop].astype(np.uint8)


def open_made_up(_options: SourceOptions) -> MadeUp:
    return MadeUp()


CARD = SourceCard("made-up", "tiny_training:open_made_up", "for tests")


def register() -> None:
    """Make the source known in this process."""
    if CARD.name not in SOURCES.names():
        SOURCES.add(CARD, "tests")


def write_recipe(path: Path, **changes: str) -> Path:
    """The recipe with lines changed: `write_recipe(path, steps="5")` replaces "steps = 12"."""
    lines = RECIPE.splitlines()
    for key, value in changes.items():
        at = next(k for k, line in enumerate(lines) if line.startswith(f"{key} = "))
        lines[at] = f"{key} = {value}"
    path.write_text("\n".join(lines))
    return path


def work(
    arguments: list[str], environment: Mapping[str, str], send: tuple[int, int], torn: int, log: str
) -> None:
    """In a child process: `vfibench ARGUMENTS`, all output in the file `log`."""
    import torch

    from vfibench.cli import main

    os.environ.update(environment)
    torch.set_num_threads(1)
    register()
    if send[0]:
        signal_in_step(*send)
    if torn:
        die_in_save(torn)
    with (
        Path(log).open("w", buffering=1) as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        try:
            main(arguments)
        except SystemExit as end:
            file.flush()
            os._exit(int(end.code or 0))


def signal_in_step(number: int, step: int) -> None:
    """Let the process send itself a signal in the middle of step `step`, counted from 1."""
    from vfibench.training.state import State

    whole = State.learn

    def learn(self, batch):
        if self.step + 1 == step:
            os.kill(os.getpid(), number)
        return whole(self, batch)

    State.learn = learn


def die_in_save(step: int) -> None:
    """Let the process be killed when half of the checkpoint after step `step` is written."""
    import torch

    whole = torch.save

    def save(saved, file):
        whole(saved, file)
        if saved["step"] == step:
            file.truncate(file.tell() // 2)
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    torch.save = save


def start(
    arguments: list[object],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    send: tuple[int, int] = (0, 0),
    torn: int = 0,
) -> ForkServerProcess:
    """Start a training; torch is loaded once, in the server that the children fork from.

    Args:
        send: a signal, and the step in which the training gets it.
        torn: the step whose checkpoint is cut in half by SIGKILL.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    words = [str(word) for word in arguments]
    process = context.Process(target=work, args=(words, dict(environment or {}), send, torn, str(log)))
    process.start()
    return process


def run(arguments: list[object], log: Path, **options) -> tuple[int, str]:
    """`start`, and wait: exit code and all that was said."""
    process = start(arguments, log, **options)
    process.join(120)
    return process.exitcode, log.read_text()


def run_together(count: int, arguments: list[object], log: Path, **options) -> list[tuple[int, str]]:
    """The same in `count` processes of one group, as torchrun would start them."""
    port = free_port()
    logs = [log.with_suffix(f".{rank}") for rank in range(count)]
    started = [
        start(arguments, each, environment=in_group(rank, count, port), **options)
        for rank, each in enumerate(logs)
    ]
    for process in started:
        process.join(120)
    return [(process.exitcode, each.read_text()) for process, each in zip(started, logs, strict=True)]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def in_group(rank: int, count: int, port: int) -> dict[str, str]:
    """What torchrun tells a process."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
