"""What metrics from elsewhere answer, checked as it enters the harness; what goes wrong names the metric."""

from __future__ import annotations

import torch

from vfibench.contracts import Metric
from vfibench.errors import SampleError, VfibenchError
from vfibench.registry import METRICS, reason_of


def answer(name: str, metric: Metric, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """What a metric makes of a batch, as `vfibench.contracts.Metric` says: [B] float64 on their device.

    Raises:
        VfibenchError: it returned anything else, which no other batch would change.
        SampleError: it raised on these pictures; memory that runs out is raised as it is.
    """
    try:
        found = metric(predicted, target)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except (Exception, SystemExit) as error:  # somebody else's code may raise anything
        reason = str(error) if isinstance(error, VfibenchError) else reason_of(error)
        raise SampleError(f"the metric {METRICS.named(name)} failed: {reason}") from error
    if problem := answer_problem(found, predicted):
        raise broken(name, problem)
    return found.double()


def answer_problem(found: object, predicted: torch.Tensor) -> str:
    """What is wrong with a metric's answer for [B, 3, H, W] predictions, "" for nothing."""
    expected = f"expected a float tensor [{len(predicted)}] on {predicted.device.type}"
    if not isinstance(found, torch.Tensor):
        return f"{expected}, found {type(found).__name__}"
    if found.shape == (len(predicted),) and found.is_floating_point() and found.device == predicted.device:
        return ""
    kind = str(found.dtype).removeprefix("torch.")
    return f"{expected}, found {kind} {list(found.shape)} on {found.device.type}"


def broken(name: str, problem: str) -> VfibenchError:
    """The error for a metric that does not keep its contract."""
    return VfibenchError(
        f"the metric {METRICS.named(name)} breaks its contract: {problem}",
        f"leave it out, or tell its authors; `vfibench verify {name} --kind metric` shows what else is wrong",
    )
