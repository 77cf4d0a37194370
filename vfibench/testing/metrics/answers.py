"""Is the answer what was promised, whatever pictures it is asked about, and better for better ones?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from vfibench.metrics.answers import answer_problem
from vfibench.testing.battery import Cases
from vfibench.testing.metrics.subject import Subject, check, exactly, noisy

SLIGHT, LADDER = 4.0, (4.0, 16.0, 64.0)  # noise, in levels of 0..255
OUTSIDE = 0.5  # how far raw predictions may leave [0, 1]


@check("[B] floats on the device of the pictures, for one picture and for three", needs=("target",))
def answer(subject: Subject) -> Cases:
    """Of odd sizes, so that halving them is no matter."""
    for count in (1, 3):
        target = subject.targets[:count]
        predicted = noisy(target, SLIGHT)
        yield f"{count} pictures", answer_problem(subject.ask(predicted, target), predicted)


@check("no NaN on pictures with texture, shades, noise, and on plain predictions")
def numbers(subject: Subject) -> Cases:
    """Plain pictures are where a division by a deviation goes wrong."""
    for label, predicted in _likely(subject):
        yield label, _nan(subject, predicted)


def _likely(subject: Subject) -> Iterator[tuple[str, Tensor]]:
    target = subject.targets
    yield "the target itself", exactly(target)
    yield "noise", noisy(target, LADDER[1])
    for level in (0.0, 0.5, 1.0):
        yield f"plain {level:g}", torch.full_like(exactly(target), level)


def _nan(subject: Subject, predicted: Tensor) -> str:
    bad = [place for place, score in enumerate(subject.scores(predicted, subject.targets)) if score != score]  # noqa: PLR0124
    return f"NaN for picture {bad[0]}" if bad else ""


@check("raw predictions that leave [0, 1] are scored: clamping is the metric's own")
def raw(subject: Subject) -> Cases:
    """As networks give them."""
    for label, predicted in (
        ("below 0", exactly(subject.targets) - OUTSIDE),
        ("above 1", exactly(subject.targets) + OUTSIDE),
    ):
        yield label, _nan(subject, predicted)


@check("the target itself scores best", needs=("numbers",))
def identical(subject: Subject) -> Cases:
    """Better than with a little noise, in the card's direction; +inf is the best there is of "higher"."""
    best = subject.scores(exactly(subject.targets), subject.targets)
    slight = subject.scores(noisy(subject.targets, SLIGHT), subject.targets)
    for place, (score, other) in enumerate(zip(best, slight, strict=True)):
        yield f"picture {place}", _order(subject, score, other, "the target itself", f"noise of {SLIGHT:g}")


@check("more noise scores worse: 4, 16 and 64 levels", needs=("identical",))
def noise(subject: Subject) -> Cases:
    """In the card's direction, every step of the ladder."""
    steps = [subject.scores(noisy(subject.targets, sigma), subject.targets) for sigma in LADDER]
    for (sigma, first), (more, second) in pairwise(zip(LADDER, steps, strict=True)):
        for place, (score, other) in enumerate(zip(first, second, strict=True)):
            problem = _order(subject, score, other, f"noise of {sigma:g}", f"noise of {more:g}")
            yield f"picture {place}", problem


def _order(subject: Subject, good: float, bad: float, what: str, than: str) -> str:
    """Whether one score is better than another, strictly."""
    better = good > bad if subject.card.better == "higher" else good < bad
    told = f"expected {what} to score {subject.card.better} than {than}, found {good:.6g} and {bad:.6g}"
    return "" if better else told
