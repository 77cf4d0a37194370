"""What metrics from elsewhere answer, checked as it enters the harness; what goes wrong names the metric."""

from __future__ import annotations

import math

import torch

from vfibench.contracts import Metric
from vfibench.errors import SampleError, VfibenchError
from vfibench.registry import METRICS
from vfibench.system.doorway import Doorway
from vfibench.system.foreign import let_through, told

Reasons = dict[str, dict[int, str]]
"""Why columns could not be computed: by column, and by the picture's place in the batch."""


class PluginMetric:
    """A metric from elsewhere, as the harness asks it: with copies of the pictures, its answers copied.

    Args:
        name: its column.
        metric: what its factory made.
    """

    def __init__(self, name: str, metric: Metric) -> None:
        self._name = name
        self._metric = metric
        self._door: Doorway[object] = Doorway(_memory, _copied)

    def __call__(
        self, predicted: torch.Tensor, target: torch.Tensor, failed: Reasons | None = None
    ) -> torch.Tensor:
        """What it makes of a batch, as `vfibench.contracts.Metric` says: [B] float64 on their device.

        Args:
            predicted, target: see `vfibench.contracts.Metric`.
            failed: where it raises on a picture, that one is NaN and the reason is put in here; None raises.

        Raises:
            VfibenchError: it returned anything else, which no other batch would change.
            SampleError: it raised on these pictures; memory that runs out is raised as it is.
        """
        try:
            return self._asked(predicted, target)
        except SampleError as error:
            if failed is None:
                raise
            if len(predicted) == 1:
                failed.setdefault(self._name, {})[0] = str(error)
                return torch.full((1,), math.nan, dtype=torch.float64, device=predicted.device)
        return self._one_by_one(predicted, target, failed)

    def _one_by_one(self, predicted: torch.Tensor, target: torch.Tensor, failed: Reasons) -> torch.Tensor:
        """Each picture by itself, so that those it cannot score take no others along."""
        scores = []
        for place in range(len(predicted)):
            alone: Reasons = {}
            one = slice(place, place + 1)
            scores.append(self(predicted[one], target[one], alone))
            for reason in alone.get(self._name, {}).values():
                failed.setdefault(self._name, {})[place] = reason
        return torch.cat(scores)

    def _asked(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        given = predicted.clone(), target.clone()  # it may write to them, and others come after it
        try:
            found = self._door(lambda: self._metric(*given))
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except BaseException as error:  # somebody else's code may raise anything
            let_through(error)
            raise SampleError(f"the metric {METRICS.named(self._name)} failed: {told(error)}") from error
        if problem := answer_problem(found, predicted):
            raise broken(self._name, problem)
        assert isinstance(found, torch.Tensor)
        return found.double()


def _memory(found: object) -> tuple[int, ...]:
    if (
        not isinstance(found, torch.Tensor)
        or found.layout is not torch.strided
        or found.device.type == "meta"
    ):
        return ()
    return (found.untyped_storage().data_ptr(),) if found.numel() else ()


def _copied(found: object) -> object:
    return found.detach().clone() if isinstance(found, torch.Tensor) else found


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
