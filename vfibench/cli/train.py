"""`vfibench train`: weights from a recipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.paths import path_option
from vfibench.cli.terminal import say
from vfibench.system.paths import given_path

if TYPE_CHECKING:
    from vfibench.training.preparing import TrainingJob


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("train", short_help="make weights from a recipe")(train)


def train(
    recipe: Annotated[
        str, typer.Option("--recipe", help="NAME (`vfibench list recipes`) or FILE.toml; --resume needs none")
    ] = "",
    out: Annotated[
        Path | None, path_option(help="folder for checkpoint, curves and weights (default: runs/NAME)")
    ] = None,
    data: Annotated[Path | None, path_option(help="folder of the recipe's training data")] = None,
    init: Annotated[
        str, typer.Option(help="start from this weight FILE or checkpoint.pt, or from this METHOD's weights")
    ] = "",
    resume: Annotated[bool, typer.Option("--resume", help="resume from the checkpoint in --out")] = False,
    device: Annotated[str, typer.Option(help="cpu or cuda (default: cuda if available)")] = "",
    steps: Annotated[int | None, typer.Option(help="number of steps, if not the recipe's")] = None,
    batch: Annotated[
        int | None, typer.Option(help="batch size over all processes, if not the recipe's")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="seed, if not the recipe's")] = None,
    workers: Annotated[int, typer.Option(help="processes that prepare samples in advance")] = 0,
    log_every: Annotated[int, typer.Option(help="steps between lines of output")] = 50,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="also write files for TensorBoard")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="only print the recipe as TOML")] = False,
) -> None:
    """Train a method by a recipe: losses, validation PSNR and samples/s go to --out, weights at the end.

    On several GPUs: torchrun --nproc-per-node N -m vfibench train ... A training that was stopped or killed
    is resumed with --resume, step for step as if nothing had happened.
    """
    from vfibench.running.checks import check_count
    from vfibench.training.recipes import as_toml, changed, read_recipe

    name = recipe or _begun_with(out, resume)
    chosen = changed(read_recipe(name), init=init, steps=steps, batch=batch, seed=seed)
    if show:
        print(as_toml(chosen), end="")
        return
    from vfibench.training.preparing import TrainingJob

    check_count("--workers", workers, 0)
    check_count("--log-every", log_every, 1)
    folder = out or given_path("runs") / chosen.name
    job = TrainingJob(chosen, folder, data, resume, device, workers, log_every, tensorboard)
    if _path(job) is None:
        raise typer.Exit(130)


def _begun_with(out: Path | None, resume: bool) -> str:
    """The recipe in the folder of a training that goes on.

    Raises:
        VfibenchError: no --recipe, and nothing to go on with.
    """
    from vfibench.errors import VfibenchError

    if not resume or out is None:
        hint = "name one of `vfibench list recipes`, or a FILE.toml; --resume --out DIR needs none"
        raise VfibenchError("expected --recipe, found none", hint)
    return str(out / "recipe.toml")


def _path(job: TrainingJob) -> Path | None:
    """Train; an error that all processes meet is told by the first alone."""
    from vfibench.training.loop import train
    from vfibench.training.processes import ToldElsewhere

    try:
        return train(job, _tell)
    except ToldElsewhere as error:
        import time

        time.sleep(2)  # torchrun ends all processes when one has ended: the first must have spoken
        raise typer.Exit(2) from error


def _tell(text: str) -> None:
    say(text)
    sys.stdout.flush()
