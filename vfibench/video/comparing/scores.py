"""PSNR and SSIM of each frame against the reference, by the definitions of the default protocol."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from vfibench.metrics.scorer import Scorer
from vfibench.video.comparing.timeline import Moment

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

COLUMNS = ("psnr", "ssim")


def labelled(names: Sequence[str], reference: int | None) -> list[str]:
    """The names, of which that of the reference says so."""
    return [f"{name} (reference)" if place == reference else name for place, name in enumerate(names)]


@dataclass
class Scores:
    """Scores of one input over time.

    Attributes:
        values: by column, one for each moment: None where there is no frame of that time on both sides,
            infinite for a PSNR of equal frames.
    """

    values: dict[str, list[float | None]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def mean(self, column: str) -> float | None:
        """Of the finite scores, None where there is none."""
        known = self.finite(column)
        return math.fsum(known) / len(known) if known else None

    def finite(self, column: str) -> list[float]:
        """The scores that are numbers."""
        return [value for value in self.values[column] if value is not None and math.isfinite(value)]

    def exact(self, column: str) -> int:
        """How many scores are infinite."""
        return sum(value is not None and math.isinf(value) for value in self.values[column])


class Scored:
    """Scores of inputs against one of them, moment by moment.

    Args:
        count: inputs.
        reference: which of them is the reference.
    """

    def __init__(self, count: int, reference: int) -> None:
        self.reference = reference
        self.scores = [Scores() for _ in range(count)]
        self.other_size: set[int] = set()
        self._scorer = Scorer(COLUMNS, torch.device("cpu"))
        self._last: list[tuple[int, int] | None] = [None] * count

    def add(self, moment: Moment) -> None:
        """Score a moment. A pair of frames that is shown again has no score again."""
        truth = moment.frames[self.reference]
        for place, (frame, scores) in enumerate(zip(moment.frames, self.scores, strict=True)):
            pair = (frame.number, truth.number)
            fresh = pair != self._last[place] and moment.same(place, self.reference)
            alike = frame.pixels.shape == truth.pixels.shape
            if not alike:
                self.other_size.add(place)
            values = self._score(frame.pixels, truth.pixels) if fresh and alike else dict.fromkeys(COLUMNS)
            for name in COLUMNS:
                scores.values[name].append(values[name])
            self._last[place] = pair

    def _score(self, made: UInt8Array, truth: UInt8Array) -> dict[str, float | None]:
        pictures = [torch.from_numpy(one).permute(2, 0, 1)[None] for one in (made, truth)]
        found = self._scorer(pictures[0].float() / 255, pictures[1], failed={})
        return {name: None if math.isnan(value := float(found[name])) else value for name in COLUMNS}

    def summary(self, names: Sequence[str]) -> list[str]:
        """One line for each input but the reference."""
        lines = []
        for place, (name, scores) in enumerate(zip(names, self.scores, strict=True)):
            if place == self.reference:
                continue
            if place in self.other_size:
                lines.append(f"{name}: not scored, its frames are of another size than the reference's")
                continue
            psnr, ssim, exact = scores.mean("psnr"), scores.mean("ssim"), scores.exact("psnr")
            count = len(scores.finite("ssim"))
            if not count:
                lines.append(f"{name}: not scored, no frame has the time of one of the reference's")
                continue
            told = f"PSNR {psnr:.3f} dB" if psnr is not None else "PSNR exact"
            equal = f", {exact} exact and not in the PSNR" if exact and psnr is not None else ""
            lines.append(f"{name}: {told}, SSIM {ssim:.4f}, mean over {count} frames{equal}")
        return lines
