"""What takes frames in the order they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import torch

from vfibench.video.colour import Plane
from vfibench.video.reading.source import Copied, Picture


@dataclass(frozen=True)
class Made:
    """A made picture: RGB [3, H, W] float32 on any device, and its opacity, None for a picture without.

    `rgb` is None where the frame is there already, and nobody looks at it.
    """

    rgb: torch.Tensor | None
    alpha: Plane | None = None


@dataclass(frozen=True)
class Output:
    """A frame to be written: a source frame as it is, or a made one, when it is shown and for how long.

    `number` is its place in the output, from 0.
    """

    content: Picture | Made
    stamp: Fraction
    duration: Fraction
    number: int = 0


@dataclass(frozen=True)
class Boundary:
    """Between two frames: a segment may end here."""


class Sink(Protocol):
    """Takes frames in the order they are shown.

    Attributes:
        about: what it writes, in words.
    """

    about: str

    def write(self, item: Output | Copied | Boundary) -> None:
        """Take one frame or packet."""

    def close(self) -> None:
        """Finish the file; what was written can be played, also after an error."""
