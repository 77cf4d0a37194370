"""This process among those that torchrun has started."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar, cast

import torch
from torch import distributed

from vfibench.errors import VfibenchError
from vfibench.system.devices import chosen_device
from vfibench.training.samples import Place

T = TypeVar("T")
TORCHRUN = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
CLOSED = ("closed by peer", "closed by remote peer", "reset by peer", "Broken pipe", "ncclRemoteError")
KILLED = ("exited unexpectedly", "is killed by signal")  # DataLoader's words for a worker that is gone
PATIENCE = timedelta(hours=2)  # one process may download or count files while the others wait


class ToldElsewhere(VfibenchError):
    """An error that the first process of all tells; the others end with it in silence."""


@contextmanager
def joined_processes(device: str) -> Iterator[tuple[Place, torch.device]]:
    """Join the group torchrun describes (nccl on CUDA, gloo on the CPU), if there is one, and leave it after.

    Args:
        device: see `chosen_device`; under torchrun each process takes the GPU of its LOCAL_RANK.

    Raises:
        VfibenchError: there is no such device, or fewer GPUs than processes on this machine.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = chosen_device(device) if world == 1 else _own_device(device)
    if world == 1:
        yield Place(), chosen
        return
    gpu = chosen if chosen.type == "cuda" else None
    distributed.init_process_group("nccl" if gpu else "gloo", timeout=PATIENCE, device_id=gpu)
    try:
        yield Place(distributed.get_rank(), world), chosen
    finally:
        distributed.destroy_process_group()


def _own_device(device: str) -> torch.device:
    missing = [name for name in TORCHRUN if name not in os.environ]
    if missing:
        message = f"expected {', '.join(missing)} in the environment beside WORLD_SIZE, found none"
        raise VfibenchError(message, "start with torchrun, or unset WORLD_SIZE")
    if device not in {"", "cpu", "cuda"}:
        raise VfibenchError(f"expected --device cpu or cuda under torchrun, found {device!r}")
    number, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if device != "cpu" and 0 < there <= number:
        message = f"expected a GPU for each process of this machine, found {there} for process {number + 1}"
        raise VfibenchError(message, f"do --nproc-per-node {there}")
    chosen = chosen_device(device)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)  # else every process keeps a context on the first GPU
    return chosen


def first_here() -> bool:
    """Whether this is the first process of its machine."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def from_all(value: T, place: Place) -> list[T]:
    """Each process's value, in the order of ranks."""
    if place.world == 1:
        return [value]
    found: list[T | None] = [None] * place.world
    distributed.all_gather_object(found, value)
    return cast("list[T]", found)


def in_step(place: Place, work: Callable[[], T]) -> T:
    """Do in every process what may fail in some; then all end with the error of the first that failed.

    Raises:
        VfibenchError: in the first process; in the others ToldElsewhere.
    """
    failed: tuple[str, str] | None = None
    try:
        made = work()
    except VfibenchError as error:
        if place.world == 1:
            raise
        failed = error.message, error.hint
    except OSError as error:
        if place.world == 1:
            raise
        failed = f"{error.filename}: {error.strerror}", ""
    errors = [each for each in from_all(failed, place) if each is not None]
    if errors:
        raise (ToldElsewhere if place.rank else VfibenchError)(*errors[0])
    return made


@contextmanager
def failures_in_words(place: Place) -> Iterator[None]:
    """What can go wrong outside our own code while a network learns, as VfibenchErrors.

    Raises:
        VfibenchError: the device's memory is used up, a process that makes samples has ended, or another
            training process has (the latter as ToldElsewhere). Errors of our own code, which all processes
            meet alike, become ToldElsewhere in all but the first.
    """
    try:
        yield
    except VfibenchError as error:
        if place.rank == 0 or isinstance(error, ToldElsewhere):
            raise
        raise ToldElsewhere(error.message, error.hint) from error
    except torch.OutOfMemoryError as error:
        message = "expected a step to fit into the GPU's memory, found it full"
        raise VfibenchError(message, "lower --batch or the recipe's crop, or set precision") from error
    except RuntimeError as error:
        text = str(error)
        if any(word in text for word in KILLED):
            message = "expected the processes that make samples to live, found one ended (no memory?)"
            raise VfibenchError(message, "do --resume with fewer --workers") from error
        if place.world > 1 and any(word in text for word in CLOSED):
            raise ToldElsewhere("another training process has ended") from error
        raise
