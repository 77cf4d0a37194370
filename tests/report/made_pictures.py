"""Runs with saved pictures: made-up scores, and small pictures from a seeded generator."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from report.made_runs import MadeCell, write_run

from vfibench.contracts import Sample
from vfibench.store.album import Album
from vfibench.store.folders import read_results
from vfibench.store.result import CellResult

SIZE = (72, 96)  # height and width


@dataclass(frozen=True)
class PicturedCell(MadeCell):
    """A cell with named samples."""

    named: Sequence[str] = ("a", "b", "c")
    samples: int = 3

    @property
    def ids(self) -> list[str]:
        return list(self.named)


def picture(*words: Any, size: tuple[int, int] = SIZE) -> np.ndarray:
    """[3, H, W] uint8, the same for the same words: a coarse random pattern, enlarged, with fine noise."""
    generator = np.random.default_rng(list(repr(words).encode()))
    coarse = generator.integers(20, 220, (3, -(-size[0] // 8), -(-size[1] // 8)))
    fine = generator.integers(-15, 16, (3, *size))
    return (coarse.repeat(8, 1).repeat(8, 2)[:, : size[0], : size[1]] + fine).astype(np.uint8)


def sample_of(name: str, times: Sequence[float] = (0.5,), size: tuple[int, int] = SIZE) -> Sample:
    """What the dataset would give."""
    frames = np.stack([picture(name, "frame", k, size=size) for k in (0, 1)])
    targets = np.stack([picture(name, time, size=size) for time in times])
    return Sample(name, frames, targets, tuple(times))


def made(method: str, sample: Sample, place: int = 0) -> np.ndarray:
    """[3, H, W]: a method's prediction, off by up to 40 levels both ways."""
    shift = picture(method, sample.id, place, size=sample.targets.shape[-2:]).astype(int) % 81 - 40
    return np.clip(sample.targets[place].astype(int) + shift, 0, 255).astype(np.uint8)


def write_pictures(result: CellResult, size: tuple[int, int] = SIZE) -> None:
    """The pictures of a stored cell, as `vfibench run --save-images` leaves them."""
    album, times = Album.of(result.folder, result.cell), result.cell.settings.times
    for name in dict.fromkeys(row.sample for row in result.rows):
        sample = sample_of(name, times, size)
        album.keep(sample, [made(result.cell.method, sample, place) for place in range(len(times))])


def pictured_run(folder: Path, cells: Sequence[MadeCell], size: tuple[int, int] = SIZE) -> list[CellResult]:
    """A run folder with these cells and all their pictures."""
    write_run(folder, cells)
    results = read_results([folder])
    for result in results:
        write_pictures(result, size)
    return results


def pixels_of(uri: str) -> np.ndarray:
    """[H, W, 3] of a data URI."""
    data = re.fullmatch(r"data:image/(?:png|webp|jpeg);base64,(.*)", uri).group(1)
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("RGB"))
