"""Is each (sample, time) predicted as if it were alone, whatever it is asked for with?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vfibench.contracts import ClipAdapter
from vfibench.system import process_state as state
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.methods.subject import Subject, check, unlike
from vfibench.testing.scenes import moving

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
    """Of one sample, out of order; for "halves" all times from the first frame to the last."""
    _needs_several_times(subject)
    for count in subject.card.inputs:
        frames, times = _pair(subject, count)[:1], subject.several(count)
        found = subject.predict(frames, times)
        yield f"{count} frames", unlike(found, _alone(subject, frames, times), CLOSE)


@check("two samples at two times stand in their places", needs=("batch", "several_times"))
def samples_and_times(subject: Subject) -> Cases:
    """As many samples as times, so that the shape does not give exchanged axes away."""
    _needs_several_times(subject)
    for count in subject.card.inputs:
        frames, times = _pair(subject, count), subject.several(count)[:2]
        found = subject.predict(frames, times)
        yield f"{count} frames", unlike(found, _alone(subject, frames, times), CLOSE)


def _needs_several_times(subject: Subject) -> None:
    if subject.card.times == "midpoint":
        raise Skip("predicts the midpoint only")


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


@check(
    "predict_clip agrees with predict on each window, to 1e-5",
    needs=("stateless", "inputs_untouched", "several_times"),
)
def predict_clip(subject: Subject) -> Cases:
    """Takes (frames [F, 3, H, W], times), gives [F - N + 1, T, 3, sH, sW]; N is the card's usual input.

    At the midpoint, then at two times at once where the card allows any.
    """
    adapter = subject.adapter
    if not isinstance(adapter, ClipAdapter):
        raise Skip("offers no predict_clip, which is optional")
    count = subject.card.inputs[0]
    frames = moving(count + 2, *subject.size)
    windows = torch.stack([frames[k : k + count] for k in (0, 1, 2)])
    asked = [(0.5,)] if subject.card.times == "midpoint" else [(0.5,), subject.several(count)[1:3]]
    for times in asked:
        with state.preserved(), torch.inference_mode():
            found = adapter.predict_clip(frames.to(subject.device), times)
        at = ", ".join(f"{time:g}" for time in times)
        yield f"{count + 2} frames at {at}", unlike(found, _alone(subject, windows, times), CLIP)
