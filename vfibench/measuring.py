"""One cell's inner loop: decoded samples in, score rows out, nothing synchronised until a batch is due.

`launch` queues a batch on the device; `finish` waits for it. The runner launches the next batch before
it finishes the last, so that a GPU computes while rows are written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch

from vfibench.contracts import Sample
from vfibench.errors import SampleError, VfibenchError
from vfibench.images import ImageWriter
from vfibench.lines import Row
from vfibench.metrics.scorer import Scorer
from vfibench.plan import Job
from vfibench.predictors import AdapterPredictor, Batch, FolderPredictor, Predictor, Stopwatch
from vfibench.timing import peak_memory_mb

DIGITS = 9  # of a stored score: far below any metric's own error, and the files stay readable


@dataclass(frozen=True)
class Item:
    """A decoded sample, its place in the dataset, and what its prediction needs from disk."""

    index: int
    sample: Sample
    extra: Any


@dataclass(frozen=True)
class Launched:
    """Work queued on the device for samples of one shape.

    Attributes:
        items: the samples.
        values: [columns, B * T] float64 scores, on their way to the host.
        finite: [B * T] bool, whether the prediction is.
        event: CUDA event after which both may be read; None on the CPU.
        watch: the network's own time, None where nothing was computed.
        images: [B * T, 3, H, W] uint8 predictions to keep, or None.
        warmup: whether this was the first call at this shape.
    """

    items: Sequence[Item]
    values: torch.Tensor
    finite: torch.Tensor
    event: Any
    watch: Stopwatch | None
    images: torch.Tensor | None
    warmup: bool


@dataclass(frozen=True)
class LaunchedBatch:
    """A batch: its groups of one shape each, and the rows that failed."""

    number: int
    groups: Sequence[Launched]
    failed: Sequence[Row]


class Measurer:
    """Everything a cell needs while it runs: the network, the metrics, the image writer.

    Args:
        job: the cell.
        device: where networks and metrics run.
        images: folder for predictions as PNG, or None.
    """

    def __init__(self, job: Job, device: torch.device, images: Path | None = None) -> None:
        self._job = job
        self._device = device
        self._predictor = open_predictor(job, device)
        self._scorer = Scorer(job.columns, device, job.backbones)
        self._images = ImageWriter(images) if images else None
        self._shapes: set[tuple[int, ...]] = set()

    def __enter__(self) -> Measurer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._images:
            self._images.close()

    def decode(self, index: int) -> Item:
        """Read one sample from disk; called on decoding threads."""
        sample = self._job.dataset[index]
        return Item(index, sample, self._predictor.decode(sample))

    def launch(self, number: int, items: Sequence[Item]) -> LaunchedBatch:
        """Queue a batch on the device, equal shapes together."""
        failed: list[Row] = []
        groups = [launched for group in by_shape(items) for launched in self._launch_or_split(group, failed)]
        return LaunchedBatch(number, groups, failed)

    def _launch_or_split(self, items: Sequence[Item], failed: list[Row]) -> list[Launched]:
        """Halve a batch that fails (out of memory, or one bad sample) until the culprit stands alone."""
        try:
            return [self._launch(items)]
        except VfibenchError as error:
            if not isinstance(error, SampleError):
                raise
            reason = str(error)
        except Exception as error:  # a method may raise anything; one sample fails, not the run
            reason = describe(error)
        if len(items) == 1:
            failed.extend(self._failure(items[0], reason))
            return []
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        half = len(items) // 2
        return self._launch_or_split(items[:half], failed) + self._launch_or_split(items[half:], failed)

    def _launch(self, items: Sequence[Item]) -> Launched:
        samples = [item.sample for item in items]
        frames = self._upload([sample.frames for sample in samples])
        shape = tuple(frames.shape)
        prediction = self._predictor(Batch(samples, frames, samples[0].times, [item.extra for item in items]))
        predicted = prediction.frames
        targets = self._upload([sample.targets for sample in samples])
        if predicted.shape != targets.shape:
            raise SampleError(f"expected predictions {list(targets.shape)}, found {list(predicted.shape)}")
        predicted = predicted.flatten(0, 1)
        with torch.inference_mode():
            scores = self._scorer(predicted, targets.flatten(0, 1), self._masks(samples))
            values = torch.stack([scores[name] for name in self._job.columns])
            # A sum is finite just when all its terms are (frames are near [0, 1]), and it is one pass.
            finite = torch.isfinite(predicted.sum(dim=(1, 2, 3)))
        images = quantised(predicted) if self._images else None
        warmup = shape not in self._shapes
        self._shapes.add(shape)
        return Launched(items, *to_host(values, finite), prediction.watch, images, warmup)

    def _upload(self, arrays: Sequence[Any]) -> torch.Tensor:
        """Stack [K, 3, H, W] arrays to [B, K, 3, H, W] on the device, keeping interleaved memory."""
        interleaved = np.stack([array.transpose(0, 2, 3, 1) for array in arrays])
        batch = torch.from_numpy(interleaved)
        if self._device.type == "cuda":
            batch = batch.pin_memory().to(self._device, non_blocking=True)
        return batch.permute(0, 1, 4, 2, 3)

    def _masks(self, samples: Sequence[Sample]) -> torch.Tensor | None:
        if samples[0].mask is None:
            return None
        stacked = torch.from_numpy(np.stack([sample.mask for sample in samples if sample.mask is not None]))
        return stacked.to(self._device).repeat_interleave(len(samples[0].times), dim=0)

    def finish(self, batch: LaunchedBatch) -> tuple[list[Row], list[Row]]:
        """Wait for a batch; its score rows in the dataset's order, and its timing rows."""
        rows = list(batch.failed)
        for group in batch.groups:
            if group.event is not None:
                group.event.synchronize()
            rows += self._rows(group)
            if self._images and group.images is not None:
                self._save(group)
        rows.sort(key=lambda row: (row["index"], row["t"]))
        return rows, self._timings(batch)

    def _rows(self, group: Launched) -> list[Row]:
        values = group.values.T.tolist()
        finite = group.finite.tolist()
        rows: list[Row] = []
        for place, item in enumerate(group.items):
            times = item.sample.times
            part = slice(place * len(times), (place + 1) * len(times))
            for time, scores, good in zip(times, values[part], finite[part], strict=True):
                bad = failure(item, time, "NaN or infinity in the prediction")
                rows.append(self._row(item, time, scores) if good else bad)
        return rows

    def _row(self, item: Item, time: float, scores: Sequence[float]) -> Row:
        stored = {name: storable(value) for name, value in zip(self._job.columns, scores, strict=True)}
        row: Row = {
            "index": item.index,
            "sample": item.sample.id,
            "t": time,
            "status": "ok",
            "scores": stored,
        }
        if math.inf in scores:
            row["exact"] = True
        if item.sample.tags:
            row["tags"] = dict(item.sample.tags)
        return row

    def _failure(self, item: Item, reason: str) -> list[Row]:
        return [failure(item, time, reason) for time in item.sample.times]

    def _timings(self, batch: LaunchedBatch) -> list[Row]:
        return [
            {
                "batch": batch.number,
                "samples": len(group.items),
                "frames": len(group.finite),
                "shape": list(group.items[0].sample.frames.shape[-2:]),
                "predict_s": round(group.watch.seconds(), 7),
                "warmup": group.warmup,
                "peak_mb": peak_memory_mb(self._device),
            }
            for group in batch.groups
            if group.watch is not None
        ]

    def _save(self, group: Launched) -> None:
        assert self._images is not None
        assert group.images is not None
        pixels = group.images.cpu().numpy()
        names = [(item.sample.id, time) for item in group.items for time in item.sample.times]
        for (sample, time), image in zip(names, pixels, strict=True):
            self._images.add(sample, time, image)


def open_predictor(job: Job, device: torch.device) -> Predictor:
    """The job's method, loaded and under the harness's care."""
    if job.method.folder is not None:
        return FolderPredictor(job.method.folder, device)
    return AdapterPredictor(job.method.open(device), job.method.card, job.padding, device, job.precision)


def by_shape(items: Sequence[Item]) -> list[list[Item]]:
    """Items that can be stacked, in order of first appearance."""
    groups: dict[Any, list[Item]] = {}
    for item in items:
        sample = item.sample
        key = (sample.frames.shape, sample.targets.shape, sample.times, sample.mask is None)
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def to_host(values: torch.Tensor, finite: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Any]:
    """Start copying results to pinned memory; the event says when they have arrived."""
    if values.device.type != "cuda":
        return values, finite, None
    copies = [torch.empty(x.shape, dtype=x.dtype, pin_memory=True) for x in (values, finite)]
    for copy, source in zip(copies, (values, finite), strict=True):
        copy.copy_(source, non_blocking=True)
    event = torch.cuda.Event()
    event.record()
    return copies[0], copies[1], event


def quantised(predicted: torch.Tensor) -> torch.Tensor:
    """Raw float frames to uint8, clamped and rounded half to even, as the vfibench definition scores them."""
    return predicted.clamp(0, 1).mul(255).round().to(torch.uint8)


def storable(value: float) -> float | None:
    """A finite score rounded for storage; infinity and NaN have no JSON and become null."""
    return round(value, DIGITS) if math.isfinite(value) else None


def failure(item: Item, time: float, reason: str) -> Row:
    """The row of a frame without a score."""
    return {"index": item.index, "sample": item.sample.id, "t": time, "status": "error", "message": reason}


def describe(error: Exception) -> str:
    """One line on what a method raised; out of memory is named as such."""
    text = f"{error}".strip().partition("\n")[0]
    memory = isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in text
    return f"out of memory: {text}" if memory else f"{type(error).__name__}: {text}"
