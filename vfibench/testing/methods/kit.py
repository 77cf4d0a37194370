"""`check_adapter`: which adapter is meant, and the run of all checks on it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch

from vfibench.contracts import Adapter, AdapterCard, Carded
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import FRAMES, no_method, resolve, split_variant, varied
from vfibench.methods.workers.adapter import EXEC
from vfibench.registry import METHODS, load_target
from vfibench.system.devices import chosen_device
from vfibench.testing.report import Report

# isort: off
from vfibench.testing.methods.subject import BATTERY, Subject
from vfibench.testing.methods import facts, outputs, purity, batches, content  # they register, in this order
# isort: on

__all__ = ["batches", "check_adapter", "content", "facts", "outputs", "purity"]


def check_adapter(
    adapter: Adapter | type[Adapter] | AdapterCard | str,
    *,
    weights: Path | None = None,
    device: str = "cpu",
    size: tuple[int, int] = (64, 96),
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Run all conformance checks on an adapter.

    Args:
        adapter: an instance (copied and loaded anew), a class, a card, a catalogue name or "pkg.mod:Class".
        weights: a checkpoint. Without one a learned method is checked as initialised, at random but the
            same each time; the report says so, and checks on what the pictures show are skipped.
        device: where to run, such as "cuda".
        size: height and width of the test frames, raised to multiples of the card's.
        expected_failures: reasons by name of checks that are known to fail.

    Returns:
        The report; the global state of the process is left as it was.

    Raises:
        VfibenchError: the adapter cannot be found or has no card, or an expected failure names no check.

    Example:
        >>> check_adapter("nearest").ok
        True
    """
    expected = expected_failures or {}
    BATTERY.refuse_unknown(expected)
    card, make = _resolve(adapter)
    subject = Subject(card, make, weights, chosen_device(device), size)
    with torch.inference_mode(False), torch.enable_grad(), _full_precision(subject.device):
        results = tuple(BATTERY.run(subject, expected))
    return Report(card.name, f"weights: {_describe_weights(subject)}", results)


def _full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """On CUDA, convolutions in float32 proper: TF32 differs between batch sizes by 1e-3."""
    if device.type != "cuda":
        return nullcontext()
    flags: AbstractContextManager[Any] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return flags


def _describe_weights(subject: Subject) -> str:
    if subject.weights is not None:
        return str(subject.weights)
    if subject.untrained:
        return "random initialisation, as none were given (checks of the pictures' content are skipped)"
    return "none needed"


def _resolve(
    adapter: Adapter | type[Adapter] | AdapterCard | str,
) -> tuple[AdapterCard, Callable[[], Adapter]]:
    """The card, and a function that makes an unloaded instance."""
    if isinstance(adapter, str):
        return _resolve_name(adapter)
    if isinstance(adapter, AdapterCard):
        return adapter, load_target(adapter.target)
    if isinstance(adapter, type):
        return _card_of(adapter), adapter
    return _card_of(type(adapter), adapter), lambda: copy.deepcopy(adapter)


def _resolve_name(name: str) -> tuple[AdapterCard, Callable[[], Adapter]]:
    """A catalogue name or "pkg.mod:Class", "@VARIANT" after it or not."""
    if name.startswith(EXEC):
        method = resolve(name, scoring=False)
        return method.card, method.build
    if name.startswith(FRAMES):
        raise no_method(name)
    base, variant = split_variant(name)
    if ":" in base and base not in METHODS.names():
        card, make = _resolve(load_target(base))
    else:
        card, make = _resolve(METHODS.card(base))
    if not variant:
        return card, make
    card = varied(card, variant)
    return card, partial(make, **card.variants[variant].settings)


def _card_of(cls: type[Any], holder: Any = None) -> AdapterCard:
    """The card a class (or instance) carries, else the one in the catalogue that names the class."""
    holder = cls if holder is None else holder
    card = holder.card if isinstance(holder, Carded) else None
    if isinstance(card, AdapterCard):
        return card
    for listed in METHODS.cards():
        if listed.target == f"{cls.__module__}:{cls.__qualname__}":
            return listed
    raise VfibenchError(
        f"expected an Adapter with a card, found {cls.__qualname__} with card {card!r}",
        "give the class an AdapterCard as its attribute `card`",
    )
