"""The heavy parts, imported on use."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from vfibench.contracts import DatasetOptions, Sample, Selection
from vfibench.datasets.selection import list_hash
from vfibench.errors import VfibenchError

from .cards import COUNTS, FLIP, MSE, STRIPES


class Second:
    """Always the second frame."""

    card = FLIP

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to load."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        return frames[:, 1:2].repeat(1, len(times), 1, 1, 1)


class Stripes:
    """Three flat triplets whose mean squared error is known: targets are 10 levels below frame 1."""

    card = STRIPES
    ids = ("a", "b", "c")
    times = (0.5,)

    fingerprint = None  # no file can change them

    def __init__(self, options: DatasetOptions) -> None:
        if options.list_file or options.factor:
            raise VfibenchError(
                "fake-stripes has its own three samples and times", "leave out --list, --factor"
            )
        self.selection = Selection("official", 3, 3, list_hash(self.ids))

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Sample:
        level = 50 + 10 * index
        flat = [np.full((3, 24, 32), level + step, np.uint8) for step in (0, 10, 20)]
        return Sample(self.ids[index], np.stack(flat[::2]), np.stack(flat[1:2]), (0.5,))


def open_stripes(options: DatasetOptions) -> Stripes:
    return Stripes(options)


class Mse:
    """Mean squared error, 0..255."""

    card = MSE

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (predicted.double() * 255 - target.double()).square().mean(dim=(1, 2, 3))


class Counts:
    """One page with one number."""

    card = COUNTS

    def render(self, results: Sequence[object], out: Path) -> list[tuple[str, str]]:
        (out / "counts.html").write_text(f"<p>{len(results)} cells</p>")
        return [("Counts", "counts.html")]
