"""Does a prediction depend on its input alone, and change nothing else?"""

from __future__ import annotations

import torch
from torch import Tensor

from vfibench.system import process_state as state
from vfibench.testing.battery import Cases
from vfibench.testing.methods.subject import Subject, check, plain_tensor, unlike
from vfibench.testing.scenes import moving


def _exactly(subject: Subject) -> float:
    """Bitwise on the CPU; atomic additions on CUDA (splatting) may round in another order."""
    return 0.0 if subject.device.type == "cpu" else 1e-5


@check("two fresh instances give the same prediction, to the bit on the CPU")
def deterministic(subject: Subject) -> Cases:
    """Fresh ones, so that state kept between calls, which is another fault, plays no part."""
    for count in subject.card.inputs:
        frames = moving(count, *subject.size).unsqueeze(0)
        first, second = (_seeded(subject, frames, seed) for seed in (1, 2))
        yield f"{count} frames", unlike(first, second, _exactly(subject))


def _seeded(subject: Subject, frames: Tensor, seed: int) -> Tensor:
    """The first prediction of a fresh instance, with all global generators seeded."""
    adapter = subject.fresh()
    with state.preserved():
        state.seed(seed)
        return subject.predict(frames, adapter=adapter)


@check("A, B, A: both predictions of A agree, and B leaves the first one alone", needs=("deterministic",))
def stateless(subject: Subject) -> Cases:
    """B differs in content and size, so that caches by size or content show."""
    height, width = subject.size
    for count in subject.card.inputs:
        a = moving(count, height, width).unsqueeze(0)
        b = moving(count, width, height, seed=1).unsqueeze(0)
        first = subject.predict(a)
        kept = plain_tensor(first)
        subject.predict(b)
        subject.predict(1 - a)
        yield f"{count} frames, kept result", unlike(first, kept, 0.0)
        yield f"{count} frames", unlike(subject.predict(a), kept, _exactly(subject))


@check("the frames given are not written to")
def inputs_untouched(subject: Subject) -> Cases:
    """By value, and by torch's count of writes: restoring the values afterwards is no excuse."""
    for count in subject.card.inputs:
        frames = moving(count, *subject.size).unsqueeze(0).to(subject.device)
        before, writes = frames.clone(), frames._version
        with state.preserved(), torch.inference_mode():
            subject.adapter.predict(frames, (0.5,))
        yield f"{count} frames", _touched(frames, before, writes)


def _touched(frames: Tensor, before: Tensor, writes: int) -> str:
    if not torch.equal(frames, before):
        return "the frames have other values after predict"
    return "" if frames._version == writes else "the frames were written to, if restored"


@check("load and predict change no global state of the process", needs=("deterministic",))
def global_state(subject: Subject) -> Cases:
    """Random generators may move while loading (initial parameters), not while predicting."""
    adapter = subject.make()  # a new one: what others cached in inference mode cannot be used outside it
    with state.preserved() as before:
        adapter.load(subject.device, subject.weights)
        yield "load", state.changed(before, state.GENERATORS)
    for count in subject.card.inputs:
        frames = moving(count, *subject.size).unsqueeze(0).to(subject.device)
        with state.unusual() as before:  # outside inference mode, where a lost gradient mode shows
            adapter.predict(frames, (0.5,))
            yield f"predict, {count} frames", state.changed(before)
