"""Frames, methods and jobs that the parts ask with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.gpu.asking import CPU, DEVICE
from benchmarks.gpu.conducting import PACKED
from benchmarks.gpu.packing import FRAMES, UCF101
from vfibench.contracts import AdapterCard, Sample
from vfibench.datasets.opened import OpenedDataset
from vfibench.frames.files import read_image, write_image
from vfibench.frames.padding import pad
from vfibench.frames.resize import reduced
from vfibench.methods.resolving import resolve
from vfibench.registry import METHODS
from vfibench.running.plan import Job, Planner, Request
from vfibench.running.predictors import to_float
from vfibench.running.runner import Runner
from vfibench.store.memory import MemoryStore
from vfibench_datasets.source import read_list

STARTERS = ("superslomo-starter", "rife-starter", "convlstm-starter", "zooming-slowmo-starter")
MADE = {
    "superslomo": "superslomo", "rife": "rife", "softsplat": "softsplat", "sepconv": "sepconv",
    "zooming-slowmo": "zooming_slomo", "convlstm": "superslomo_r", "dain": "dain", "toflow": "toflow",
    "rife-m": "rife_m", "superslomo-nvidia": "superslomo_nvidia", "superslomo-adobe": "superslomo_paliwal",
    "convgru": "superslomo_r_gru",
}  # fmt: skip
"""Methods whose weights are made up as tests/golden makes them, and their names there."""
SIDE = 96
"""Of the middle of the frames that is used in the proof without a GPU, pixels."""


def methods() -> list[str]:
    """Every learned method, the starters first, then those of `MADE` in its order."""
    known = [card.name for card in METHODS.cards() if card.learned]
    first = [name for name in (*STARTERS, *MADE) if name in known]
    return first + [name for name in known if name not in first]


@cache
def data_root() -> Path:
    """The packed triplets of UCF101; where there are none, some made here, of a texture that moves."""
    if (PACKED / "data" / UCF101).is_dir():
        return PACKED / "data"
    root = Path(tempfile.mkdtemp(prefix="vfibench-frames-"))
    for number, folder in enumerate(read_list("ucf101_dvf.txt")[: 4 if CPU else 100]):
        rng = np.random.default_rng(number)
        noise = torch.from_numpy(rng.random((1, 3, 40, 40), dtype=np.float32))
        picture = torch.nn.functional.interpolate(noise, (320, 320), mode="bicubic").clamp(0, 1)
        step_x, step_y = rng.integers(-8, 9, 2)
        for place, name in enumerate(FRAMES):
            top, left = 32 + place * int(step_y), 32 + place * int(step_x)
            frame = picture[0, :, top : top + 256, left : left + 256]
            write_image(root / UCF101 / folder / name, frame.mul(255).round().byte().numpy())
    return root


def triplets(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs [K, 2, 3, H, W] and targets [K, 3, H, W], uint8."""
    folders = sorted((data_root() / UCF101).iterdir())
    chosen = folders[:: max(1, len(folders) // count)][:count]
    read = [[np.ascontiguousarray(read_image(folder / name)) for name in FRAMES] for folder in chosen]
    frames = torch.from_numpy(np.array(read))
    if CPU:
        frames = frames[..., 80 : 80 + SIDE, 80 : 80 + SIDE]
    return frames[:, [0, 2]].contiguous(), frames[:, 1].contiguous()


@cache
def weights_of(name: str) -> Path | None:
    """A starter's own weights; made-up ones for the others; None where none can be made: random ones."""
    if name in STARTERS:
        return resolve(name, scoring=False).weights
    path = Path(tempfile.gettempdir()) / f"vfibench-made-{name}.pt"
    if name in MADE and not CPU and not path.exists():
        with suppress(Exception):  # then the initial weights do: what is asked here is speed and agreement
            from golden.made_weights import write_released

            write_released(MADE[name], path)
    return path if path.exists() else None


def opened(name: str, device: str) -> tuple[Any, AdapterCard]:
    """A loaded adapter and its card."""
    torch.manual_seed(0)
    weights = weights_of(name)
    method = resolve(name, str(weights) if weights else "random", scoring=False)
    return method.open(torch.device(device)), method.card


def given(card: AdapterCard, inputs: torch.Tensor) -> torch.Tensor:
    """Frames [B, N, 3, H, W] in [0, 1] as the harness gives them to a method: reduced, then padded.

    A method that takes four frames gets the outer two twice.
    """
    if card.inputs[0] == 4:
        inputs = inputs[:, [0, 0, 1, 1]]
    frames = to_float(reduced(inputs, card.scale)) if card.scale > 1 else to_float(inputs)
    return pad(frames, card.padding)


class Repeated:
    """A data set several times over, decoded each time: as many samples as a steady measurement needs."""

    def __init__(self, dataset: OpenedDataset, copies: int, count: int | None) -> None:
        self._dataset = dataset
        self.ids = [f"{name}/{copy}" for copy in range(copies) for name in dataset.ids][:count]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Sample:
        return replace(self._dataset[index % len(self._dataset)], id=self.ids[index])

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._dataset, name)


def job_for(
    method: str = "blend",
    *,
    device: str = DEVICE,
    copies: int = 1,
    count: int | None = None,
    metrics: Sequence[str] | None = (),
    **options: Any,
) -> Job:
    """A cell on the triplets, the data set repeated `copies` times or cut to `count` samples."""
    weights = weights_of(method) if METHODS.card(method).learned else None
    request = Request(
        methods=(method,),
        datasets=("ucf101",),
        data_root=data_root(),
        partial=True,
        device=device,
        metrics=metrics,
        weights=(str(weights),) if weights else (),
        **options,
    )
    (job,) = Planner(request).jobs()
    return replace(job, dataset=Repeated(job.dataset, copies, count))


def run_job(job: Job, workers: int = 4, device: str = DEVICE) -> MemoryStore:
    """Rows and timings of a job run in memory."""
    store = MemoryStore()
    Runner(store, torch.device(device), workers=workers).run([job])
    return store
