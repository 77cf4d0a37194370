"""From a job to everything that a training needs: checked, opened and built, in all processes alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import see_working_directory
from vfibench.registry import SOURCES, load_target
from vfibench.system.files import whole
from vfibench.system.provenance import version_line
from vfibench.trainable import SourceCard, SourceOptions, TrainingSource
from vfibench.training.checkpoints import ANEW, NAME, read_begun, restore
from vfibench.training.curves import check_tensorboard
from vfibench.training.export import start_from
from vfibench.training.objectives import build_objective, trainable_of
from vfibench.training.processes import in_step
from vfibench.training.recipes import Recipe, as_toml
from vfibench.training.samples import Place
from vfibench.training.state import State

RECIPE = "recipe.toml"


@dataclass(frozen=True)
class TrainingJob:
    """A training as the command line asks for it.

    Attributes:
        recipe: what is trained; its `init` names what to start from.
        out: folder of checkpoint, curves and weights.
        data: folder of the recipe's source, None where it needs none.
        resume: go on from the checkpoint in `out`.
        device: "cpu", "cuda" or "cuda:1"; "" is the GPU where there is one.
        workers: processes that make samples ahead, for each training process.
        log_every: steps between lines on the screen and writes of the curves.
        tensorboard: also write TensorBoard's files.
    """

    recipe: Recipe
    out: Path
    data: Path | None = None
    resume: bool = False
    device: str = "cpu"
    workers: int = 0
    log_every: int = 50
    tensorboard: bool = False


@dataclass(frozen=True)
class Ready:
    """A training about to begin or to go on, in this process.

    Attributes:
        state: network, optimiser and steps made.
        source, held_out: what is trained and what is validated on.
        facts: what a checkpoint keeps and the weight file tells: "left_out", a line for each loss that cannot
            be had; "started_from", "" for random parameters; "samples" in an epoch, None without end;
            "vfibench", the version it began with.
    """

    state: State
    source: TrainingSource
    held_out: TrainingSource
    facts: dict[str, Any]


def prepare(job: TrainingJob, place: Place, device: torch.device) -> Ready:
    """Check, open and build everything, in all processes alike.

    Raises:
        VfibenchError: bad input of any kind.
    """
    recipe = job.recipe
    source, held_out = in_step(place, lambda: checked_sources(job, place.world))
    begun = in_step(place, lambda: read_begun(job.out, recipe) if job.resume else None)
    objective, notes = build_objective(recipe, place, None if begun is None else begun.get("left_out", []))
    facts = {"left_out": notes, "started_from": "", "samples": source.size, "vfibench": version_line()}
    if begun is not None:
        in_step(place, lambda: check_order(begun, source))
        facts["started_from"] = begun.get("started_from", recipe.init)
        facts["vfibench"] = begun.get("vfibench", facts["vfibench"])
    elif recipe.init:
        network, trainable = objective.network, trainable_of(recipe.method)
        begin = (network, trainable, recipe.init, recipe.method)
        facts["started_from"] = in_step(place, lambda: start_from(*begin))
    state = State(recipe, objective, device, place)
    if begun is not None:
        in_step(place, lambda: restore(state, begun, job.out))
    in_step(place, lambda: make_folder(job) if place.rank == 0 else None)
    return Ready(state, source, held_out, facts)


def checked_sources(job: TrainingJob, world: int) -> tuple[TrainingSource, TrainingSource]:
    """Refuse what cannot work, before anything is built; then open the data to train and to validate on.

    Raises:
        VfibenchError: a batch that cannot be shared out, a folder that holds another training, no
            TensorBoard, or an unknown source or one whose data are not where or what they should be.
    """
    batch = job.recipe.training.batch
    if batch % world:
        message = f"training.batch: expected a multiple of the {world} processes, found {batch}"
        raise VfibenchError(message, "it is the batch of all processes together; give another --batch")
    if not job.resume and (job.out / NAME).exists():
        message = f"expected a new folder, found a checkpoint in {job.out}"
        raise VfibenchError(message, "go on from it with --resume, or name another --out")
    if job.tensorboard:
        check_tensorboard()
    trainable_of(job.recipe.method)
    return open_source(job, "train"), open_source(job, "validation")


def open_source(job: TrainingJob, part: Literal["train", "validation"]) -> TrainingSource:
    """A part of the recipe's source of clips, of a catalogue or "pkg.mod:function".

    Raises:
        VfibenchError: unknown source, or data that are not where or what they should be.
    """
    name, recipe = job.recipe.data.source, job.recipe
    if ":" in name:
        see_working_directory()
    card = SourceCard(name, target=name) if ":" in name else SOURCES.card(name)
    if card.layout and job.data is None:
        message = f"source {card.name!r}: expected the folder of its data, found none"
        raise VfibenchError(message, f"name it with --data DIR: {card.layout}")
    options = SourceOptions(job.data, part, recipe.training.seed, recipe.data.inputs)
    opened: TrainingSource = load_target(card.target)(options)
    return opened


def check_order(begun: dict[str, Any], source: TrainingSource) -> None:
    """Make sure that the order of samples goes on.

    Raises:
        VfibenchError: an epoch has another length than before: clips were added or removed.
    """
    before = begun.get("samples", source.size)
    if before != source.size:
        message = f"expected {before} samples in an epoch, as training was begun with, found {source.size}"
        raise VfibenchError(message, f"give the same --data, or {ANEW}")


def make_folder(job: TrainingJob) -> None:
    """Make the folder and write the recipe into it.

    Raises:
        VfibenchError: it cannot be written to.
    """
    try:
        with whole(job.out / RECIPE) as file:
            file.write(as_toml(job.recipe).encode())
    except OSError as error:
        raise no_folder(error) from error


def no_folder(error: OSError) -> VfibenchError:
    """The one line for a folder that cannot be written to."""
    message = f"expected a folder to write to, found {error.strerror} for {error.filename}"
    return VfibenchError(message, "name another --out")
