"""torch.compile for one network at a time: what says it is compiled is compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from vfibench.errors import VfibenchError

Predict = Callable[[torch.Tensor, Sequence[float]], torch.Tensor]


def compiled(predict: Predict) -> Predict:
    """A method's `predict` through torch.compile, from a clean start.

    torch counts how often one function is compiled, whichever network it belongs to, and runs it without
    compiling from the ninth time on, in silence. So what was compiled before is forgotten here, and reaching
    the limit is an error: batches of another size or frames of another size are compiled again, as a rule
    once for all further sizes.

    Raises:
        VfibenchError: on a call, where torch would go on without compiling.
    """
    torch._dynamo.reset()
    call: Predict = torch.compile(predict)

    def checked(frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        try:
            with _an_error_at_the_limit():
                return call(frames, times)
        except Exception as error:
            if type(error).__name__ != "FailOnRecompileLimitHit":
                raise
            raise VfibenchError(
                f"expected torch.compile to compile every call, found it give up at {list(frames.shape)} "
                "after too many kinds of calls",
                "leave out --compile, or score clips of fewer sizes at once",
            ) from error

    return checked


def _an_error_at_the_limit() -> AbstractContextManager[Any]:
    """Have torch raise where it would compile no more; torch before 2.6 cannot be asked to."""
    settings: Any = torch._dynamo.config
    for name in ("fail_on_recompile_limit_hit", "fail_on_cache_limit_hit"):  # the second is torch 2.6's
        if hasattr(settings, name):
            held: AbstractContextManager[Any] = settings.patch(**{name: True})
            return held
    return nullcontext()
