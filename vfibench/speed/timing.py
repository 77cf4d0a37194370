"""`vfibench speed`: a method's own time, memory, parameters and arithmetic at a given frame size."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

import torch

from vfibench.contracts import TimedAdapter
from vfibench.errors import SampleError, VfibenchError
from vfibench.methods.answers import check_finite, check_shape
from vfibench.methods.parameters import parameters
from vfibench.metrics.psnr import agreement
from vfibench.statistics.summaries import percentile
from vfibench.system import process_state
from vfibench.system.compiling import compiled
from vfibench.system.devices import chosen_device, peak_memory_mb
from vfibench.system.precision import check_precision, computing_in

if TYPE_CHECKING:
    from vfibench.contracts import AdapterCard
    from vfibench.methods.resolving import Method

AWAKE = 1.0
"""Seconds of work before a GPU is timed: an idle one has low clocks, and takes a while to raise them."""


KEPT = tuple(name for name in process_state.AT_ONCE if name not in process_state.GENERATORS)
"""What a method may not change for the one that is timed in turns with it."""


@dataclass(frozen=True)
class CallSize:
    """How a method is called when it is timed.

    Attributes:
        width, height: of the input frames, pixels.
        device: "cpu", "cuda" or "cuda:1".
        precision: "fp32", "tf32" on CUDA, or what autocast computes in: "fp16" or "bf16".
        batch: samples of a call.
        inputs: input frames of a sample, the method's usual count where None.
        times: target times of a call, see `target_times`.
        compiled: whether the network runs through torch.compile.
    """

    width: int
    height: int
    device: str = "cpu"
    precision: str = "fp32"
    batch: int = 1
    inputs: int | None = None
    times: int = 1
    compiled: bool = False


@dataclass(frozen=True)
class Speed:
    """What `measure_speed` found.

    Attributes:
        method, weights: what was timed; weights are "random", a file name or "none".
        device, precision, width, height, batch, inputs, times, compiled: how it was called, as in `CallSize`.
        threads: of torch on the CPU.
        output_width, output_height: of the frames that come out, larger where the method enlarges.
        runs, warmup: timed calls, and untimed ones before (on CUDA as many as fill a second).
        ms_median, ms_p95: of one call, milliseconds.
        ms_frame: median divided by batch x times, amortised.
        frames_per_s: 1000 / ms_frame.
        parameters: scalars in the network; 0 for a method that learns nothing, None where a learned one
            shows no torch modules.
        gflops: 2 x multiply-adds of one call as torch's flop counter sees them (convolutions, matrix
            products), in 1e9; None where it cannot follow.
        peak_mb: peak memory: CUDA allocator, or the process's resident set; None for another process's.
        agreement_db: what precision and compilation cost: PSNR between these frames and those of plain fp32
            (at most 200 dB), None for plain fp32 itself.
    """

    method: str
    weights: str
    device: str
    precision: str
    threads: int
    width: int
    height: int
    batch: int
    inputs: int
    times: int
    output_width: int
    output_height: int
    runs: int
    warmup: int
    ms_median: float
    ms_p95: float
    ms_frame: float
    frames_per_s: float
    parameters: int | None
    gflops: float | None
    peak_mb: float | None
    compiled: bool
    agreement_db: float | None

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)


def measure_speed(method: Method, size: CallSize, runs: int = 20, warmup: int = 3) -> Speed:
    """Time `method.predict` on random frames, synchronised, after a warm-up.

    Padding is applied before the clock starts: a size the network cannot take is timed at the padded size.

    Args:
        method: opened here; random weights are fine.
        size: how it is called.
        runs, warmup: timed calls, and untimed ones at least before; compiling is part of the warm-up.

    Raises:
        VfibenchError: a number of target times the method does not give.
    """
    found = prepared(method, size)
    plain = None
    if size.compiled or size.precision != "fp32":
        with torch.inference_mode(), computing_in("fp32", found.device):
            plain = found.adapter.predict(found.frames, found.moments).clone()  # it may use the memory again
    if found.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(found.device)
    warmup = found.warm_up(warmup)
    spent = found.seconds(runs)
    peak = peak_memory_mb(found.device)
    elsewhere = found.elsewhere is not None
    median = 1e3 * percentile(spent, 0.5)
    shared = size.batch * size.times
    return Speed(
        method=method.label,
        weights=method.weights.name if method.weights else ("random" if method.card.learned else "none"),
        threads=torch.get_num_threads(),
        **(asdict(size) | {"inputs": found.frames.shape[1]}),
        output_width=method.card.scale * size.width,
        output_height=method.card.scale * size.height,
        runs=runs,
        warmup=warmup,
        ms_median=median,
        ms_p95=1e3 * percentile(spent, 0.95),
        ms_frame=median / shared,
        frames_per_s=1e3 * shared / median,
        parameters=parameters(found.adapter) if method.card.learned or elsewhere else 0,
        gflops=None if elsewhere else gflops(found.call),
        peak_mb=None if elsewhere else peak,
        agreement_db=None if plain is None else psnr(found.call(), plain),
    )


@dataclass(frozen=True)
class Prepared:
    """A method that is loaded, and the frames it is timed on.

    Attributes:
        adapter: the loaded method.
        frames: [B, N, 3, H, W] random frames, padded.
        moments: target times of a call.
        device: of the frames.
        call: predicts them once.
        elsewhere: the call of a method whose network runs in a process of its own, which tells its
            seconds; else None.
        look: what is done with each answer, untimed: it is checked, and what the method changed of the
            process is put back, lest the other of two methods be timed with it.
    """

    adapter: Any
    frames: torch.Tensor
    moments: tuple[float, ...]
    device: torch.device
    call: Callable[[], torch.Tensor]
    elsewhere: Callable[[], tuple[object, float | None]] | None
    look: Callable[[object], None]

    def warm_up(self, least: int) -> int:
        """Call `least` times, and on a GPU on until it is awake; how many calls that were."""
        awake = AWAKE if self.device.type == "cuda" else 0.0
        return warmed_up(self._answer, least, self.device, awake, self.look)

    def _answer(self) -> object:
        """What one call answers, untimed."""
        return self.call() if self.elsewhere is None else self.elsewhere()[0]

    def seconds(self, runs: int) -> list[float]:
        """Seconds of each of `runs` calls."""
        if self.elsewhere is None:
            return timed(self.call, runs, self.device, self.look)
        return told(self.elsewhere, runs, self.look)


def prepared(method: Method, size: CallSize) -> Prepared:
    """Load a method and make what it is timed on; errors as of `measure_speed`."""
    from vfibench.frames.padding import pad

    target = chosen_device(size.device)
    count = size.inputs or method.card.inputs[0]
    moments = target_times(method.card, count, size.times)
    with process_state.preserved(KEPT):
        adapter = method.open(target)
    generator = torch.Generator().manual_seed(0)
    frames = torch.rand(size.batch, count, 3, size.height, size.width, generator=generator).to(target)
    frames = pad(frames, method.card.padding)
    predict = compiled(adapter.predict) if size.compiled else adapter.predict
    check_precision(size.precision, target)
    aside = adapter.predict_timed if isinstance(adapter, TimedAdapter) else None

    def call() -> torch.Tensor:
        with torch.inference_mode(), computing_in(size.precision, target):
            return predict(frames, moments)

    elsewhere = None if aside is None else lambda: aside(frames, moments)
    scale = method.card.scale
    expected = (size.batch, len(moments), 3, scale * frames.shape[-2], scale * frames.shape[-1])
    trained = method.weights is not None or not method.card.learned
    return Prepared(
        adapter, frames, moments, target, call, elsewhere, looked_at(method.label, expected, finite=trained)
    )


def looked_at(label: str, expected: tuple[int, ...], *, finite: bool) -> Callable[[object], None]:
    """A check of each answer of a method, which puts back what the method changed of the process.

    Args:
        label: of the method.
        expected: shape of the answers.
        finite: whether the first one must be; random weights may give anything.

    Raises:
        VfibenchError: by the check, of an answer that is not as the contract says.
    """
    before = process_state.take(KEPT)
    unseen = [finite]

    def look(made: object) -> None:
        process_state.restore(before)
        try:
            check_shape(made, expected)
            if unseen and unseen.pop():
                check_finite(cast("torch.Tensor", made))
        except SampleError as error:
            raise VfibenchError(
                f"{label} breaks its contract: {error.message}", "see `vfibench verify`"
            ) from error

    return look


def target_times(card: AdapterCard, inputs: int, count: int) -> tuple[float, ...]:
    """The times a call of `vfibench speed` asks for.

    Args:
        card: of the method.
        inputs: input frames.
        count: how many; k / (count + 1) within the middle interval, or for a method of "halves" every
            multiple of 1/2 from the first input frame to the last.

    Raises:
        VfibenchError: the method does not give so many at once.
    """
    if count == 1:
        return (0.5,)
    if card.times == "midpoint":
        raise VfibenchError(f"{card.name} predicts the midpoint only, found --times {count}", "leave it out")
    if card.times == "any":
        return tuple((k + 1) / (count + 1) for k in range(count))
    every = 2 * inputs - 1
    if count != every:
        raise VfibenchError(
            f"{card.name} gives 1 or {every} frames of {inputs} inputs, found --times {count}",
            f"do --times 1 or --times {every}",
        )
    return tuple(1 - inputs / 2 + k / 2 for k in range(every))


def psnr(found: torch.Tensor, expected: torch.Tensor) -> float:
    """PSNR in dB of two sets of frames clamped to [0, 1], over all their values; at most 200."""
    return float(agreement(found.clamp(0, 1)[None], expected.clamp(0, 1)[None], limit=200.0))


def warmed_up(
    call: Callable[[], object],
    least: int,
    device: torch.device,
    seconds: float,
    look: Callable[[object], None],
) -> int:
    """Call `least` times, and on until so many seconds have passed; how many calls that were.

    `look` is given each answer.
    """
    calls, start = 0, time.perf_counter()
    while calls < least or (least and time.perf_counter() - start < seconds):
        look(call())
        wait_for(device)
        calls += 1
    return calls


def timed(
    call: Callable[[], torch.Tensor], runs: int, device: torch.device, look: Callable[[object], None]
) -> list[float]:
    """Seconds of each of `runs` calls, the device idle before and after each; `look` is given each answer."""
    spent: list[float] = []
    for _ in range(runs):
        wait_for(device)
        start = time.perf_counter()
        made = call()
        wait_for(device)
        spent.append(time.perf_counter() - start)
        look(made)
    return spent


def wait_for(device: torch.device) -> None:
    """Until a GPU has done what it was given; a CPU has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def told(
    call: Callable[[], tuple[object, float | None]], runs: int, look: Callable[[object], None]
) -> list[float]:
    """Seconds of each of `runs` calls as the method itself measured them, else by the clock."""
    spent: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        made, seconds = call()
        spent.append(time.perf_counter() - start if seconds is None else seconds)
        look(made)
    return spent


def gflops(call: Callable[[], object]) -> float | None:
    """1e9 floating-point operations of one call (2 x multiply-adds), by torch's flop counter."""
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with FlopCounterMode(display=False) as counter:
            call()
    except (RuntimeError, NotImplementedError):
        return None
    return float(counter.get_total_flops()) / 1e9
