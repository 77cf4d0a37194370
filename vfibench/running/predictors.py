"""How a batch of samples becomes predictions: an adapter under the harness's care, or files on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from vfibench.contracts import Adapter, AdapterCard, Padding, Sample, TimedAdapter
from vfibench.errors import SampleError
from vfibench.frames.files import read_prediction
from vfibench.frames.padding import crop, pad
from vfibench.frames.resize import enlarged, reduced
from vfibench.methods.answers import check_shape
from vfibench.methods.parameters import parameters
from vfibench.running.predictions import PredictionFolder
from vfibench.running.recursion import by_pairs, by_recursion
from vfibench.running.stopwatch import Stopwatch, Watch, whose
from vfibench.running.uploading import pinned, sent
from vfibench.system.compiling import compiled as compiled_call
from vfibench.system.precision import computing_in

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array
    from vfibench.frames.files import Float32Array


@dataclass(frozen=True)
class SampleBatch:
    """Samples of one shape, on the device.

    Attributes:
        samples: what they came from.
        frames: [B, N, 3, H, W] uint8, or float32 in [0, 1].
        times: T times, the same for all samples.
        extras: what `Predictor.decode` returned for each sample.
    """

    samples: Sequence[Sample]
    frames: torch.Tensor
    times: tuple[float, ...]
    extras: Sequence[Any]


@dataclass(frozen=True)
class Prediction:
    """[B, T, 3, H, W] float32 raw frames, and the network's own time (None where nothing was computed)."""

    frames: torch.Tensor
    watch: Watch | None


class Predictor(Protocol):
    """What the runner asks for predictions."""

    @property
    def parameters(self) -> int | None:
        """Scalars in the network; 0 for a method without one, None where it cannot be seen."""

    def decode(self, sample: Sample) -> Any:
        """Fetch what a prediction of `sample` needs from disk; called on decoding threads."""

    def __call__(self, batch: SampleBatch) -> Prediction:
        """Predict every sample at every time.

        Raises:
            SampleError: the method broke its contract.
        """


class AdapterPredictor:
    """Runs an adapter: conversion, padding, autocast, inference mode, recursion, cropping, timing.

    Args:
        adapter: loaded on `device`.
        card: its facts.
        padding: what is really applied (the protocol's rule with the card's multiple).
        device: where it runs.
        precision: "fp32", "tf32", "fp16" or "bf16", see `vfibench.system.precision.computing_in`.
        compiled: whether the network runs through torch.compile.
        reduce: factor by which frames are reduced first, to 8 bits as pictures on disk have.
        enlarge: factor by which predictions are enlarged last; see `fitting.Fit`.
    """

    def __init__(
        self,
        adapter: Adapter,
        card: AdapterCard,
        padding: Padding,
        device: torch.device,
        precision: str,
        reduce: int = 1,
        enlarge: int = 1,
        compiled: bool = False,
    ) -> None:
        self._adapter = adapter
        self._timed = adapter.predict_timed if isinstance(adapter, TimedAdapter) else None
        self._asked = compiled_call(adapter.predict) if compiled else adapter.predict
        self._card = card
        # Frames are padded before they are reduced, so that nothing of them is lost at an edge.
        self._padding = replace(
            padding,
            multiple=reduce * padding.multiple,
            extra=reduce * padding.extra,
            extra_when_fitting=reduce * padding.extra_when_fitting,
        )
        self._device = device
        self._precision = precision
        self._reduce = reduce
        self._enlarge = enlarge

    @property
    def parameters(self) -> int | None:
        """Scalars in the network; see `Predictor`."""
        counted = parameters(self._adapter)
        elsewhere = self._timed is not None
        return 0 if counted is None and not (self._card.learned or elsewhere) else counted

    def decode(self, sample: Sample) -> None:
        """Nothing to fetch."""

    def __call__(self, batch: SampleBatch) -> Prediction:
        """Pad, reduce, predict, crop, enlarge; see `Predictor`. The prediction alone is timed."""
        height, width = batch.frames.shape[-2:]
        scale = self._card.scale // self._reduce
        with torch.inference_mode():
            frames = pad(to_float(batch.frames), self._padding)
            sides = (scale * frames.shape[-2], scale * frames.shape[-1])
            if self._reduce > 1:
                frames = to_float(reduced(frames.mul_(255).round_(), self._reduce))
            self._told: list[float | None] = []
            with computing_in(self._precision, self._device), Stopwatch(self._device) as watch:
                raw = self._predict(frames, batch.times)
            check_shape(raw, (len(frames), len(batch.times), 3, *sides))
            made = crop(raw.float(), height, width, self._padding, scale)
            made = own(made, raw) if self._enlarge == 1 else enlarged(made, self._enlarge)
            return Prediction(made, whose(watch, self._told))

    def _predict(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        return self._between(frames, times) if self._enlarge == 1 else by_pairs(self._pair, frames, times)

    def _between(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        if self._card.times != "midpoint" or times == (0.5,):
            return self._call(frames, times)
        return by_recursion(self._midpoint, frames, times)

    def _midpoint(self, pair: torch.Tensor) -> torch.Tensor:
        raw = self._call(pair, (0.5,))
        check_shape(raw, (len(pair), 1, *pair.shape[2:]))
        return raw

    def _call(self, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        """Ask the adapter, noting the time where it measures that itself."""
        if self._timed is None:
            return self._asked(frames, times)
        made, seconds = self._timed(frames, times)
        self._told.append(seconds)
        return made

    def _pair(self, pair: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        raw = self._between(pair, times)
        check_shape(raw, (len(pair), len(times), *pair.shape[2:]))
        return own(raw.float(), raw)


class FolderPredictor:
    """Reads predictions made elsewhere; see `PredictionFolder`."""

    parameters = None

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._folder = PredictionFolder(folder)
        self._device = device

    def decode(self, sample: Sample) -> list[UInt8Array | Float32Array]:
        """The predictions of a sample, one a time: 8-bit levels, or raw."""
        return [read_prediction(path) for path in self._folder.paths(sample.id, sample.times)]

    def __call__(self, batch: SampleBatch) -> Prediction:
        """Stack what was decoded; a picture of another size is a SampleError."""
        height, width = batch.samples[0].targets.shape[-2:]
        for sample, images in zip(batch.samples, batch.extras, strict=True):
            for image in images:
                if image.shape[1:] != (height, width):
                    found = f"{image.shape[2]}x{image.shape[1]}"
                    raise SampleError(
                        f"expected a prediction of {width}x{height} for {sample.id}, found {found}"
                    )
        pictures = [torch.from_numpy(image) for images in batch.extras for image in images]
        if any(picture.is_floating_point() for picture in pictures):  # one that is raw makes all of them so
            pictures = [p if p.is_floating_point() else to_float(p) for p in pictures]
        stacked = torch.stack(pictures).unflatten(0, (len(batch.extras), -1))
        stacked = sent(pinned(stacked, self._device), self._device)
        return Prediction(stacked if stacked.is_floating_point() else to_float(stacked), None)


def own(made: torch.Tensor, raw: torch.Tensor) -> torch.Tensor:
    """Frames in memory of the harness's own, where they still lie in what a method returned.

    A method may answer in the same memory each time, or in that of its inputs, and these frames are scored
    and kept while it predicts the next. Copying takes a thousandth of what scoring the frames takes.
    """
    shared = made.untyped_storage().data_ptr() == raw.untyped_storage().data_ptr()
    return made.clone() if shared else made


def to_float(frames: torch.Tensor) -> torch.Tensor:
    """uint8 to float32 in [0, 1], the same rounding everywhere: true division by 255; float32 as it is."""
    if frames.dtype == torch.float32:
        return frames
    return frames.to(torch.float32).div_(255.0)
