"""One fault at a time, put into a good metric; each is listed with the one check that must name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from made_plugins import Mse
from torch import Tensor

# The check that names the fault, and the members that make the metric faulty.
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {}


def card(check: str, name: str, **facts: Any) -> None:
    """A fault of the card alone."""
    FAULTS[name] = (check, {"card": replace(Mse.card, **facts)})


def after(check: str, name: str, change: Callable[[Tensor], Any], **facts: Any) -> None:
    """A fault that only changes what comes out."""
    call = {"__call__": lambda self, predicted, target: change(Mse.__call__(self, predicted, target))}
    FAULTS[name] = (check, call | ({"card": replace(Mse.card, **facts)} if facts else {}))


def before(check: str, name: str, change: Callable[[Tensor, Tensor], Any]) -> None:
    """A fault that does something to the pictures first; what it returns are those that are scored."""

    def call(self: Mse, predicted: Tensor, target: Tensor) -> Tensor:
        return Mse.__call__(self, *(change(predicted, target) or (predicted, target)))

    FAULTS[name] = (check, {"__call__": call})


card("card", "version_of_text", version="1")
card("card", "no_direction", better="more")
card("card", "two_words", unit=None)
card("target", "target_of_another_class", target="made_plugins:Frames")
card("target", "target_of_no_class", target="made_plugins:Missing")

after("answer", "one_score_for_all", lambda scores: scores.mean())
after("answer", "a_column", lambda scores: scores[:, None])
after("answer", "whole_numbers", lambda scores: scores.long())
after("answer", "a_list", lambda scores: scores.tolist())
after("answer", "an_array", lambda scores: scores.numpy())
before("answer", "raises_on_odd_sizes", lambda predicted, target: predicted.unflatten(-1, (2, -1)) and None)


def correlation(self: Mse, predicted: Tensor, target: Tensor) -> Tensor:
    """One minus the correlation of both pictures, undefined for plain ones."""
    one, other = (each.double().flatten(1) for each in (predicted, target))
    one, other = (each - each.mean(dim=1, keepdim=True) for each in (one, other))
    return 1 - (one * other).sum(dim=1) / (one.norm(dim=1) * other.norm(dim=1))


FAULTS["nan_on_plain_pictures"] = ("numbers", {"__call__": correlation})


def refuses_raw(predicted: Tensor, target: Tensor) -> None:
    if predicted.min() < -0.3 or predicted.max() > 1.3:
        raise ValueError("expected values in [0, 1]")


def root_of_raw(self: Mse, predicted: Tensor, target: Tensor) -> Tensor:
    """Compares square roots, which values far below 0 have not."""
    raised = (predicted.double() + 0.3).sqrt()
    return (raised - (target.double() / 255 + 0.3).sqrt()).square().mean(dim=(1, 2, 3))


before("raw", "refuses_values_outside", refuses_raw)
FAULTS["nan_far_below_0"] = ("raw", {"__call__": root_of_raw})

after("repeatable", "noise", lambda scores: scores + torch.rand_like(scores) * 1e-6)


def moving_mean(self: Any, predicted: Tensor, target: Tensor) -> Tensor:
    scores = Mse.__call__(self, predicted, target)
    self.mean = 0.9 * getattr(self, "mean", 0.0) + 0.1 * float(scores.mean())
    return scores + 1e-3 * self.mean


FAULTS["a_state_that_moves"] = ("repeatable", {"__call__": moving_mean})

before("inputs_untouched", "clamps_in_place", lambda predicted, target: predicted.clamp_(0, 1) is None)
before("inputs_untouched", "scales_and_back", lambda predicted, target: predicted.mul_(2).div_(2) is None)
before("global_state", "seeds_torch", lambda predicted, target: torch.manual_seed(0) is None)
before("global_state", "default_dtype", lambda predicted, target: torch.set_default_dtype(torch.float64))
after("alone", "the_batches_mean", lambda scores: 0.5 * scores + 0.5 * scores.mean())
after("alone", "in_another_order", lambda scores: scores.flip(0))
before(
    "memory_layout",
    "views_its_input",
    lambda predicted, target: (predicted.view(len(predicted), -1), None)[1],
)


def reads_raw_memory(predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    flat = torch.as_strided(predicted, (predicted.numel(),), (1,), predicted.storage_offset())
    return flat.reshape(predicted.shape), target


before("memory_layout", "reads_raw_memory", reads_raw_memory)
card("identical", "the_wrong_direction", better="higher")
after("identical", "the_same_for_all", lambda scores: 0 * scores)
after("noise", "saturates", lambda scores: scores.clamp(max=100.0))
after("noise", "falls_again", lambda scores: torch.where(scores > 1000, 500 - scores / 10, scores))


def faulty(name: str) -> type[Mse]:
    """A subclass of the good metric with one fault."""
    return type(f"Mse_{name}", (Mse,), dict(FAULTS[name][1]))
