"""Frames in windows that share one frame with the next, none across a cut: for super-resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vfibench.video.shots import Ends, Shot, with_beginnings


@dataclass(frozen=True)
class Stretch:
    """A window of a scene.

    Attributes:
        shots: the frames that go in.
        new: how many of them, the last ones, were in no window before; of the others the last one was.
        first, last: whether the scene begins, and ends, with it.
    """

    shots: tuple[Shot, ...]
    new: int
    first: bool
    last: bool


def stretches(shots: Iterator[Shot], inputs: int, ends: Ends) -> Iterator[Stretch]:
    """Windows of `inputs` frames, each beginning with the last frame of the one before.

    At the end of a scene the window reaches back as far as it must to be full; scenes that are shorter than a
    window are one window of their own.

    Args:
        shots: the frames.
        inputs: of a full window.
        ends: whether a scene ends before a frame.
    """
    scene: list[Shot] = []  # the last frames of the scene
    begun, fresh = False, 0  # whether a window of it was given, and how many frames were in none
    for shot, begins in with_beginnings(shots, ends):
        if begins and scene:
            yield Stretch(tuple(scene), fresh, not begun, True)
            scene, begun, fresh = [], False, 0
        if begun and fresh == inputs - 1:
            yield Stretch(tuple(scene), fresh, False, False)
            fresh = 0
        elif not begun and fresh == inputs:
            yield Stretch(tuple(scene), fresh, True, False)
            begun, fresh = True, 0
        scene = [*scene, shot][-inputs:]
        fresh += 1
    if scene:
        yield Stretch(tuple(scene), fresh, not begun, True)
