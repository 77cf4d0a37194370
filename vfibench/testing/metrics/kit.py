"""`check_metric`: which metric is meant, and the run of all checks on it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import torch

from vfibench.contracts import Carded, Metric, MetricCard
from vfibench.errors import SampleError, VfibenchError
from vfibench.registry import METRICS, load_target
from vfibench.system import process_state as state
from vfibench.system.devices import chosen_device
from vfibench.system.foreign import explained, let_through
from vfibench.testing.report import Report

# isort: off
from vfibench.testing.metrics.subject import BATTERY, Subject, noisy
from vfibench.testing.metrics import facts, answers, purity  # they register, in this order
# isort: on

__all__ = ["answers", "check_metric", "facts", "purity"]


def check_metric(
    metric: Metric | Callable[[], Metric] | MetricCard | str,
    *,
    device: str = "cpu",
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Run all conformance checks on a metric.

    Args:
        metric: a column's name, "pkg.mod:factory" or "pkg.mod:CARD", a card, a factory such as a class, or
            an instance.
        device: where to run, such as "cuda".
        expected_failures: reasons by name of checks that are known to fail.

    Returns:
        The report; the global state of the process is left as it was.

    Raises:
        VfibenchError: the metric cannot be found or has no card, it says itself that it cannot be computed
            here (a file is missing, it needs masks), or an expected failure names no check.

    Example:
        >>> check_metric("ssim").ok
        True
    """
    expected = expected_failures or {}
    BATTERY.refuse_unknown(expected)
    card, make = _resolve(metric)
    subject = Subject(card, make, chosen_device(device))
    with state.preserved():
        _refuse_unavailable(subject)
    with torch.inference_mode(False), torch.enable_grad():
        results = tuple(BATTERY.run(subject, expected))
    return Report(card.name, f"on {device}", results)


def _resolve(
    metric: Metric | Callable[[], Metric] | MetricCard | str,
) -> tuple[MetricCard, Callable[[], Metric]]:
    """The card, and a function that makes an instance."""
    if isinstance(metric, str):
        found = load_target(metric) if ":" in metric else METRICS.card(metric)
        return _resolve(found)
    if isinstance(metric, MetricCard):
        return metric, load_target(metric.target)
    if isinstance(metric, type) or not isinstance(metric, Metric):
        return _card_of(metric), metric
    return _card_of(metric), lambda: copy.deepcopy(metric)


def _card_of(holder: object) -> MetricCard:
    """The card that a class, an instance or what a factory makes carries."""
    if not isinstance(holder, Carded) and callable(holder):
        with explained(f"{holder!r} could not be called"):
            holder = holder()
    if isinstance(holder, Carded) and isinstance(holder.card, MetricCard):
        return holder.card
    raise VfibenchError(
        f"expected a Metric with a card, found {holder!r}",
        "give the class a MetricCard as its attribute `card`",
    )


def _refuse_unavailable(subject: Subject) -> None:
    """VfibenchError where the metric itself says that it cannot be computed here."""
    try:
        subject.ask(noisy(subject.targets, 1.0), subject.targets)
    except SampleError:  # about these pictures: the checks say so
        return
    except VfibenchError:
        raise
    except BaseException as error:  # the checks say so
        let_through(error)
        return
