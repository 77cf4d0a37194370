"""The state of the process that an adapter shares with everybody else: taken, compared, put back."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

UNUSUAL = 739_391
GENERATORS = (
    "torch's random state",
    "torch's CUDA random state",
    "numpy's random state",
    "Python's random state",
)


def _cuda_generators() -> list[list[int]]:
    return [state.tolist() for state in torch.cuda.get_rng_state_all()] if torch.cuda.is_initialized() else []


def _set_cuda_generators(states: list[list[int]]) -> None:
    if states:
        torch.cuda.set_rng_state_all(
            [torch.tensor(state, dtype=torch.uint8, device="cpu") for state in states]
        )


def _numpy_generator() -> Any:
    name, keys, *rest = np.random.get_state()
    return name, keys.tolist() if isinstance(keys, np.ndarray) else keys, *rest


def _set_device(device: torch.device) -> None:
    torch.set_default_device(None if device.type == "cpu" else device)


def _set_gradients(enabled: bool) -> None:
    torch.set_grad_enabled(enabled)


def _set_filters(filters: Sequence[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]


def _set_environment(variables: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def _deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _cudnn(name: str) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    return lambda: getattr(torch.backends.cudnn, name), lambda value: setattr(
        torch.backends.cudnn, name, value
    )


# What is watched: its name for messages, how to read it, how to put it back.
WATCHED: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "torch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch's default device": (torch.get_default_device, _set_device),
    "torch's gradient mode": (torch.is_grad_enabled, _set_gradients),
    "torch's number of threads": (torch.get_num_threads, torch.set_num_threads),
    "torch's deterministic algorithms": (
        _deterministic,
        lambda value: torch.use_deterministic_algorithms(value[0], warn_only=value[1]),
    ),
    "torch's float32 matmul precision": (
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    **{f"cudnn.{name}": _cudnn(name) for name in ("enabled", "benchmark", "deterministic")},
    "numpy's error handling": (np.geterr, lambda value: np.seterr(**value)),
    "the warnings filters": (lambda: list(warnings.filters), _set_filters),
    "the environment variables": (lambda: dict(os.environ), _set_environment),
    "the working directory": (Path.cwd, os.chdir),
    "torch's random state": (
        lambda: torch.get_rng_state().tolist(),
        lambda value: torch.set_rng_state(torch.tensor(value, dtype=torch.uint8, device="cpu")),
    ),
    "torch's CUDA random state": (_cuda_generators, _set_cuda_generators),
    "numpy's random state": (_numpy_generator, np.random.set_state),
    "Python's random state": (random.getstate, random.setstate),
}


def take() -> dict[str, object]:
    """The watched state, by name."""
    return {name: read() for name, (read, _) in WATCHED.items()}


def changes(before: dict[str, object], ignore: Sequence[str] = ()) -> list[str]:
    """Names of what differs now from `before`."""
    return [name for name, (read, _) in WATCHED.items() if name not in ignore and read() != before[name]]


def restore(before: dict[str, object]) -> None:
    """Put back what differs from `before`; what does not is left alone."""
    for name in changes(before):
        WATCHED[name][1](before[name])


def changed(before: dict[str, Any], ignore: Sequence[str] = ()) -> str:
    """What differs now from `before`, as the problem of a check; "" for nothing."""
    found = changes(before, ignore)
    return f"changed {', '.join(found)}" if found else ""


def seed(number: int) -> None:
    """Seed every global random generator."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


@contextmanager
def unusual() -> Iterator[dict[str, object]]:
    """As `preserved`, with random generators where no plugin that seeds them would put them, 0 perhaps."""
    with preserved():
        seed(UNUSUAL)
        yield take()


@contextmanager
def preserved() -> Iterator[dict[str, object]]:
    """Whatever happens inside, the watched state afterwards is as it was; yields it."""
    before = take()
    try:
        yield before
    finally:
        restore(before)
