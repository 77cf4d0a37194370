"""`vfibench speed --against`: two methods timed in turns, so that what slows the machine slows both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from vfibench.methods.resolving import Method
from vfibench.speed.record import SCHEMA_VERSION
from vfibench.speed.timing import CallSize, Prepared, prepared
from vfibench.statistics.bootstrap import ratio_of


@dataclass(frozen=True)
class Turns:
    """What `take_turns` found.

    Attributes:
        new, old: labels of the two arms.
        new_seconds, old_seconds: of each round's call, in order.
        size: how they were called.
        warmup: calls of each before the first round.
    """

    new: str
    old: str
    new_seconds: tuple[float, ...]
    old_seconds: tuple[float, ...]
    size: CallSize
    warmup: int

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it and `vfibench check --speed` reads it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "interleaved": True,
            "new": {"method": self.new, "seconds": self.new_seconds},
            "old": {"method": self.old, "seconds": self.old_seconds},
            "threads": torch.get_num_threads(),
            "warmup": self.warmup,
            **asdict(self.size),
        }

    def describe(self) -> list[str]:
        """The figures for a person."""
        new, old = np.array(self.new_seconds), np.array(self.old_seconds)
        ratio, (low, high) = ratio_of(new, old)
        words = f"{self.size.width}x{self.size.height}, batch {self.size.batch}"
        return [
            f"{self.new} against {self.old}, {words}, {len(new)} rounds in turns on {self.size.device}",
            f"  {self.new}: {1e3 * np.median(new):.2f} ms a call",
            f"  {self.old}: {1e3 * np.median(old):.2f} ms a call",
            f"  ratio: {ratio:.3f} times as long, 95% interval {low:.3f} to {high:.3f}",
        ]


def take_turns(new: Method, old: Method, size: CallSize, rounds: int, warmup: int) -> Turns:
    """Time two methods in turns; errors as of `vfibench.speed.timing.measure_speed`."""
    spent = in_turns([prepared(arm, size) for arm in (new, old)], rounds, warmup)
    return Turns(new.label, old.label, tuple(spent[0]), tuple(spent[1]), size, warmup)


def in_turns(arms: Sequence[Prepared], rounds: int, warmup: int) -> list[list[float]]:
    """Seconds of `rounds` calls of each arm; who goes first changes from round to round."""
    spent: list[list[float]] = [[] for _ in arms]
    for arm in arms:
        arm.warm_up(warmup)
    order = list(zip(arms, spent, strict=True))
    for _ in range(rounds):
        for arm, seconds in order:
            seconds.extend(arm.seconds(1))
        order.reverse()
    return spent
