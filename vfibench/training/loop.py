"""`vfibench train`: the loop, from a recipe to a weight file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from vfibench.system.devices import device_facts
from vfibench.system.files import check_written
from vfibench.system.locks import only_one
from vfibench.system.sweeping import sweep
from vfibench.training.checkpoints import NAME, check_finite, save_checkpoint
from vfibench.training.curves import Curves
from vfibench.training.export import export, facts_of
from vfibench.training.objectives import check_losses_given
from vfibench.training.preparing import RECIPE, Ready, TrainingJob, no_folder, prepare
from vfibench.training.processes import failures_in_words, in_step, joined_processes
from vfibench.training.samples import Place, Samples, batches, placed
from vfibench.training.state import State
from vfibench.training.stopping import asked_to_stop
from vfibench.training.validation import Validation

Tell = Callable[[str], None]
WEIGHTS = "weights.safetensors"
LOCK = ".training.lock"
BEGUN_AGAIN = "something else has removed it meanwhile: begin anew in another --out"


def train(job: TrainingJob, tell: Tell) -> Path | None:
    """Train to the recipe's last step.

    Args:
        job: what to do.
        tell: takes the lines for the screen; called in the first process only.

    Returns:
        The weight file; None where the training was asked to stop before its end (it can be resumed).

    Raises:
        VfibenchError: bad input, or a loss that is no finite number; the last checkpoint stays. Where all
            processes meet it, it is ToldElsewhere in all but the first.
    """
    with joined_processes(job.device) as (place, device), the_only_training(job, place):
        tell = tell if place.rank == 0 else _silent
        with failures_in_words(place):
            ready = prepare(job, place, device)
            announce(ready, tell)
            learn(job, ready, tell)
        if ready.state.step < job.recipe.training.steps:
            tell(f"stopped after step {ready.state.step}; the checkpoint is in {job.out}")
            return None
        path = job.out / WEIGHTS
        if place.rank == 0:
            write_weights(job, ready, path)
            check_written([path], BEGUN_AGAIN)
        tell(f"weights: {path}    score them: vfibench run -m {job.recipe.method} -w {path}")
        return path


@contextmanager
def the_only_training(job: TrainingJob, place: Place) -> Iterator[None]:
    """Within, no other training writes to the same folder; the first process has the lock for all.

    Raises:
        VfibenchError: another one does; or the folder cannot be written.
    """
    new = [folder for folder in (job.out, *job.out.parents) if not folder.exists()]

    def lock() -> None:
        refused = f"another training is writing to {job.out}"
        hint = "wait for it to end, or name another --out"
        try:
            held.enter_context(only_one(job.out / LOCK, refused, hint))
            sweep(job.out)
        except OSError as error:
            raise no_folder(error) from error

    try:
        with ExitStack() as held:
            in_step(place, lambda: lock() if place.rank == 0 else None)
            yield
    finally:
        with suppress(OSError):  # as a rule they are not empty
            for folder in new if place.rank == 0 else ():
                folder.rmdir()


def learn(job: TrainingJob, ready: Ready, tell: Tell) -> None:
    """Step by step to the recipe's end, or to the step in which the process is asked to stop."""
    recipe, state, place = job.recipe, ready.state, ready.state.place
    plan, first = recipe.training, state.step
    validation = Validation(recipe, ready.held_out, job.workers)
    curves = Curves(None if place.rank else job.out, first, job.log_every, job.tensorboard)
    samples = Samples(ready.source, recipe.data, plan.seed)
    with asked_to_stop(place.world) as stop, steps_left_out():
        pinned = state.device.type == "cuda"
        for batch in batches(samples, place, first, plan.steps, plan.batch, job.workers, pinned):
            rate = float(state.schedule.get_last_lr()[0])
            losses = state.learn(placed(batch, state.device))
            if state.step == first + 1:
                check_losses_given(recipe, ready.facts["left_out"], losses)
            full = curves.add(losses, rate)
            last = state.step == plan.steps or bool(stop)
            save = last or state.step % plan.save_every == 0
            if full or save:
                tell(line(state.step, plan.steps, curves.write(place.world, plan.batch)))
            with curves.paused():
                if state.step % plan.validate_every == 0 or state.step == plan.steps:
                    tell(validated(validation, state, curves))
                if save:
                    check_finite(state)
                if save and place.rank == 0:
                    save_checkpoint(state, job.out, ready.facts)
            if last:
                break
    curves.close()
    if place.rank == 0:
        curves.check()
        check_written([job.out / NAME, job.out / RECIPE], BEGUN_AGAIN)


@contextmanager
def steps_left_out() -> Iterator[None]:
    """Let torch not warn where an fp16 gradient overflows in the first step, which the scaler leaves out."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Detected call of `lr_scheduler.step\(\)` before")
        yield


def write_weights(job: TrainingJob, ready: Ready, path: Path) -> None:
    """Export the trained network."""
    state, facts = ready.state, ready.facts
    where = f"{state.place.world} x {device_facts(str(state.device)).name}"
    init, data = facts["started_from"], ready.source.facts
    header = facts_of(job.recipe, facts["left_out"], data, init, state.step, where, facts["vfibench"])
    export(state.best, header, path, job.recipe.training.stored == "fp16")


def announce(ready: Ready, tell: Tell) -> None:
    """What will be done, before it is."""
    state, plan = ready.state, ready.state.recipe.training
    size = sum(each.numel() for each in state.objective.network.parameters())
    shared = f", shared by {state.place.world} processes," if state.place.world > 1 else ""
    steps = f"{plan.steps:,} steps of {plan.batch} samples{shared} on {state.device}"
    tell(f"{state.recipe.name}: {size:,} parameters, {steps}")
    epoch = f"; {ready.source.size:,} samples an epoch" if ready.source.size else ""
    tell(f"data: {ready.source.facts}{epoch}")
    for note in ready.facts["left_out"]:
        tell(f"note: {note}")
    if ready.facts["started_from"]:
        tell(f"started from {ready.facts['started_from']}")
    if state.step:
        tell(f"going on after step {state.step}")


def validated(validation: Validation, state: State, curves: Curves) -> str:
    """Validate, and say what came of it."""
    psnr = validation.psnr(state, state.place)
    curves.validation(state.step, psnr)
    return f"step {state.step}: validation PSNR {psnr:.3f} dB"


def line(step: int, steps: int, means: dict[str, float]) -> str:
    """One line of progress."""
    losses = "  ".join(f"{name} {value:.4g}" for name, value in means.items() if name != "samples_per_s")
    return f"step {step}/{steps}  {losses}  {means['samples_per_s']:.1f} samples/s"


def _silent(text: str) -> None:
    """What the other processes say."""
