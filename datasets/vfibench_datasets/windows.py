"""Consecutive frames as interpolation samples: every `factor`-th frame goes in, those between come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vfibench_datasets.files import FileSample


def window_items(
    frames: Sequence[str], factor: int, inputs: int, name: Callable[[int], str], clip: str = ""
) -> list[FileSample]:
    """Cut a sequence into samples.

    Args:
        frames: paths in time order.
        factor: frames 0, factor, 2 * factor, ... are inputs; the times between are k / factor.
        inputs: 2 or 4; where a 4-frame window reaches over an end, its nearest input is replicated and
            the sample is tagged edge="replicated".
        name: sample id from the index of its first target.
        clip: tagged on every sample, where means over clips are to be told; "" for none.

    Returns:
        One item for each pair of neighbouring inputs; frames after the last input are not used.
    """
    last = (len(frames) - 1) // factor
    times = tuple(step / factor for step in range(1, factor))
    items = []
    for left in range(last):
        ends = (left, left + 1) if inputs == 2 else (max(left - 1, 0), left, left + 1, min(left + 2, last))
        tags = ({"clip": clip} if clip else {}) | edge_tag(ends)
        targets = range(left * factor + 1, (left + 1) * factor)
        window = tuple(frames[end * factor] for end in ends)
        items.append(FileSample(name(targets[0]), window, tuple(frames[k] for k in targets), times, tags))
    return items


def edge_tag(window: Sequence[object]) -> dict[str, str]:
    """The tag of a sample whose inputs repeat one, as a 4-frame window at a clip's end does."""
    return {"edge": "replicated"} if len(set(window)) < len(window) else {}
