"""Small plugins that keep their contracts: datasets in memory and on disk, a metric, a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from made_clips import frame

from vfibench.contracts import (
    DatasetCard,
    DatasetOptions,
    Inventory,
    MetricCard,
    PageCard,
    Sample,
    Selection,
)
from vfibench.datasets.selection import list_hash, read_id_list, unknown_id
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image, write_image

IDS = ("a/1", "a/2", "b/1", "b/2", "b/3")


def pictures(numbers: Sequence[int], scale: int = 1, height: int = 24, width: int = 40) -> np.ndarray:
    """[K, 3, scale * height, scale * width] uint8: frames of a moving texture, pixels of larger ones."""
    large = np.stack([frame(number, 2 * height, 2 * width) for number in numbers]).transpose(0, 3, 1, 2)
    step = 2 // scale
    return large[:, :, ::step, ::step]


class Textures:
    """Five samples in memory, of two clips. What a test changes are its members and methods."""

    card = DatasetCard(
        "made-textures",
        "made_plugins:Textures",
        title="moving textures",
        count=len(IDS),
        list_sha256=list_hash(IDS),
        inputs=(2, 4),
        times=(0.25, 0.5),
        builtin=True,
    )
    times: tuple[float, ...] = (0.25, 0.5)

    def __init__(self, options: DatasetOptions) -> None:
        if options.factor is not None:
            raise VfibenchError(f"{self.card.name} has its own frame rate, found --factor {options.factor}")
        self.inputs = options.inputs
        self.ids: Sequence[str] = IDS if options.list_file is None else self.listed(options.list_file)
        kind = "official" if options.list_file is None else "own list"
        official = len(IDS) if options.list_file is None else None
        self.selection = Selection(kind, len(self.ids), official, list_hash(self.ids))

    def listed(self, path: Path) -> list[str]:
        names = read_id_list(path)
        for name in names:
            if name not in IDS:
                raise unknown_id(name, path, IDS)
        return names

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Sample:
        start = 100 * IDS.index(self.ids[index])
        places = [start + 8 * step for step in range(self.inputs)]
        middle = places[self.inputs // 2 - 1]
        targets = [middle + int(8 * time) for time in self.times]
        tags = {"clip": self.ids[index][0], "start": start}
        return Sample(self.ids[index], pictures(places), pictures(targets), self.times, tags)


class Code(Textures):
    """The same, and it says that no file can change it."""

    card = replace(Textures.card, name="made-code", target="made_plugins:Code")
    fingerprint: str | None = None


class Exact(Code):
    """It knows how everything moves: by two pixels a frame to the left."""

    card = replace(Textures.card, name="made-exact", target="made_plugins:Exact")

    def truth(self, index: int, time: float) -> SimpleNamespace:
        height, width = self[index].targets.shape[-2:]
        left = np.zeros((2, height, width), np.float32)
        left[0] = -8.0
        seen = np.ones((height, width), bool)
        return SimpleNamespace(
            flow0=-time * left, flow1=(1 - time) * left, seen0=seen, seen1=seen, mixed=~seen
        )


class Masked(Textures):
    """Scored where the texture is bright."""

    card = replace(Textures.card, name="made-masked", target="made_plugins:Masked", masked=True)

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        return replace(sample, mask=sample.targets[0].mean(axis=0) > 100)


class Enlarged(Textures):
    """Twice as large out as in, at the inputs' own times too; the first sample alone has its first frame."""

    times = (0.0, 0.5, 1.0)
    card = replace(
        Textures.card,
        name="made-enlarged",
        target="made_plugins:Enlarged",
        scale=2,
        times=times,
    )

    def times_of(self, index: int) -> tuple[float, ...]:
        return self.times[1:] if index else self.times

    def __getitem__(self, index: int) -> Sample:
        sample, times = super().__getitem__(index), self.times_of(index)
        start = 100 * IDS.index(self.ids[index]) + 8 * (self.inputs // 2 - 1)
        targets = pictures([start + int(8 * time) for time in times], scale=2)
        return replace(sample, targets=targets, times=times)


class Untold(Textures):
    """Triplets of PNG files under ROOT/made-triplets, of which nothing is told."""

    times = (0.5,)
    card = replace(
        Textures.card,
        name="made-untold",
        target="made_plugins:Untold",
        inputs=(2,),
        times=times,
        folders=("made-triplets",),
        builtin=False,
    )

    def __init__(self, options: DatasetOptions) -> None:
        super().__init__(options)
        if options.root is None:
            raise VfibenchError("expected a data root, found none", "do --data-root DIR")
        self.folder = options.root / self.card.folders[0]
        for name in self.ids:
            if not self.files(name)[0].is_file():
                raise VfibenchError(f"missing image {self.files(name)[0]}")

    def files(self, name: str) -> list[Path]:
        return [self.folder / name / f"{part}.png" for part in ("first", "middle", "last")]

    def __getitem__(self, index: int) -> Sample:
        first, middle, last = (read_image(path) for path in self.files(self.ids[index]))
        return Sample(self.ids[index], np.stack([first, last]), middle[None], self.times)


class OnDisk(Untold):
    """The same, with all that a dataset may tell besides."""

    card = replace(Untold.card, name="made-on-disk", target="made_plugins:OnDisk")
    remarks = ("made for a test",)

    @staticmethod
    def inventory(root: Path) -> Inventory:
        folder = root / "made-triplets"
        lost = {name: folder / name for name in IDS if not (folder / name / "first.png").is_file()}
        return Inventory("made-on-disk", (folder,), folder if folder.is_dir() else None, IDS, lost)

    @property
    def root(self) -> Path:
        return self.folder

    @property
    def fingerprint(self) -> str:
        return list_hash([f"{name} {path.stat().st_size}" for name in self.ids for path in self.files(name)])


def write_triplets(root: Path, ids: Sequence[str] = IDS, shift: int = 0) -> Path:
    """The files of `OnDisk`; another `shift` gives other pictures."""
    for place, name in enumerate(ids):
        shown = pictures([100 * place + 8 * k + shift for k in range(3)])
        for part, pixels in zip(("first", "middle", "last"), shown, strict=True):
            write_image(root / "made-triplets" / name / f"{part}.png", pixels)
    return root


class Mse:
    """Mean squared error, 0..255."""

    card = MetricCard("made-mse", "made_plugins:Mse", title="mean squared error", better="lower")

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (predicted.double() * 255 - target.double()).square().mean(dim=(1, 2, 3))


class Frames:
    """One page: a row for each cell."""

    card = PageCard("made-frames", "made_plugins:Frames", "Frames")

    def render(self, results: Sequence[Any], out: Path) -> list[tuple[str, str]]:
        import html

        rows = [f"<li>{html.escape(one.cell.label)}: {one.counts.ok}</li>" for one in results]
        (out / "frames.html").write_text(f"<ul>{''.join(rows)}</ul>", encoding="utf-8")
        return [("Frames", "frames.html")]
