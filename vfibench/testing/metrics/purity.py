"""Does a score depend on its two pictures alone, and change nothing else?"""

from __future__ import annotations

import torch

from vfibench.system import process_state as state
from vfibench.testing.battery import Cases
from vfibench.testing.metrics.subject import Subject, check, exactly, far, noisy

CLOSE = 1e-5  # of a score: float32 sums of other order


@check("asked again it answers the same, to the bit on the CPU")
def repeatable(subject: Subject) -> Cases:
    """With other pictures in between, and with other seeds of all global generators."""
    predicted = noisy(subject.targets, 4.0)
    first = subject.scores(predicted, subject.targets)
    subject.scores(predicted.flip(0), subject.targets)
    tolerance = 0.0 if subject.device.type == "cpu" else CLOSE
    second = subject.scores(predicted, subject.targets, seed=1)
    for place, (one, again) in enumerate(zip(first, second, strict=True)):
        problem = f"expected {one!r} again, found {again!r}" if far(one, again, tolerance) else ""
        yield f"picture {place}", problem


@check("the pictures given are not written to", needs=("raw",))
def inputs_untouched(subject: Subject) -> Cases:
    """By value, and by torch's count of writes; of a prediction that clamping in place would change."""
    target, predicted = subject.targets.clone(), exactly(subject.targets) + 0.5
    kept, writes = predicted.clone(), (predicted._version, target._version)
    with state.preserved():  # outside inference mode, where writes are counted
        subject.metric(predicted, target)
    same = torch.equal(predicted, kept) and torch.equal(target, subject.targets)
    counted = (predicted._version, target._version) == writes
    yield "values", "" if same else "prediction or target have other values afterwards"
    yield "writes", "" if counted else "prediction or target were written to, if restored"


@check("a score changes no global state of the process", needs=("repeatable",))
def global_state(subject: Subject) -> Cases:
    """A seed that a metric sets is the method's too."""
    predicted = noisy(subject.targets, 4.0)
    with state.unusual() as before:
        subject.metric(predicted, subject.targets)
        problem = state.changed(before)
    yield "a call", problem


@check("three pictures at once score as each alone, to 1e-5", needs=("repeatable",))
def alone(subject: Subject) -> Cases:
    """A score does not depend on its neighbours, so that batches of any size give the same."""
    target = subject.targets
    predicted = torch.cat([noisy(target[:1], 4.0), noisy(target[1:2], 16.0), exactly(target[2:])])
    together = subject.scores(predicted, target)
    for place, score in enumerate(together):
        (one,) = subject.scores(predicted[place : place + 1], target[place : place + 1])
        told = f"expected {one:.9g} as alone, found {score:.9g}"
        yield f"picture {place}", told if far(one, score, CLOSE) else ""


@check("the memory layout of the pictures makes no difference, to 1e-5", needs=("repeatable",))
def memory_layout(subject: Subject) -> Cases:
    """Interleaved pixels, as decoders give them, and predictions cut out of larger ones."""
    target, predicted = subject.targets, noisy(subject.targets, 4.0)
    expected = subject.scores(predicted, target)
    last = torch.channels_last
    window = torch.nn.functional.pad(predicted, (3, 5, 0, 2))[..., :-2, 3:-5]
    for label, one, other in (
        ("interleaved", predicted.to(memory_format=last), target.to(memory_format=last)),
        ("in larger ones", window, target),
    ):
        with state.preserved(), torch.inference_mode():
            found = [float(score) for score in subject.metric(one, other).double()]
        wrong = [place for place, pair in enumerate(zip(expected, found, strict=True)) if far(*pair, CLOSE)]
        yield label, f"picture {wrong[0]} scores otherwise" if wrong else ""
