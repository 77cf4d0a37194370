"""What a sample must be, checked as it enters the harness, before a pixel of it is used.

Each function says in one sentence what is wrong, "expected ..., found ...", or "" where nothing is. Types and
shapes alone are looked at: a sample costs microseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vfibench.contracts import DatasetCard, Sample

PLAIN = frozenset({str, float, int, bool})
UINT8, BOOL = "B", "?"  # as numpy abbreviates them


def sample_times_problem(found: object, times: Sequence[float]) -> str:
    """Whether what `times_of` told are some of the dataset's times, in their order."""
    some = type(found) is tuple and found != () and [time for time in times if time in found] == list(found)
    told = ", ".join(f"{time:g}" for time in times)
    return "" if some else f"expected times_of to give a tuple of some of {told}, in order, found {found!r}"


def sample_problem(
    sample: object, name: str, times: tuple[float, ...], card: DatasetCard, inputs: int
) -> str:
    """The first thing wrong with a decoded sample; for the arguments see `sample_parts`."""
    parts = sample_parts(sample, name, times, card, inputs)
    return next((problem for _, problem in parts if problem), "")


def sample_parts(
    sample: Any, name: str, times: tuple[float, ...], card: DatasetCard, inputs: int
) -> Iterator[tuple[str, str]]:
    """What is wrong with each part of a sample, to be asked for no further than the first problem.

    Args:
        sample: what was decoded.
        name: its id, as the dataset lists it.
        times: its target times, as the dataset tells them.
        card: of the dataset.
        inputs: N, the number of input frames the dataset was opened for.

    Yields:
        A word for the part, and its problem.
    """
    yield "decodes", kind_problem(sample, name)
    yield "frames", frames_problem(sample, inputs)
    yield "sample_times", own_times_problem(sample, times)
    yield "targets", targets_problem(sample, card.scale)
    yield "masks", mask_problem(sample, card.masked)
    yield "tags", tags_problem(sample)


def kind_problem(sample: object, name: str) -> str:
    """Whether it is a sample at all, and the one that was asked for."""
    if not isinstance(sample, Sample):
        return f"expected a Sample, found {type(sample).__name__}"
    return "" if sample.id == name else f"expected the id {name!r}, found {sample.id!r}"


def frames_problem(sample: Sample, inputs: int) -> str:
    """Whether the input frames are N pictures."""
    shape = _shape(sample.frames, UINT8)
    if len(shape) == 4 and shape[:2] == (inputs, 3) and 0 not in shape:
        return ""
    return f"expected frames uint8 [{inputs}, 3, H, W], found {_told(sample.frames)}"


def own_times_problem(sample: Sample, times: tuple[float, ...]) -> str:
    """Whether a sample has the times that were announced."""
    own = sample.times
    if type(own) is tuple and own == times and all(type(time) is float for time in own):
        return ""
    return f"expected target times {times!r}, found {own!r}"


def targets_problem(sample: Sample, scale: int) -> str:
    """Whether there is one picture of the right size for each time."""
    height, width = sample.frames.shape[-2:]
    expected = (len(sample.times), 3, scale * height, scale * width)
    if _shape(sample.targets, UINT8) == expected:
        return ""
    return f"expected targets uint8 {list(expected)}, found {_told(sample.targets)}"


def mask_problem(sample: Sample, masked: bool) -> str:
    """Whether there is a mask of the targets' size where the card promises one."""
    if sample.mask is None:
        return "expected a mask, as its card says, found None" if masked else ""
    expected = sample.targets.shape[-2:]
    if _shape(sample.mask, BOOL) == expected:
        return ""
    return f"expected a mask bool {list(expected)}, found {_told(sample.mask)}"


def tags_problem(sample: Sample) -> str:
    """Whether tags are facts that can be stored: texts, finite numbers and booleans by name."""
    tags = sample.tags
    if not isinstance(tags, Mapping):
        return f"expected tags by name, found {type(tags).__name__}"
    for name, value in tags.items():
        plain = type(value) in PLAIN and (type(value) is not float or math.isfinite(value))
        if type(name) is not str or not plain:
            return f"expected tags that are texts, finite numbers or booleans, found {name!r}: {value!r}"
    return ""


def _shape(array: object, kind: str) -> tuple[int, ...]:
    """The shape of an array of this kind; () of anything else."""
    import numpy as np

    return array.shape if isinstance(array, np.ndarray) and array.dtype.char == kind else ()


def _told(array: object) -> str:
    """Type and shape of an array, the type's name of anything else."""
    import numpy as np

    if not isinstance(array, np.ndarray):
        return type(array).__name__
    return f"{array.dtype.name} {list(array.shape)}"
