"""Space-time super-resolution of a video: every frame is made, as are those half-way between."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import torch

from vfibench.errors import VfibenchError
from vfibench.video.colour import Plane
from vfibench.video.interpolating.between import mixed
from vfibench.video.interpolating.enlarging import Enlarger
from vfibench.video.interpolating.outcome import Told
from vfibench.video.interpolating.scenes import Stretch, stretches
from vfibench.video.interpolating.times import Shown
from vfibench.video.interpolating.wish import Wish
from vfibench.video.interpolating.work import Work
from vfibench.video.reading.source import Source, usual_step
from vfibench.video.shots import Shot
from vfibench.video.writing.sink import Made, Output


class EnlargedWork(Work[Enlarger]):
    """A video of 2N-1 frames, several times as large.

    Windows share one frame; the two pictures that are made of it are averaged, so that no seam is seen.
    Across a cut nothing is made: the last frame of the scene is shown again. For arguments see `Work`.
    """

    def __init__(self, wish: Wish, source: Source, maker: Enlarger, tell: Told) -> None:
        super().__init__(wish, source, maker, tell)
        self._shared: torch.Tensor | None = None  # what the last window made of its last frame
        self._before: Shot | None = None  # the last frame of the scene before
        self._skipped: tuple[Shot, ...] | None = None  # the window before, where it is there already

    def _check(self) -> None:
        if self._wish.repeats == "retime":
            raise VfibenchError("expected --repeats keep with space-time super-resolution, found retime")
        if self._timing.factor != 2:
            raise VfibenchError(
                f"expected --factor 2 or --slow 2 with {self._maker.method.label}, "
                "which makes 2N-1 of N frames",
                "for more frames interpolate its output once more, with another method",
            )

    def _loop(self) -> None:
        stretch: Stretch | None = None
        for stretch in stretches(self._shots(), self._maker.inputs, self._ends):
            if stretch.first and self._before is not None:
                self._cut(stretch.shots[0])
            self._stretch(stretch)
            self._tell(self._outcome, self._source.count)
        if stretch is not None:
            self._end(stretch.shots[-1])
        self._tell_of_length()

    def _stretch(self, stretch: Stretch) -> None:
        """Make a window, and hand over all but its last frame, which the next one makes too."""
        shots = stretch.shots
        old = 0 if stretch.first else len(shots) - 1 - stretch.new  # the frame that the last window made too
        self._begin(2 * (len(shots) - 1 - old))
        if self._dry:
            self._skipped = shots
            made: list[torch.Tensor | None] = [None] * (2 * len(shots) - 1)
        else:
            if self._skipped is not None and not stretch.first:
                self._shared = self._made(self._skipped)[-1]
            self._skipped = None
            made = list(self._made(shots))
        mine = made[2 * old]
        if self._shared is not None and mine is not None:
            made[2 * old] = (self._shared + mine) / 2
        for place in range(old, len(shots) - 1):
            first, second = shots[place], shots[place + 1]
            shown = list(self._timing.within(first.picture.stamp, second.picture.stamp))
            for half, one in enumerate(shown):
                self._put_made(one, made[2 * place + half], (first, second), shots)
        self._shared, self._before = made[-1], shots[-1]
        self._may_end_segment()

    def _cut(self, following: Shot) -> None:
        """The last frame of a scene at its own time, and again half-way to the next scene."""
        last = self._before
        assert last is not None
        self._outcome.cuts += 1
        self._begin_shared(2)
        for one in self._timing.within(last.picture.stamp, following.picture.stamp):
            self._put_shared(one, last, "cut" if one.place else "")
        self._shared = None

    def _end(self, last: Shot) -> None:
        duration = last.picture.duration or usual_step(self._source.rate)
        self._begin_shared(1)
        for one in self._timing.at_the_end(last.picture.stamp, duration):
            self._put_shared(one, last, "")

    def _begin_shared(self, count: int) -> None:
        """So many frames of what was made of the last frame come next."""
        self._begin(count)
        if not self._dry and self._shared is None and self._skipped is not None:
            self._shared = self._made(self._skipped)[-1]

    def _made(self, shots: tuple[Shot, ...]) -> list[torch.Tensor]:
        return self._timed(shots, self._maker)

    def _put_made(
        self, one: Shown, rgb: torch.Tensor | None, pair: tuple[Shot, Shot], window: tuple[Shot, ...]
    ) -> None:
        alpha = None
        if self._coding.alpha:
            alpha = self._opacity(mixed(pair[0].planes[-1], pair[1].planes[-1], one.place))
        self._hand(Output(Made(rgb, alpha), one.stamp, one.duration, self._outcome.written))
        self._outcome.made += 1
        numbers = [shot.picture.number for shot in pair]
        second = numbers[1] if one.place else numbers[0]
        self._journal.made(
            one.stamp, (numbers[0], second), one.place, [shot.picture.number for shot in window]
        )
        self._count(one)

    def _put_shared(self, one: Shown, shot: Shot, why: str) -> None:
        """What was made of the last frame of a scene."""
        alpha = self._opacity(shot.planes[-1]) if self._coding.alpha else None
        self._hand(Output(Made(self._shared, alpha), one.stamp, one.duration, self._outcome.written))
        number = shot.picture.number
        if why:
            self._outcome.held[why] += 1
            self._journal.source(one.stamp, number, why)
        else:
            self._outcome.made += 1
            self._journal.made(one.stamp, (number, number), Fraction(0), [number])
        self._count(one)

    def _opacity(self, plane: Plane) -> Plane:
        scale = self._maker.scale
        size = (scale * plane.shape[1], scale * plane.shape[0])
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), plane.dtype)
