"""From consecutive files to one training sample: which frames, at which times, and one crop for them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError
from vfibench.trainable import Clip, Wanted
from vfibench_datasets.files import wrong_size
from vfibench_datasets.synthetic.stream.source import target_times

if TYPE_CHECKING:
    import numpy as np

    from vfibench.contracts import UInt8Array

    Generator = np.random.Generator

HALVES, EIGHTHS = 2, 8
"""Frames from one input to the next: Vimeo-90K's odd frames; 240 frames a second reduced to 30."""


def span(inputs: int, step: int) -> int:
    """How many consecutive frames a sample takes: 9 or 25 for 2 or 4 inputs, 8 frames apart."""
    return step * (inputs - 1) + 1


def cut(frames: Sequence[Path], step: int, wanted: Wanted, rng: Generator) -> Clip:
    """Read the frames of a sample and crop them all at one random place; the time is drawn first.

    Args:
        frames: `span(wanted.inputs, step)` consecutive frames.
        step: from one input to the next, HALVES or EIGHTHS; HALVES knows the time 1/2 alone.

    Raises:
        VfibenchError: a frame cannot be read, is smaller than the crop, or is not as large as the first.
    """
    assert len(frames) == span(wanted.inputs, step)
    times = target_times(replace(wanted, time="midpoint") if step == HALVES else wanted, rng)
    first = 1 - wanted.inputs // 2
    inputs = [frames[k * step] for k in range(wanted.inputs)]
    targets = [frames[round((time - first) * step)] for time in times]
    pictures = _cropped([*inputs, *targets], wanted.crop, rng)
    return Clip(_stack(pictures, inputs), _stack(pictures, targets), tuple(times), None)


def cut_between(frames: Sequence[Path], wanted: Wanted, rng: Generator) -> Clip:
    """As `cut`, of three of the frames in their order, drawn at random: the outer two are the inputs.

    The target stands where it does between them: frames 0, 1 and 6 give the time 1/6.
    """
    first, middle, last = sorted(rng.choice(len(frames), 3, replace=False).tolist())
    inputs, targets = [frames[first], frames[last]], [frames[middle]]
    pictures = _cropped([*inputs, *targets], wanted.crop, rng)
    time = (middle - first) / (last - first)
    return Clip(_stack(pictures, inputs), _stack(pictures, targets), (time,), None)


def _cropped(paths: Sequence[Path], crop: int, rng: Generator) -> dict[Path, UInt8Array]:
    """[3, crop, crop] of each picture; one that occurs twice is decoded once."""
    from vfibench.frames.files import read_image

    pictures: dict[Path, UInt8Array] = {}
    size: tuple[int, int] | None = None
    for path in dict.fromkeys(paths):
        picture = read_image(path)
        found = (picture.shape[2], picture.shape[1])
        if size is None:
            size = found
            left, top = _corner(size, crop, path, rng)
        if found != size:
            raise wrong_size(path, size, found)
        pictures[path] = picture[:, top : top + crop, left : left + crop].copy()  # lets the rest go
    return pictures


def _corner(size: tuple[int, int], crop: int, path: Path, rng: Generator) -> tuple[int, int]:
    """(left, top) of the crop, any that fits."""
    width, height = size
    if min(size) < crop:
        message = f"expected frames of {crop}x{crop} pixels or more, found {width}x{height}, in {path}"
        raise VfibenchError(message, "lower `crop` in the recipe, or leave the clip out")
    return int(rng.integers(width - crop + 1)), int(rng.integers(height - crop + 1))


def _stack(pictures: dict[Path, UInt8Array], paths: Sequence[Path]) -> UInt8Array:
    import numpy as np

    return np.stack([pictures[path] for path in paths])
