"""Do the pictures show what they must? Asked of scenes whose answer is known.

Each check looks at one property alone, blind to the others: static scenes are grey and symmetric, so
that exchanged channels or mirrored pictures are not also a static scene that moved; brightness is
measured against the adapter's own answers to static scenes. A network with random parameters has no
content to speak of and is excused.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from vfibench.metrics.psnr import agreement
from vfibench.testing import scenes
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.methods.subject import Subject, check, difference, halves, plain_tensor
from vfibench.testing.scenes import corner, fade, plain, static, symmetric

DECIBELS = 30.0
GREY = (0.5, 0.5, 0.5)
TINTS = ((0.7, 0.5, 0.5), (0.5, 0.7, 0.5), (0.5, 0.5, 0.7))


def _needs_content(subject: Subject) -> None:
    if subject.untrained:
        raise Skip("means nothing without trained weights")


def _lost(found: Tensor, expected: Tensor) -> str:
    decibels = float(agreement(plain_tensor(found)[None], expected[None], limit=200.0))
    return (
        ""
        if decibels >= DECIBELS
        else f"expected the picture at {DECIBELS:g} dB or more, found {decibels:.1f} dB"
    )


@check("a scene in which nothing moves is returned, at 30 dB or more", needs=("stateless", "finite", "range"))
def static_scene(subject: Subject) -> Cases:
    """Super-resolution is held to the exact enlargement of the picture."""
    _needs_content(subject)
    expected = symmetric(*subject.size, subject.card.scale)
    for count in subject.card.inputs:
        yield f"{count} frames", _lost(subject.answer(static(symmetric), count), expected)


@check("the right way up and round", needs=("stateless", "finite"))
def orientation(subject: Subject) -> Cases:
    """The answer to an asymmetric picture is more like it than like any of its mirror images."""
    _needs_content(subject)
    expected = corner(*subject.size, subject.card.scale).double()
    flips = {"mirrored": (-1,), "upside down": (-2,), "turned by 180 degrees": (-2, -1)}
    for count in subject.card.inputs:
        found = subject.answer(static(corner), count)
        likeness = {name: _correlation(found, expected.flip(axes)) for name, axes in flips.items()}
        best = max(likeness, key=lambda name: likeness[name])
        upright = _correlation(found, expected) > likeness[best]
        yield f"{count} frames", "" if upright else f"the picture comes out {best}"


def _correlation(one: Tensor, other: Tensor) -> float:
    rows = torch.stack([one.mean(0).flatten(), other.mean(0).flatten()])
    return float(torch.corrcoef(rows)[0, 1].nan_to_num(0.0))


@check("red, green and blue keep their places", needs=("stateless", "finite"))
def channels(subject: Subject) -> Cases:
    """Raising one channel of a grey scene raises that channel of the answer, and no other half as much."""
    _needs_content(subject)
    for count in subject.card.inputs:
        grey = subject.answer(static(partial(plain, GREY)), count).mean((1, 2))
        for index, tint in enumerate(TINTS):
            moved = (subject.answer(static(partial(plain, tint)), count).mean((1, 2)) - grey).abs()
            others = float(moved[torch.arange(3) != index].max())
            right = others < 0.5 * float(moved[index])
            yield f"{count} frames, {'RGB'[index]}", "" if right else f"moves RGB by {_shown(moved)}"


def _shown(values: Tensor) -> str:
    return ", ".join(f"{value:.3f}" for value in values.tolist())


@check("the midpoint lies between the two middle frames", needs=("stateless", "finite"))
def interval(subject: Subject) -> Cases:
    """A wrong pair of frames, or extrapolation, ends outside the middle interval of an even fade."""
    _needs_content(subject)
    for count in subject.card.inputs:
        place = _place(subject, count, 0.5)
        right = -0.1 <= place <= 1.1
        yield f"{count} frames", "" if right else f"expected a time in [0, 1], found {place:.2f}"


@check(
    "later times give later pictures (untrained: other pictures)",
    needs=("stateless", "finite", "several_times"),
)
def time_order(subject: Subject) -> Cases:
    """A time that is ignored, or counted from the other end, shows on an even fade."""
    if subject.card.times == "midpoint":
        raise Skip("predicts the midpoint only")
    judge = _other if subject.untrained else _later
    for count in subject.card.inputs:
        times = halves(count) if subject.card.times == "halves" else (0.25, 0.75)
        for early, late in pairwise(times):
            yield f"{count} frames", judge(subject, count, early, late)


def _later(subject: Subject, count: int, early: float, late: float) -> str:
    first, second = (_place(subject, count, time) for time in (early, late))
    text = f"at {early:g} and {late:g} the pictures are those of {first:.2f} and {second:.2f}"
    return "" if first + 0.1 < second else text


def _other(subject: Subject, count: int, early: float, late: float) -> str:
    first, second = (subject.answer(scenes.moving, count, time) for time in (early, late))
    if difference(first, subject.answer(static(symmetric), count)) == 0:
        raise Skip("untrained, it answers the same to everything")
    return "" if difference(first, second) > 0 else f"the pictures at {early:g} and {late:g} are the same"


def _place(subject: Subject, count: int, time: float) -> float:
    """Where in the fade the answer at `time` lies: 0 is the first middle frame, 1 the second."""
    start, end = (
        float(subject.answer(scenes.still_fade(place, count), count).mean()) for place in (0.0, 1.0)
    )
    found = float(subject.answer(fade, count, time).mean())
    return (found - start) / (end - start) if end != start else float("nan")


@check("odd sizes come back on the pixel", needs=("odd_sizes", "static_scene", "orientation"))
def alignment(subject: Subject) -> Cases:
    """A static scene of odd size, padded and cropped: a shift by one pixel loses 10 dB."""
    _needs_content(subject)
    for count in subject.card.inputs:
        for height, width in subject.odd_sizes:
            found = subject.predict_odd(static(symmetric)(count, height, width).unsqueeze(0))[0, 0]
            expected = symmetric(height, width, subject.card.scale)
            yield f"{count} frames of {height}x{width}", _lost(found, expected)
