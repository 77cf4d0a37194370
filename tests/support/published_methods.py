"""A method of a third party whose scores were published, and a small Middlebury to measure them on.

What it predicts depends on how frames were padded, so that a score under another padding is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from made_clips import frame
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from vfibench.contracts import AdapterCard, Padding

NAMES = (
    *("Beanbags", "Dimetrodon", "DogDance", "Grove2", "Grove3", "Hydrangea"),
    *("MiniCooper", "RubberWhale", "Urban2", "Urban3", "Venus", "Walking"),
)
FIRST, SECOND, GREY = 0.4, 0.6, 0.3


class Leaning:
    """A blend that leans to the second frame, plus a part of the first one's mean: no value is a tie."""

    card = AdapterCard("leaning", "published_methods:Leaning", padding=Padding(32, "constant"), times="any")

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to load."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """[B, T, 3, H, W], the same at all times."""
        first, second = frames[:, :1], frames[:, 1:]
        made = FIRST * first + SECOND * second + GREY * first.mean(dim=(1, 2, 3, 4), keepdim=True)
        return made.repeat(1, len(times), 1, 1, 1)


def make_middlebury(root: Path, names: Sequence[str] = NAMES) -> Path:
    """The official names with made-up pictures; the data root."""
    for place, name in enumerate(NAMES):
        if name not in names:
            continue
        size = (36, 50) if name == "Venus" else (40, 56)
        inputs, truth = root / "middlebury/input" / name, root / "middlebury/gt" / name
        for folder in (inputs, truth):
            folder.mkdir(parents=True)
        for step, path in enumerate(
            (inputs / "frame10.png", truth / "frame10i11.png", inputs / "frame11.png")
        ):
            Image.fromarray(frame(5 * place + step, *size)).save(path)
    return root


def truncated_psnr(root: Path, multiple: int) -> list[float]:
    """PSNR of each triplet in float64, borders continued to the multiple, predictions truncated to 8 bits."""
    found = []
    for name in NAMES:
        first, second, truth = (
            np.asarray(Image.open(root / "middlebury" / place / name / file))
            for place, file in (
                ("input", "frame10.png"),
                ("input", "frame11.png"),
                ("gt", "frame10i11.png"),
            )
        )
        height, width = truth.shape[:2]
        grey = np.pad(first, ((0, -height % multiple), (0, -width % multiple), (0, 0)), "edge").mean() / 255
        made = FIRST * first / 255 + SECOND * second / 255 + GREY * grey
        levels = np.floor(np.clip(made, 0, 1) * 255).astype(np.uint8)
        found.append(float(peak_signal_noise_ratio(truth, levels, data_range=255)))
    return found
