"""Shapes of layers, given by formulae: closed blobs, rows of bars, and wires."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    Generator = np.random.Generator

Shape = Callable[["Tensor", "Tensor"], "Tensor"]
"""Layer coordinates x and y to the layer's opacity there, in 0..1."""


def blob(rng: Generator, size: int) -> Shape:
    """A closed shape around the layer's centre, from a disc to a star; its edge is sharp or out of focus."""
    radius = size * math.exp(rng.uniform(math.log(0.06), math.log(0.4)))
    harmonics = [(k, rng.normal() * 0.35 / k, rng.uniform(0, 2 * math.pi)) for k in (1, 2, 3, 5)]
    stretch, tilt = math.exp(rng.normal() * 0.3), rng.uniform(0, math.pi)
    edge = _edge(rng)
    cosine, sine = math.cos(tilt), math.sin(tilt)

    def opacity(x: Tensor, y: Tensor) -> Tensor:
        u, v = (cosine * x + sine * y) * stretch, (cosine * y - sine * x) / stretch
        angle, reach = v.atan2(u), (u * u + v * v).sqrt()
        outline = sum((a * (k * angle + p).cos() for k, a, p in harmonics), start=1.0 + 0.0 * reach)
        return ((outline * radius - reach) / edge + 0.5).clamp(0, 1)

    return opacity


def bars(rng: Generator, size: int) -> Shape:
    """One straight bar, or a fence of them; from half a pixel to a tenth of the frame wide."""
    half = 0.5 * math.exp(rng.uniform(math.log(0.8), math.log(0.1 * size)))
    period = half * rng.uniform(5.0, 12.0) + 4.0 if rng.random() < 0.4 else 0.0
    angle, edge = rng.uniform(0, math.pi), _edge(rng)
    cosine, sine = math.cos(angle), math.sin(angle)
    length = size * rng.uniform(0.2, 2.0)

    def opacity(x: Tensor, y: Tensor) -> Tensor:
        across, along = cosine * x + sine * y, cosine * y - sine * x
        if period:
            across = across - period * (across / period).round()
        inside = ((half - across.abs()) / edge + 0.5).clamp(0, 1)
        return inside * ((length - along.abs()) / edge + 0.5).clamp(0, 1)

    return opacity


def wire(rng: Generator, size: int) -> Shape:
    """A thin line that swings to and fro."""
    half = 0.5 * rng.uniform(0.8, 4.0)
    reach, wave = size * rng.uniform(0.02, 0.2), size * rng.uniform(0.3, 2.0)
    angle, phase = rng.uniform(0, math.pi), rng.uniform(0, 2 * math.pi)
    cosine, sine = math.cos(angle), math.sin(angle)
    turns = 2 * math.pi / wave

    def opacity(x: Tensor, y: Tensor) -> Tensor:
        across, along = cosine * x + sine * y, cosine * y - sine * x
        slope = reach * turns * (turns * along + phase).cos()
        distance = (across - reach * (turns * along + phase).sin()) / (1 + slope * slope).sqrt()
        return (half - distance.abs() + 0.5).clamp(0, 1)

    return opacity


def _edge(rng: Generator) -> float:
    """Width in pixels over which a layer fades: sharp as a rule, else out of focus."""
    return float(rng.uniform(1.5, 5.0)) if rng.random() < 0.2 else 1.0
