"""Are predictions tensors of the promised shape, type and range?"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from vfibench.frames.padding import pad
from vfibench.testing import scenes
from vfibench.testing.battery import Cases
from vfibench.testing.methods.subject import Subject, check
from vfibench.testing.scenes import moving, static

OVERSHOOT = 0.25  # raw values may leave [0, 1] a little; [-1, 1] and 0..255 leave it by more
UNTRAINED_BOUND = 16.0  # random parameters may do anything but answer in 0..255

BLACK = static(partial(scenes.plain, (0.0, 0.0, 0.0)))
WHITE = static(partial(scenes.plain, (1.0, 1.0, 1.0)))
TEXTURE = static(scenes.symmetric)


def _moving(subject: Subject, count: int) -> Tensor:
    return moving(count, *subject.size).unsqueeze(0)


@check("one sample at one time gives [1, 1, 3, scale * H, scale * W]", needs=("load",))
def shape(subject: Subject) -> Cases:
    """Frames whose sides are multiples of the card's; every number of inputs."""
    height, width = (subject.card.scale * side for side in subject.size)
    for count in subject.card.inputs:
        found = subject.predict(_moving(subject, count))
        if not isinstance(found, Tensor):
            yield f"{count} frames", f"expected a tensor, found {type(found).__name__}"
            continue
        expected = [1, 1, 3, height, width]
        right = list(found.shape) == expected
        text = f"expected {expected} (scale {subject.card.scale}), found {list(found.shape)}"
        yield f"{count} frames", "" if right else text


@check("predictions are float32 on the device of the frames")
def dtype(subject: Subject) -> Cases:
    """Precision below float32 is the harness's to choose, by autocast."""
    for count in subject.card.inputs:
        found = subject.predict(_moving(subject, count))
        right = found.dtype == torch.float32 and found.device.type == subject.device.type
        text = f"expected torch.float32 on {subject.device.type}, found {found.dtype} on {found.device.type}"
        yield f"{count} frames", "" if right else text


@check("no NaN or infinity, on moving, still, black and white frames")
def finite(subject: Subject) -> Cases:
    """Plain frames are where a division by a deviation or a norm goes wrong."""
    for count in subject.card.inputs:
        for scene in (moving, TEXTURE, BLACK, WHITE):
            bad = int((~subject.answer(scene, count).isfinite()).sum())
            yield f"{count} frames", f"{bad} values are NaN or infinite" if bad else ""


@check("values lie in [0, 1] give or take 0.25 (untrained: 16)", needs=("shape", "dtype", "finite"))
def range(subject: Subject) -> Cases:
    """Tells 0..255 and [-1, 1] from [0, 1]; black and white frames span the whole of it."""
    margin = UNTRAINED_BOUND if subject.untrained else OVERSHOOT
    for count in subject.card.inputs:
        for scene in (TEXTURE, BLACK, WHITE):
            found = subject.answer(scene, count)
            low, high = float(found.min()), float(found.max())
            right = -margin <= low and high <= 1 + margin
            text = f"expected values in [0, 1], found {low:.3g} to {high:.3g}"
            yield f"{count} frames", "" if right else text


@check("odd sizes, padded as the card says, give scale * the padded size")
def odd_sizes(subject: Subject) -> Cases:
    """Cropping is the harness's, and would hide rows too many; an adapter that pads must undo it itself."""
    for count in subject.card.inputs:
        for height, width in subject.odd_sizes:
            padded = pad(moving(count, height, width).unsqueeze(0), subject.card.padding)
            found = list(subject.predict(padded).shape)
            expected = [1, 1, 3, *(subject.card.scale * side for side in padded.shape[-2:])]
            text = f"expected {expected}, found {found}"
            yield f"{count} frames of {height}x{width}", "" if found == expected else text
