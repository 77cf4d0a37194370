"""Is each (sample, time) predicted as if it were alone, whatever it is asked for with?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vfibench.testing import state
from vfibench.testing.battery import Cases, Skip, check
from vfibench.testing.scenes import moving
from vfibench.testing.subject import SEVERAL, Subject, unlike

CLOSE = 1e-4  # float32 sums of other order, through a deep network
CLIP = 1e-5


def _pair(subject: Subject, count: int) -> Tensor:
    """Two samples: [2, N, 3, H, W]."""
    return torch.stack([moving(count, *subject.size, seed=seed) for seed in (0, 1)])


def _alone(subject: Subject, frames: Tensor, times: Sequence[float]) -> Tensor:
    """Every sample at every time by a call of its own: [B, T, 3, sH, sW]."""
    rows = [[subject.predict(sample[None], (time,))[0, 0] for time in times] for sample in frames]
    return torch.stack([torch.stack(row) for row in rows])


@check("a batch of two equals the two alone, to 1e-4", needs=("stateless",))
def batch(subject: Subject) -> Cases:
    """At one time; sums over the batch and dropped samples show."""
    for count in subject.card.inputs:
        frames = _pair(subject, count)
        yield f"{count} frames", unlike(subject.predict(frames), _alone(subject, frames, (0.5,)), CLOSE)


@check("several times at once equal each alone, to 1e-4", needs=("stateless",))
def several_times(subject: Subject) -> Cases:
    """Of one sample."""
    _needs_any_time(subject)
    for count in subject.card.inputs:
        frames = _pair(subject, count)[:1]
        found = subject.predict(frames, SEVERAL)
        yield f"{count} frames", unlike(found, _alone(subject, frames, SEVERAL), CLOSE)


@check("two samples at two times stand in their places", needs=("batch", "several_times"))
def samples_and_times(subject: Subject) -> Cases:
    """As many samples as times, so that the shape does not give exchanged axes away."""
    _needs_any_time(subject)
    for count in subject.card.inputs:
        frames = _pair(subject, count)
        found = subject.predict(frames, SEVERAL[:2])
        yield f"{count} frames", unlike(found, _alone(subject, frames, SEVERAL[:2]), CLOSE)


def _needs_any_time(subject: Subject) -> None:
    if subject.card.times != "any":
        raise Skip("predicts the mid-point only")


@check("the memory layout of the frames makes no difference, to 1e-4", needs=("stateless",))
def memory_layout(subject: Subject) -> Cases:
    """Interleaved pixels, as decoders give them, and a window of larger frames."""
    for count in subject.card.inputs:
        frames = moving(count, *subject.size).unsqueeze(0)
        expected = subject.predict(frames)
        interleaved = frames.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
        yield f"{count} interleaved frames", unlike(subject.predict(interleaved), expected, CLOSE)
        window = torch.nn.functional.pad(frames, (3, 5, 0, 2))[..., :-2, 3:-5]
        yield f"{count} frames in larger ones", unlike(_in_place(subject, window), expected, CLOSE)


def _in_place(subject: Subject, frames: Tensor) -> Tensor:
    """Predict without the copy, which would make a window contiguous."""
    with state.preserved(), torch.inference_mode():
        return subject.adapter.predict(frames.to(subject.device), (0.5,))


@check("predict_clip agrees with predict on each window, to 1e-5", needs=("stateless", "inputs_untouched"))
def predict_clip(subject: Subject) -> Cases:
    """Takes (frames [F, 3, H, W], times), gives [F - N + 1, T, 3, sH, sW]; N is the card's largest input."""
    clip: Any = getattr(subject.adapter, "predict_clip", None)
    if clip is None:
        raise Skip("offers no predict_clip, which is optional")
    count = max(subject.card.inputs)
    frames = moving(count + 2, *subject.size)
    windows = torch.stack([frames[k : k + count] for k in (0, 1, 2)])
    with state.preserved(), torch.inference_mode():
        found = clip(frames.to(subject.device), (0.5,))
    yield f"{count + 2} frames", unlike(found, _alone(subject, windows, (0.5,)), CLIP)
