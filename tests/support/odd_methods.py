"""Adapters that misbehave in one way each, for tests of the harness."""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

import torch

from vfibench.contracts import AdapterCard, Padding, WeightFile


class Blend:
    """The average of the two middle frames: a well-behaved midpoint method."""

    card = AdapterCard("odd-blend", "odd_methods:Blend", times="midpoint")

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to load."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """[B, 1, 3, H, W]."""
        assert tuple(times) == (0.5,)
        return frames.mean(dim=1, keepdim=True)


class Slow(Blend):
    """Takes 20 ms a call, so that a kill lands inside it."""

    card = AdapterCard("odd-slow", "odd_methods:Slow")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        time.sleep(0.02)
        return super().predict(frames, times)


class NanOnDark(Blend):
    """Returns NaN where the first frame is darker than 20 of 255 on average."""

    card = AdapterCard("odd-nan", "odd_methods:NanOnDark")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        made = super().predict(frames, times)
        dark = frames[:, 0].mean(dim=(1, 2, 3)) < 20 / 255
        made[dark] = float("nan")
        return made


class WrongShape(Blend):
    """Loses the last row."""

    card = AdapterCard("odd-shape", "odd_methods:WrongShape")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        return super().predict(frames, times)[..., :-1, :]


class TwoFrames(Blend):
    """Returns two frames where one was asked for."""

    card = AdapterCard("odd-two", "odd_methods:TwoFrames")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        return super().predict(frames, times).repeat(1, 2, 1, 1, 1)


class Hungry(Blend):
    """Out of memory above one sample per call, and always for dark ones."""

    card = AdapterCard("odd-hungry", "odd_methods:Hungry")
    sizes: list[int] = []  # noqa: RUF012 a log shared on purpose

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        self.sizes.append(len(frames))
        if len(frames) > 1 or frames[0, 0].mean() < 20 / 255:
            raise torch.OutOfMemoryError("CUDA out of memory (pretended)")
        return super().predict(frames, times)


class Held:
    """Memory that a call takes, as large as its batch."""

    def __init__(self, samples: int) -> None:
        self.samples = samples


class Limited(Blend):
    """Out of memory where the calls whose memory is still held have more than two samples together."""

    card = AdapterCard("odd-limited", "odd_methods:Limited")
    held: weakref.WeakSet[Held] = weakref.WeakSet()  # noqa: RUF012 shared on purpose

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        mine = Held(len(frames))  # gone when this call is, unless an exception keeps its variables alive
        self.held.add(mine)
        if sum(one.samples for one in self.held) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory (pretended)")
        return super().predict(frames, times)


class Padded(Blend):
    """Needs sides that are multiples of 32, and refuses others."""

    card = AdapterCard("odd-padded", "odd_methods:Padded", padding=Padding(32))

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        assert frames.shape[-1] % 32 == 0
        assert frames.shape[-2] % 32 == 0
        return super().predict(frames, times)


class Learned(Blend):
    """Says it needs weights."""

    card = AdapterCard(
        "odd-learned",
        "odd_methods:Learned",
        weights=(WeightFile("odd.pt", "https://example.org/odd", structure="a dict of nothing"),),
    )


class Leaves(Blend):
    """Calls sys.exit, as scripts turned into methods do."""

    card = AdapterCard("odd-leaves", "odd_methods:Leaves")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        raise SystemExit(0)


class CountsThreads(Blend):
    """Notes how many of torch's threads a prediction has."""

    card = AdapterCard("odd-threads", "odd_methods:CountsThreads")
    seen: list[int] = []  # noqa: RUF012 a log shared on purpose

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        self.seen.append(torch.get_num_threads())
        return super().predict(frames, times)


class Alone(Blend):
    """Notes how many calls of it have ever gone on at once."""

    card = AdapterCard("odd-alone", "odd_methods:Alone")
    now = most = 0

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        Alone.now += 1
        Alone.most = max(Alone.most, Alone.now)
        time.sleep(0.01)
        made = super().predict(frames, times)
        Alone.now -= 1
        return made


class Mute:
    """A class without a card."""


class Fourfold:
    """Super-resolution of a known result: pixels repeated 4 x 4, frames between two are their mean."""

    card = AdapterCard(
        "odd-fourfold",
        "odd_methods:Fourfold",
        inputs=(4, 2),
        times="halves",
        scale=4,
        padding=Padding(4, "constant"),
    )

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to load."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """[B, T, 3, 4 H, 4 W]."""
        assert frames.shape[-1] % 4 == frames.shape[-2] % 4 == 0
        places = [time + frames.shape[1] / 2 - 1 for time in times]
        made = [(frames[:, int(place)] + frames[:, -int(-place // 1)]) / 2 for place in places]
        return torch.stack(made, dim=1).repeat_interleave(4, -1).repeat_interleave(4, -2)


class Ends(Blend):
    """Raises what no `except Exception` catches; a test says what."""

    card = AdapterCard("odd-ends", "odd_methods:Ends")
    error: BaseException = GeneratorExit()

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        raise self.error


class Chatty(Blend):
    """Prints in two ways while it works."""

    card = AdapterCard("odd-chatty", "odd_methods:Chatty")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        print("thinking")
        os.write(1, b"aloud\n")
        return super().predict(frames, times)


class NeverEnds(Blend):
    """Hangs, and swallows whatever would end it."""

    card = AdapterCard("odd-never", "odd_methods:NeverEnds")

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        print("HANGING", file=sys.stderr, flush=True)
        while True:
            try:
                time.sleep(60)
            except BaseException:
                continue
