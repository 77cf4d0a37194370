"""The state of the process that a plugin shares with everybody else: taken, compared, put back.

Some of it is a thread's own (gradient mode, threads, numpy's error handling, flushing of denormals): it is
read and put back on the thread that asks. Handlers of signals can be put back by the main thread alone.
"""

from __future__ import annotations

import gc
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
LASTING = ("the environment variables", "the module search path", "the warnings filters", "standard output")
"""What a method may need to keep as long as it is used (its modules are imported when they are needed), and
what other threads of the harness change and put back themselves."""

Read = Callable[[], Any]
Put = Callable[[Any], object]


def _cuda_generators() -> list[bytes]:
    if not torch.cuda.is_initialized():
        return []
    return [state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()]


def _generator_state(content: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def _set_cuda_generators(states: list[bytes]) -> None:
    if states:
        torch.cuda.set_rng_state_all([_generator_state(state) for state in states])


def _numpy_generator() -> Any:
    name, keys, *rest = np.random.get_state()
    return name, keys.tobytes() if isinstance(keys, np.ndarray) else keys, *rest


def _set_numpy_generator(state: Any) -> None:
    name, keys, *rest = state
    np.random.set_state((name, np.frombuffer(keys, np.uint32), *rest))


def _set_device(device: torch.device) -> None:
    torch.set_default_device(None if device.type == "cpu" else device)


def _set_filters(filters: Sequence[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]


def _set_environment(variables: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def _set_search_path(path: Sequence[str]) -> None:
    sys.path[:] = path


def _folder() -> str | None:
    """The working directory, None where it has been removed or may not be looked at."""
    try:
        return os.getcwd()  # noqa: PTH109 - a text is compared faster than a Path
    except OSError:
        return None


def _set_folder(folder: str | None) -> None:
    if folder is not None:
        with suppress(OSError):
            os.chdir(folder)


def _set_streams(streams: tuple[Any, Any]) -> None:
    sys.stdout, sys.stderr = streams


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in _SIGNALS}


def _set_handlers(handlers: dict[int, Any]) -> None:
    """Those that Python knows, where this is the main thread; no other may."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number, handler in handlers.items():
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


_SIGNALS = tuple(sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}))


def _deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _flushes(smallest: float = sys.float_info.min) -> bool:
    """Whether this thread's arithmetic takes numbers below the smallest normal one for 0."""
    return smallest / 2 == 0.0


def _autocast() -> tuple[bool, ...]:
    return tuple(torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda"))


def _set_autocast(enabled: tuple[bool, ...]) -> None:
    for kind, value in zip(("cpu", "cuda"), enabled, strict=True):
        torch.set_autocast_enabled(kind, value)


def _set_collecting(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()


def _flag(owner: Any, name: str) -> tuple[Read, Put]:
    return lambda: getattr(owner, name), lambda value: setattr(owner, name, value)


def _flags(word: str, owner: Any, *names: str) -> dict[str, tuple[Read, Put]]:
    return {f"{word}.{name}": _flag(owner, name) for name in names}


def _precisions() -> dict[str, tuple[Read, Put]]:
    """How torch may round float32 products; those of convolutions are set by who scores, at each use."""
    backends: Any = torch.backends
    if not hasattr(backends, "fp32_precision"):  # before torch 2.9
        return {"cuda.matmul.allow_tf32": _flag(backends.cuda.matmul, "allow_tf32")}
    owners = {"cuda.matmul": backends.cuda.matmul, "mkldnn.matmul": backends.mkldnn.matmul}
    return {f"{name}.fp32_precision": _flag(owner, "fp32_precision") for name, owner in owners.items()}


# What is watched: its name for messages, how to read it, how to put it back.
WATCHED: dict[str, tuple[Read, Put]] = {
    "torch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch's default device": (torch.get_default_device, _set_device),
    "torch's gradient mode": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch's autocast": (_autocast, _set_autocast),
    "torch's number of threads": (torch.get_num_threads, torch.set_num_threads),
    "torch's deterministic algorithms": (
        _deterministic,
        lambda value: torch.use_deterministic_algorithms(value[0], warn_only=value[1]),
    ),
    "torch's float32 matmul precision": (
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    **_precisions(),
    **{
        f"cudnn.{name}": _flag(torch.backends.cudnn, name)
        for name in ("enabled", "benchmark", "deterministic")
    },
    **{f"mkldnn.{name}": _flag(torch.backends.mkldnn, name) for name in ("enabled", "deterministic")},
    "the flushing of denormals": (_flushes, torch.set_flush_denormal),
    "numpy's error handling": (np.geterr, lambda value: np.seterr(**value)),
    "the warnings filters": (lambda: list(warnings.filters), _set_filters),
    "the environment variables": (lambda: dict(os.environ), _set_environment),
    "the module search path": (lambda: list(sys.path), _set_search_path),
    "the working directory": (_folder, _set_folder),
    "the handlers of signals": (_handlers, _set_handlers),
    "standard output": (lambda: (sys.stdout, sys.stderr), _set_streams),
    "the locale": (
        lambda: locale.setlocale(locale.LC_ALL),
        lambda value: locale.setlocale(locale.LC_ALL, value),
    ),
    "the recursion limit": (sys.getrecursionlimit, sys.setrecursionlimit),
    "garbage collection": (gc.isenabled, _set_collecting),
    "torch's random state": (
        lambda: torch.get_rng_state().numpy().tobytes(),
        lambda value: torch.set_rng_state(_generator_state(value)),
    ),
    "torch's CUDA random state": (_cuda_generators, _set_cuda_generators),
    "numpy's random state": (_numpy_generator, _set_numpy_generator),
    "Python's random state": (random.getstate, random.setstate),
}
AT_ONCE = tuple(name for name in WATCHED if name not in LASTING)
"""What is put back after every call."""


def take(names: Iterable[str] = tuple(WATCHED)) -> dict[str, Any]:
    """The watched state, by name."""
    return {name: _read(name) for name in names}


def _read(name: str) -> Any:
    try:
        return WATCHED[name][0]()
    except RuntimeError as error:  # torch refuses to tell of settings that were made in two ways
        return type(error)


def changes(before: dict[str, Any], ignore: Sequence[str] = ()) -> list[str]:
    """Names of what differs now from `before`."""
    return [name for name in before if name not in ignore and _read(name) != before[name]]


def restore(before: dict[str, Any]) -> list[str]:
    """Put back what differs from `before`, and name it; what does not is left alone."""
    found = changes(before)
    for name in found:
        with suppress(RuntimeError, OSError, ValueError):  # a setting that cannot be put back harms no other
            WATCHED[name][1](before[name])
    return found


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
def unusual() -> Iterator[dict[str, Any]]:
    """As `preserved`, with random generators where no plugin that seeds them would put them, 0 perhaps."""
    with preserved():
        seed(UNUSUAL)
        yield take()


@contextmanager
def preserved(names: Iterable[str] = tuple(WATCHED)) -> Iterator[dict[str, Any]]:
    """Whatever happens inside, the watched state afterwards is as it was; yields it."""
    before = take(names)
    try:
        yield before
    finally:
        restore(before)
