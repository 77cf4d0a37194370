"""Adapters that keep the contract: two frames, four frames, enlarged, halves, midpoint, learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench.contracts import AdapterCard, Padding, Variant, WeightFile


class Unlearned:
    """What the adapters below share: nothing to load, and windows of a clip one by one."""

    card: AdapterCard

    def load(self, device: torch.device, weights: Path | None) -> None:
        self.device = device

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        raise NotImplementedError

    def predict_clip(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        count = self.card.inputs[0]
        windows = [frames[k : k + count] for k in range(len(frames) - count + 1)]
        return torch.cat([self.predict(window.unsqueeze(0), times) for window in windows])


def linear(frames: Tensor, time: float) -> Tensor:
    """The weighted mean of the two middle frames."""
    middle = frames.shape[1] // 2
    return (1 - time) * frames[:, middle - 1] + time * frames[:, middle]


class TwoFrames(Unlearned):
    card = AdapterCard("two-frames", "good_adapters:TwoFrames", inputs=(2,), times="any")

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        assert frames.shape[1] == 2
        return torch.stack([linear(frames, time) for time in times], dim=1)


class FourFrames(Unlearned):
    """Cubic (Catmull-Rom) interpolation in time."""

    card = AdapterCard(
        "four-frames",
        "good_adapters:FourFrames",
        inputs=(4,),
        times="any",
        padding=Padding(8, "reflect", "centred"),
    )

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        assert frames.shape[1] == 4
        assert frames.shape[-2] % 8 == frames.shape[-1] % 8 == 0
        return torch.stack([self.cubic(frames, time) for time in times], dim=1)

    def cubic(self, frames: Tensor, t: float) -> Tensor:
        weights = (
            (-(t**3) + 2 * t**2 - t) / 2,
            (3 * t**3 - 5 * t**2 + 2) / 2,
            (-3 * t**3 + 4 * t**2 + t) / 2,
            (t**3 - t**2) / 2,
        )
        return sum((w * frames[:, k] for k, w in enumerate(weights)), torch.zeros_like(frames[:, 0]))


class FourTimes(Unlearned):
    """The weighted mean, enlarged bicubically."""

    card = AdapterCard(
        "four-times",
        "good_adapters:FourTimes",
        inputs=(2, 4),
        times="any",
        scale=4,
        padding=Padding(4),
    )

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        assert frames.shape[1] in (2, 4)
        return torch.stack([self.enlarged(linear(frames, time)) for time in times], dim=1)

    def enlarged(self, picture: Tensor) -> Tensor:
        return F.interpolate(picture, scale_factor=4, mode="bicubic", align_corners=False)


class Halves(FourTimes):
    """Frames at the inputs' own times and half-way between neighbours, enlarged."""

    card = replace(FourTimes.card, name="halves", target="good_adapters:Halves", times="halves")

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        return torch.stack([self.enlarged(self.at(frames, time)) for time in times], dim=1)

    def at(self, frames: Tensor, time: float) -> Tensor:
        """The weighted mean of the neighbours in time."""
        place = time + frames.shape[1] / 2 - 1
        assert 0 <= place <= frames.shape[1] - 1
        before = min(int(place), frames.shape[1] - 2)
        return torch.lerp(frames[:, before], frames[:, before + 1], place - before)


class Midpoint:
    """No predict_clip, the midpoint alone, and a variant."""

    card = AdapterCard(
        "midpoint", "good_adapters:Midpoint", variants={"heavy": Variant("heavier", {"weight": 0.5})}
    )

    def __init__(self, weight: float = 0.5) -> None:
        self.weight = weight

    def load(self, device: torch.device, weights: Path | None) -> None:
        self.device = device

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        assert list(times) == [0.5]
        return (self.weight * frames[:, 0] + (1 - self.weight) * frames[:, 1]).unsqueeze(1)


class Learned:
    """A two-layer network on both frames and the time; `weights` holds its state dict."""

    card = AdapterCard(
        "learned",
        "good_adapters:Learned",
        weights=(WeightFile("learned.pt", "https://example.org/learned.pt"),),
        times="any",
        padding=Padding(2),
    )

    def load(self, device: torch.device, weights: Path | None) -> None:
        net = nn.Sequential(nn.Conv2d(7, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1))
        if weights is not None:
            net.load_state_dict(torch.load(weights, weights_only=True))
        self.net = net.to(device).eval()

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        return torch.stack([self.at(frames, time) for time in times], dim=1)

    def at(self, frames: Tensor, time: float) -> Tensor:
        first, second = frames.unbind(1)
        moment = torch.full_like(first[:, :1], time)
        residual = self.net(torch.cat([first, second, moment], dim=1))
        return linear(frames, time) + residual


GOOD = (TwoFrames, FourFrames, FourTimes, Halves, Midpoint, Learned)
KINDS = (TwoFrames, FourFrames, FourTimes)
