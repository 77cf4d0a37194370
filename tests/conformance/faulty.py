"""One fault at a time, put into any good adapter: `faulty(TwoFrames, "mirrored")` is a class.

Each fault is listed with the one check that must name it.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vfibench.contracts import Variant

Predict = Callable[[Tensor, Sequence[float]], Tensor]
# What a faulty predict is made of: the instance (for state), the good predict, frames and times.
Fault = Callable[[Any, Predict, Tensor, Sequence[float]], Any]

PREDICT_FAULTS: dict[str, tuple[str, Fault]] = {}


def fault(check: str) -> Callable[[Fault], Fault]:
    """Register a faulty predict under its function's name, to be found by `check`."""

    def register(function: Fault) -> Fault:
        PREDICT_FAULTS[function.__name__] = (check, function)
        return function

    return register


def after(check: str, name: str, change: Callable[[Tensor], Any]) -> None:
    """Register a fault that only changes what comes out."""
    PREDICT_FAULTS[name] = (check, lambda self, good, frames, times: change(good(frames, times)))


def first(check: str, name: str, disturb: Callable[[], Any]) -> None:
    """Register a fault that disturbs something and predicts well."""

    def disturbed(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
        predicted = good(frames, times)
        disturb()
        return predicted

    PREDICT_FAULTS[name] = (check, disturbed)


# Shape and type
after("shape", "one_row_short", lambda out: out[..., :-1, :])
after("shape", "height_and_width_exchanged", lambda out: out.transpose(-1, -2))
after("shape", "a_time_too_many", lambda out: torch.cat([out, out[:, -1:]], dim=1))
after("shape", "no_time_axis", lambda out: out.squeeze(1))
after("shape", "list_of_pictures", lambda out: list(out.unbind(1)))
after("shape", "channel_last", lambda out: out.movedim(2, -1))
after("shape", "an_alpha_channel", lambda out: torch.cat([out, out[:, :, :1]], dim=2))
after("dtype", "float64", lambda out: out.double())
after("dtype", "float16", lambda out: out.half())
after("dtype", "uint8", lambda out: (out.clamp(0, 1) * 255).round().to(torch.uint8))

# Range
after("range", "values_to_255", lambda out: out * 255)
after("range", "values_from_minus_1", lambda out: out * 2 - 1)
after("range", "imagenet_normalised", lambda out: (out - 0.45) / 0.225)
after("finite", "one_nan", lambda out: F.pad(out[..., :-1], (0, 1), value=float("nan")))
after("finite", "an_infinity", lambda out: F.pad(out[..., 1:], (1, 0), value=float("inf")))


@fault("finite")
def divides_by_the_deviation(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    deviation = frames.std(dim=(1, 2, 3, 4), keepdim=True)
    return good(frames / deviation, times) * deviation


# Sizes
def off_grid(frames: Tensor) -> bool:
    return frames.shape[-2] % 32 != 0


@fault("odd_sizes")
def a_row_lost_at_odd_sizes(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    return out[..., :-1, :] if off_grid(frames) else out


@fault("odd_sizes")
def padded_itself_and_not_cropped(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    missing = -frames.shape[-2] % 32
    padded = F.pad(frames.flatten(0, 1), (0, 0, 0, missing), mode="replicate")
    return good(padded.unflatten(0, frames.shape[:2]), times)


@fault("odd_sizes")
def refuses_odd_sizes(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    if off_grid(frames):
        raise RuntimeError("The size of tensor a must match the size of tensor b")
    return good(frames, times)


@fault("alignment")
def shifted_at_odd_sizes(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    return out.roll(self.card.scale, dims=-1) if off_grid(frames) else out


# Samples and times
@fault("several_times")
def first_time_only(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times[:1])


@fault("several_times")
def times_backwards(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times[::-1])


@fault("several_times")
def times_spread_evenly(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    count = len(times)
    return good(frames, [(k + 1) / (count + 1) for k in range(count)] if count > 1 else times)


@fault("several_times")
def times_sorted(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, sorted(times))


@fault("samples_and_times")
def samples_and_times_exchanged(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    return out.transpose(0, 1).reshape(out.shape)


after("batch", "mean_over_the_batch", lambda out: 0.9 * out + 0.1 * out.mean(0, keepdim=True))
after("batch", "first_sample_only", lambda out: out[:1])
after("batch", "samples_in_the_wrong_order", lambda out: out.flip(0))


@fault("batch")
def normalised_over_the_batch(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    mean = frames.mean((0, 1, 3, 4), keepdim=True)
    return 1.05 * (good(frames, times) - mean[:, :1]) + mean[:, :1]


@fault("batch")
def refuses_batches(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    (sample,) = frames
    return good(sample.unsqueeze(0), times)


# State, chance, the caller's things
@fault("stateless")
def previous_mixed_in(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    before = getattr(self, "before", out)
    self.before = out
    return 0.9 * out + 0.1 * before if before.shape == out.shape else out


@fault("stateless")
def grid_kept_by_area(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    area = frames.shape[-2] * frames.shape[-1]
    grid = self.__dict__.setdefault("grids", {}).setdefault(area, torch.zeros(frames.shape[-2:]))
    return good(frames + grid, times)


@fault("stateless")
def running_brightness(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    mean = float(frames.mean())
    self.mean = 0.9 * getattr(self, "mean", mean) + 0.1 * mean
    return good(frames, times) + 0.1 * (self.mean - mean)


@fault("stateless")
def buffer_used_again(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    buffers = self.__dict__.setdefault("buffers", {})
    return buffers.setdefault(tuple(out.shape), torch.empty_like(out)).copy_(out)


@fault("deterministic")
def noise(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    return out + 1e-3 * torch.rand_like(out)


@fault("deterministic")
def noise_of_its_own(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times) + 1e-3 * np.random.default_rng().random()


@fault("inputs_untouched")
def halves_its_input(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times).clone()
    frames.mul_(0.5)
    return out


@fault("inputs_untouched")
def normalises_in_place_and_back(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times).clone()
    frames.mul_(2.0).div_(2.0)
    return out


@fault("memory_layout")
def views_its_input(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames.view(-1).view(frames.shape), times)


@fault("memory_layout")
def reads_raw_memory(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    flat = torch.as_strided(frames, (frames.numel(),), (1,), frames.storage_offset())
    return good(flat.reshape(frames.shape), times)


first("global_state", "seeds_torch", lambda: torch.manual_seed(0))
first("global_state", "seeds_numpy", lambda: np.random.seed(0))
first("global_state", "seeds_python", lambda: random.seed(0))
first("global_state", "draws_and_drops", lambda: torch.rand(1))
first("global_state", "default_dtype", lambda: torch.set_default_dtype(torch.float64))
first("global_state", "default_device", lambda: torch.set_default_device("meta"))
first("global_state", "threads", lambda: torch.set_num_threads(torch.get_num_threads() + 1))
first("global_state", "gradients_off", lambda: torch.set_grad_enabled(False))
first("global_state", "cudnn_benchmark", lambda: setattr(torch.backends.cudnn, "benchmark", True))
first("global_state", "cudnn_off", lambda: setattr(torch.backends.cudnn, "enabled", False))
first("global_state", "cudnn_deterministic", lambda: setattr(torch.backends.cudnn, "deterministic", True))
first("global_state", "deterministic_mode", lambda: torch.use_deterministic_algorithms(True))
first("global_state", "matmul_precision", lambda: torch.set_float32_matmul_precision("medium"))
first("global_state", "silences_warnings", lambda: warnings.simplefilter("ignore"))
first("global_state", "silences_numpy", lambda: np.seterr(all="ignore"))
first("global_state", "hides_the_gpu", lambda: os.environ.update(CUDA_VISIBLE_DEVICES="7"))
first("global_state", "changes_folder", lambda: os.chdir("/"))


# What the pictures show
@fault("time_order")
def ignores_time(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, [0.5] * len(times))


@fault("time_order")
def time_reversed(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, [1 - time for time in times])


@fault("time_order")
def frames_reversed(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames.flip(1), times)


@fault("interval")
def one_interval_late(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times) + (good(frames, [0.99]) - good(frames, [0.01])) / 0.98


after("channels", "bgr", lambda out: out.flip(2))
after("channels", "green_and_blue_exchanged", lambda out: out[:, :, [0, 2, 1]])
after("channels", "grey", lambda out: out.mean(2, keepdim=True).expand_as(out))
after("orientation", "mirrored", lambda out: out.flip(-1))
after("orientation", "upside_down", lambda out: out.flip(-2))
after("orientation", "turned", lambda out: out.flip(-1, -2))
after("static_scene", "darker", lambda out: 0.8 * out)
after("static_scene", "gamma", lambda out: out.clamp(min=0) ** 1.3)
after("static_scene", "shifted", lambda out: out.roll((3, 3), (-1, -2)))


@fault("static_scene")
def shifted_by_a_pixel(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times).roll(self.card.scale, -1)


@fault("static_scene")
def checkered(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times)
    rows, columns = torch.arange(out.shape[-2])[:, None], torch.arange(out.shape[-1])
    return out + 0.1 * (1 - 2 * ((rows + columns) % 2)).float()


@fault("static_scene")
def blurred(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    soft = F.avg_pool2d(frames.flatten(0, 1), 9, 1, 4, count_include_pad=False)
    return good(soft.view(frames.shape), times)


def clip_shifted(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times).roll(1, 0)


def clip_short(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, times)[:-1]


def clip_at_the_first_time(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, [times[0]] * len(times))


def clip_carries_over(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    out = good(frames, times).clone()
    out[1:] = 0.999 * out[1:] + 0.001 * out[:-1]
    return out


def load_raises(self: Any, device: torch.device, weights: Path | None) -> None:
    raise RuntimeError("no such file")


def load_sets_benchmark(self: Any, device: torch.device, weights: Path | None) -> None:
    torch.backends.cudnn.benchmark = True


OTHER_FAULTS: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "clip_shifted": (
        "predict_clip",
        lambda base: {"predict_clip": _wrapped(base.predict_clip, clip_shifted)},
    ),
    "clip_short": ("predict_clip", lambda base: {"predict_clip": _wrapped(base.predict_clip, clip_short)}),
    "clip_carries_over": (
        "predict_clip",
        lambda base: {"predict_clip": _wrapped(base.predict_clip, clip_carries_over)},
    ),
    "clip_at_the_first_time": (
        "predict_clip",
        lambda base: {"predict_clip": _wrapped(base.predict_clip, clip_at_the_first_time)},
    ),
    "load_raises": ("load", lambda base: {"load": load_raises}),
    "load_sets_cudnn_benchmark": ("global_state", lambda base: {"load": load_sets_benchmark}),
    "card_of_another_scale": ("shape", lambda base: {"card": replace(base.card, scale=5 - base.card.scale)}),
    "card_of_odd_inputs": ("card", lambda base: {"card": replace(base.card, inputs=(3,))}),
    "card_of_no_inputs": ("card", lambda base: {"card": replace(base.card, inputs=())}),
    "card_of_more_inputs": (
        "shape",
        lambda base: {"card": replace(base.card, inputs=(*base.card.inputs, 6))},
    ),
    "card_of_another_class": (
        "target",
        lambda base: {"card": replace(base.card, target="good_adapters:Midpoint")},
    ),
    "card_of_no_class": ("target", lambda base: {"card": replace(base.card, target="good_adapters:Missing")}),
    "card_of_a_wrong_variant": (
        "target",
        lambda base: {"card": replace(base.card, variants={"a": Variant("unknown", {"b": 1})})},
    ),
}


def _wrapped(good: Any, broken: Any) -> Any:
    def method(self: Any, frames: Tensor, times: Sequence[float]) -> Any:
        return broken(self, lambda *arguments: good(self, *arguments), frames, times)

    return method


def times_of_the_middle_interval(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    return good(frames, [min(max(time, 0.0), 1.0) for time in times])


def refuses_the_inputs_times(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    if any(float(time).is_integer() for time in times):
        raise ValueError("expected times between the frames")
    return good(frames, times)


def all_frames_whatever_was_asked(self: Any, good: Predict, frames: Tensor, times: Sequence[float]) -> Tensor:
    count = frames.shape[1]
    every = [place / 2 - (count / 2 - 1) for place in range(2 * count - 1)]
    return good(frames, every if len(times) > 1 else times)


# Faults that only a method of "halves" can have.
HALVES_FAULTS: dict[str, tuple[str, Fault]] = {
    "times_of_the_middle_interval": ("time_order", times_of_the_middle_interval),
    "refuses_the_inputs_times": ("several_times", refuses_the_inputs_times),
    "all_frames_whatever_was_asked": ("several_times", all_frames_whatever_was_asked),
}

FAULTS = {name: check for table in (PREDICT_FAULTS, OTHER_FAULTS) for name, (check, _) in table.items()}


def faulty(base: type[Any], name: str) -> type[Any]:
    """A subclass of a good adapter with one fault."""
    if name in PREDICT_FAULTS | HALVES_FAULTS:
        changes = {"predict": _wrapped(base.predict, (PREDICT_FAULTS | HALVES_FAULTS)[name][1])}
    else:
        changes = OTHER_FAULTS[name][1](base)
    return type(f"{base.__name__}_{name}", (base,), changes)
