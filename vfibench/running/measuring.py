"""A batch from disk to score rows: decode, predict, score.

`Measurer.measure` is called from several threads at once, a batch each. Decoding and stacking happen on the
calling thread; predictions are made one at a time on a thread of their own, which uses all of torch's
threads; on a CPU the calling thread then scores, one picture after the other and without splitting it
further, so that the cores stay busy and do not wait for one another. On CUDA scoring is queued behind the
prediction, and the calling thread waits for the results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from operator import attrgetter
from types import TracebackType
from typing import Any, TypeVar

import torch

from vfibench.contracts import Sample
from vfibench.errors import SampleError, VfibenchError
from vfibench.metrics.answers import Reasons
from vfibench.metrics.scorer import Scorer
from vfibench.registry import changed_on_import
from vfibench.running.keeping import Keeper
from vfibench.running.plan import Job
from vfibench.running.predictors import AdapterPredictor, FolderPredictor, Predictor, SampleBatch
from vfibench.running.stopwatch import Watch
from vfibench.running.uploading import Staged, frames_sent, masks_sent, stage
from vfibench.store.album import Album
from vfibench.store.rows import ScoreRow, TimingRow
from vfibench.system.devices import peak_memory_mb
from vfibench.system.foreign import first_line, let_through, reason_of
from vfibench.system.gpus import empty_after_failure
from vfibench.system.json_text import readable

GivenT = TypeVar("GivenT")
MadeT = TypeVar("MadeT")
DIGITS = 9  # of a stored score: far below any metric's own error, and the files stay readable


@dataclass(frozen=True)
class Item:
    """A decoded sample, its place in the dataset, and what its prediction needs from disk."""

    index: int
    sample: Sample
    extra: Any


@dataclass(frozen=True)
class Failed:
    """Why a batch has no predictions or no scores, in one line."""

    reason: str


@dataclass(frozen=True)
class Predicted:
    """Predictions of samples of one shape, on the device.

    Attributes:
        frames: [B * T, 3, H, W] float32, raw.
        targets: [B * T, 3, H, W] uint8.
        masks: [B * T, H, W] bool, or None.
        watch: the network's own time, None where nothing was computed.
        warmup: whether this was the first call at this shape.
        scores: on CUDA, scores on their way to the host.
        failed: columns that could not be computed, known once the frames have been scored.
    """

    frames: torch.Tensor
    targets: torch.Tensor
    masks: torch.Tensor | None
    watch: Watch | None
    warmup: bool
    scores: PinnedScores | None = None
    failed: Reasons = field(default_factory=dict)


class Measurer:
    """Everything a cell needs while it runs: the network on its thread, the metrics, the image folder.

    Args:
        job: the cell.
        device: where networks and metrics run.
        images: where predictions are kept as PNG, with what they are held against; or None.
    """

    def __init__(self, job: Job, device: torch.device, images: Album | None = None) -> None:
        self._job = job
        self._device = device
        self._images = images
        self._scorer = Scorer(job.columns, device, job.backbones)
        self._threads = torch.get_num_threads()
        self._network = ThreadPoolExecutor(1, "network", settle_network, (self._threads, device))
        self._keeper: Keeper = self._network.submit(Keeper).result()
        try:
            self._predictor: Predictor = self._network.submit(self._open).result()
        except BaseException:
            self._close()
            raise
        self._shapes: set[tuple[int, ...]] = set()

    def __enter__(self) -> Measurer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _open(self) -> Predictor:
        with self._keeper.loading():
            return open_predictor(self._job, self._device)

    def _close(self) -> None:
        """Let go of the network's thread, and leave the process as it was."""
        self._network.submit(self._keeper.close)
        self._network.shutdown()
        torch.set_num_threads(self._threads)  # what threads made from now on begin with

    @property
    def told(self) -> tuple[str, ...]:
        """What the method changed of the process, and was put back; see `Keeper` and `load_target`."""
        imported = changed_on_import.get(self._job.method.card.target, ())
        first = [f"importing changed {', '.join(imported)}"] if imported else []
        return (*first, *self._keeper.told)

    @property
    def parameters(self) -> int | None:
        """Scalars in the network; see `vfibench.running.predictors.Predictor`."""
        return self._predictor.parameters

    def prepare_thread(self) -> None:
        """To be called once on each thread that will call `measure`: one thread of torch's, the right GPU."""
        torch.set_num_threads(1)
        if self._device.type == "cuda":
            torch.cuda.set_device(self._device)  # else pinned memory would open a context on the first one

    def measure(self, batch: tuple[int, Sequence[int]]) -> tuple[list[ScoreRow], list[TimingRow]]:
        """Score rows of a batch in the dataset's order, and its timing rows.

        Args:
            batch: its number, and the indices of its samples.

        Raises:
            VfibenchError: an unreadable image or another fault that is not one sample's.
        """
        number, indices = batch
        items = [self._decode(index) for index in indices]
        rows: list[ScoreRow] = []
        timings: list[TimingRow] = []
        for group in by_shape(items):
            self._measure(number, group, rows, timings)
        rows.sort(key=attrgetter("index", "t"))
        return rows, timings

    def _decode(self, index: int) -> Item:
        sample = self._job.dataset[index]
        return Item(index, sample, self._predictor.decode(sample))

    def _measure(
        self, number: int, items: Sequence[Item], rows: list[ScoreRow], timings: list[TimingRow]
    ) -> None:
        """Score samples of one shape; where they fail (out of memory, a bad one), each half of them."""
        predicted = self._predicted(items)
        if isinstance(predicted, Failed):
            return self._again(number, items, predicted, rows, timings)
        scored = self._guarded(self._score, predicted)
        if isinstance(scored, Failed):
            return self._again(number, items, scored, rows, timings)
        values, finite = scored
        frames = [(item, time) for item in items for time in item.sample.times]
        for place, ((item, time), scores, good) in enumerate(zip(frames, values, finite, strict=True)):
            bad = failure(item, time, "NaN or infinity in the prediction")
            failed = {name: told[place] for name, told in predicted.failed.items() if place in told}
            rows.append(self._row(item, time, scores, failed) if good else bad)
        if predicted.watch is not None:
            timings.append(self._timing(number, items, predicted.watch, predicted.warmup))
        if self._images is not None:
            self._save(self._images, items, predicted.frames)
        return None

    def _again(
        self,
        number: int,
        items: Sequence[Item],
        failed: Failed,
        rows: list[ScoreRow],
        timings: list[TimingRow],
    ) -> None:
        """Each half of a group that failed; a sample that fails alone has failed."""
        if len(items) == 1:
            rows.extend(failure(items[0], time, failed.reason) for time in items[0].sample.times)
            return
        half = len(items) // 2
        self._measure(number, items[:half], rows, timings)
        self._measure(number, items[half:], rows, timings)

    def _guarded(self, call: Callable[[GivenT], MadeT], given: GivenT) -> MadeT | Failed:
        """What `call` makes of `given`, or why it could not.

        An exception holds the variables of every call it went through, and with them the memory of what
        failed. So it ends here, on the thread it was raised on, before anything else is tried.
        """
        try:
            return call(given)
        except BaseException as error:  # a method may do anything; one sample fails, not the run
            let_through(error)
            reason = reason_to_go_on(error)
        if self._device.type == "cuda":
            empty_after_failure(self._device)
        return Failed(reason)

    def _predicted(self, items: Sequence[Item]) -> Predicted | Failed:
        """Stack the samples here, and have them predicted; nothing is held here of what failed."""
        staged = self._guarded(self._stage, items)
        if isinstance(staged, Failed):
            return staged
        return self._network.submit(self._guarded, self._predict, (items, staged)).result()

    def _stage(self, items: Sequence[Item]) -> Staged:
        return stage([item.sample for item in items], self._device)

    def _predict(self, given: tuple[Sequence[Item], Staged]) -> Predicted:
        """On the network's thread: frames to the device, predictions, and on CUDA the scoring's launch."""
        items, staged = given
        samples = [item.sample for item in items]
        frames = frames_sent(staged.frames, self._device)
        extras = [item.extra for item in items]
        with self._keeper.calling():
            made = self._predictor(SampleBatch(samples, frames, samples[0].times, extras))
        targets = frames_sent(staged.targets, self._device)
        if made.frames.shape != targets.shape:
            raise SampleError(f"expected predictions {list(targets.shape)}, found {list(made.frames.shape)}")
        shape = tuple(frames.shape)
        predicted = Predicted(
            frames=made.frames.flatten(0, 1),
            targets=targets.flatten(0, 1),
            masks=masks_sent(staged.masks, len(samples[0].times), self._device),
            watch=made.watch,
            warmup=shape not in self._shapes,
        )
        self._shapes.add(shape)
        if self._device.type == "cuda":
            return replace(predicted, scores=PinnedScores(*self._values(predicted)))
        return predicted

    def _score(self, predicted: Predicted) -> tuple[list[list[float]], list[bool]]:
        """Scores [B * T][columns] on the host, and which predictions are finite."""
        if predicted.scores is not None:
            return predicted.scores.wait()
        with self._keeper.apart():
            values, finite = self._values(predicted)
            return values.tolist(), finite.tolist()

    def _values(self, predicted: Predicted) -> tuple[torch.Tensor, torch.Tensor]:
        """[B * T, columns] float64 and [B * T] bool, on the device."""
        with torch.inference_mode():
            scores = self._scorer(predicted.frames, predicted.targets, predicted.masks, predicted.failed)
            values = torch.stack([scores[name] for name in self._job.columns], dim=1)
            # A sum is finite just when all its terms are (frames are near [0, 1]), and it is one pass.
            return values, torch.isfinite(predicted.frames.sum(dim=(1, 2, 3)))

    def _row(self, item: Item, time: float, scores: Sequence[float], failed: dict[str, str]) -> ScoreRow:
        stored = {name: storable(value) for name, value in zip(self._job.columns, scores, strict=True)}
        exact = tuple(
            name for name, value in zip(self._job.columns, scores, strict=True) if value == math.inf
        )
        tags = dict(item.sample.tags)
        return ScoreRow(item.index, readable(item.sample.id), time, "ok", stored, exact, tags, failed=failed)

    def _timing(self, number: int, items: Sequence[Item], watch: Watch, warmup: bool) -> TimingRow:
        sample = items[0].sample
        return TimingRow(
            batch=number,
            samples=len(items),
            frames=len(items) * len(sample.times),
            shape=tuple(sample.frames.shape[-2:]),
            predict_s=round(watch.seconds(), 7),
            warmup=warmup,
            peak_mb=peak_memory_mb(self._device) if watch.peak_mb is None else watch.peak_mb,
        )

    @staticmethod
    def _save(album: Album, items: Sequence[Item], predicted: torch.Tensor) -> None:
        """Keep predictions in the layout `frames:DIR` reads, and beside them inputs and targets, once."""
        pictures = quantised(predicted).cpu().numpy().reshape(len(items), -1, *predicted.shape[1:])
        for item, made in zip(items, pictures, strict=True):
            album.keep(item.sample, made)


def settle_network(threads: int, device: torch.device) -> None:
    """Prepare the thread that predicts: all of torch's threads, and the right CUDA device."""
    # torch reads the process-wide count at a thread's first parallel work, unless it has asked before;
    # by then the threads that score have set it to 1.
    torch.get_num_threads()
    torch.set_num_threads(threads)
    if device.type == "cuda":
        torch.cuda.set_device(device)


class PinnedScores:
    """Scores on their way from CUDA to pinned memory, so that nobody waits for more than them."""

    def __init__(self, values: torch.Tensor, finite: torch.Tensor) -> None:
        self._copies = [torch.empty(x.shape, dtype=x.dtype, pin_memory=True) for x in (values, finite)]
        for copy, source in zip(self._copies, (values, finite), strict=True):
            copy.copy_(source, non_blocking=True)
        self._event = torch.cuda.Event(blocking=True)  # who waits sleeps, and leaves its core to decoding
        self._event.record()

    def wait(self) -> tuple[list[list[float]], list[bool]]:
        """Scores and finiteness once they have arrived."""
        self._event.synchronize()
        values, finite = self._copies
        return values.tolist(), finite.tolist()


def open_predictor(job: Job, device: torch.device) -> Predictor:
    """The job's method, loaded and under the harness's care."""
    if job.method.folder is not None:
        return FolderPredictor(job.method.folder, device)
    if job.compiled:
        check_compiling(device)
    return AdapterPredictor(
        job.method.open(device),
        job.method.card,
        job.padding,
        device,
        job.precision,
        reduce=job.fit.reduced,
        enlarge=job.fit.enlarged,
        compiled=job.compiled,
    )


def check_compiling(device: torch.device) -> None:
    """Compile one sum, so that a machine that cannot is told once and not frame by frame.

    Raises:
        VfibenchError: torch.compile fails; as a rule there is no C++ compiler, or no Triton on CUDA.
    """
    try:
        torch.compile(_one_more)(torch.zeros(2, device=device))
    except Exception as error:  # each of the compiler's parts has errors of its own
        raise VfibenchError(
            f"torch.compile does not work here: {reason_of(error)}", "leave out --compile"
        ) from error


def _one_more(values: torch.Tensor) -> torch.Tensor:
    return values + 1


def by_shape(items: Sequence[Item]) -> list[list[Item]]:
    """Items that can be stacked, in order of first appearance."""
    groups: dict[Any, list[Item]] = {}
    for item in items:
        sample = item.sample
        key = (sample.frames.shape, sample.targets.shape, sample.times, sample.mask is None)
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def quantised(predicted: torch.Tensor) -> torch.Tensor:
    """Raw float frames to uint8, clamped and rounded half to even, as the vfibench definition scores them."""
    return predicted.clamp(0, 1).mul(255).round().to(torch.uint8)


def storable(value: float) -> float | None:
    """A finite score rounded for storage; infinity and NaN have no JSON and become null."""
    return round(value, DIGITS) if math.isfinite(value) else None


def failure(item: Item, time: float, reason: str) -> ScoreRow:
    """The row of a frame without a score."""
    return ScoreRow(item.index, readable(item.sample.id), time, "error", message=reason)


def reason_to_go_on(error: BaseException) -> str:
    """One line on why a sample failed; out of memory is named as such.

    Raises:
        VfibenchError: the error itself, where it is not a sample's but the run's (an unreadable image).
    """
    if isinstance(error, SampleError):
        return first_line(error)
    if isinstance(error, VfibenchError):
        raise error
    text = first_line(error)
    memory = isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in text
    return f"out of memory: {text}" if memory else reason_of(error)
