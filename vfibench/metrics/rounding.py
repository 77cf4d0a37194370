"""From raw predictions to the levels a definition compares: rounding rules and colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD
from vfibench.metrics.definitions import Colour, Rounding
from vfibench.system.constants import constant

GRAY = (0.298936021293775, 0.587043074451121, 0.114020904255103)  # MATLAB's rgb2gray
YIQ = (0.299, 0.587, 0.114)  # of YUV as well
BT601 = (65.481 / 255, 128.553 / 255, 24.966 / 255)  # Y = 16 + these times the levels


def levels(predicted: torch.Tensor, rounding: Rounding) -> torch.Tensor:
    """Turn a prediction into levels.

    Args:
        predicted: [..., 3, H, W] float32, nominally in [0, 1].
        rounding: see `definitions.Rounding`.

    Returns:
        The same shape, float32, a new tensor, in 0..255 (beyond it where "unclamped"); whole numbers where
        the rule rounds. Products are taken in float32, as the scripts do.
    """
    if rounding == "half-even-f64":
        return predicted.clamp(0, 1).double().mul_(255).round_().float()
    scaled = predicted * 255
    if rounding not in _UNCLAMPED:
        scaled.clamp_(0, 255)
    return _ROUND[rounding](scaled)


def through_imagenet(pixels: torch.Tensor) -> torch.Tensor:
    """SuperSloMo-R's round trip: normalise in float64, keep float32, de-normalise, cast to uint8.

    Args:
        pixels: [..., 3, H, W] float32 levels, not clipped.

    Returns:
        float32 levels; values outside 0..255 wrap. Of the whole levels, 28, 93 and 200 of 256 in R, G
        and B come out one lower.
    """
    mean, std = (
        constant(values, torch.float64, pixels.device)[:, None, None]
        for values in (IMAGENET_MEAN, IMAGENET_STD)
    )
    normalised = pixels.double().div_(255).sub_(mean).div_(std).float()
    restored = normalised.mul_(std.float()).add_(mean.float()).mul_(255)
    return _wrap(restored)


def colour_of(pixels: torch.Tensor, colour: Colour) -> torch.Tensor:
    """The planes a definition compares.

    Args:
        pixels: [P, 3, H, W] float32 levels.
        colour: "rgb", "gray", "y" or "yuv", see `definitions.Colour`.

    Returns:
        [P, 3, H, W] for rgb, else [P, 1, H, W], float32 levels.
    """
    if colour == "rgb":
        return pixels
    if colour == "gray":
        return weighted(pixels, GRAY).add_(0.5).floor_().float()
    if colour == "yuv":
        return weighted(pixels, YIQ).float()
    return weighted(pixels, BT601).add_(16).float()


def luma(picture: torch.Tensor) -> torch.Tensor:
    """Pyiqa's rounded Y of YIQ, with its float32 weights: [P, 3, H, W] in [0, 1] to [P, 1, H, W] levels."""
    weights = torch.tensor(YIQ, dtype=torch.float32, device="cpu").tolist()
    return weighted(picture, weights).mul_(255).round_().float()


def weighted(pixels: torch.Tensor, weights: Sequence[float]) -> torch.Tensor:
    """Weighted sum of the three colours of [P, 3, H, W], red first, as [P, 1, H, W] float64."""
    red, green, blue = (pixels[:, k, None].double() * weights[k] for k in range(3))
    return red + green + blue


def _wrap(scaled: torch.Tensor) -> torch.Tensor:
    """A cast to uint8: towards zero, modulo 256."""
    return scaled.trunc_().remainder_(256)


_UNCLAMPED: tuple[Rounding, ...] = ("unclamped", "wrapped", "imagenet")
_ROUND: Mapping[Rounding, Callable[[torch.Tensor], torch.Tensor]] = {
    "float": lambda scaled: scaled,
    "unclamped": lambda scaled: scaled,
    "half-even": torch.Tensor.round_,
    "half-up": lambda scaled: scaled.add_(0.5).floor_(),
    "truncated": torch.Tensor.floor_,
    "wrapped": _wrap,
    "imagenet": through_imagenet,
}
