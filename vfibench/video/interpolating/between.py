"""Frames between frames: those of the source pass through, the others are made."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch

from vfibench.errors import VfibenchError
from vfibench.video.colour import Plane
from vfibench.video.interpolating.making import Maker
from vfibench.video.interpolating.times import Shown
from vfibench.video.interpolating.work import Work
from vfibench.video.reading.source import usual_step
from vfibench.video.shots import Pair, Shot, pairs
from vfibench.video.writing.sink import Made, Output


class BetweenWork(Work[Maker]):
    """A video of the source's frames and those between them; see `Work`."""

    def _check(self) -> None:
        self._maker.check(self._timing, self._source.rate)
        if self._wish.repeats == "retime" and self._maker.method.card.times == "midpoint":
            raise VfibenchError(
                f"expected a method for any time with --repeats retime, found {self._maker.method.label}",
                "three frames of one drawing need thirds of an interval",
            )

    def _loop(self) -> None:
        shots = self._shots()  # which may settle the ends of scenes
        for pair in pairs(shots, self._maker.inputs, self._ends):
            if pair.second is None:
                self._last(pair.first)
            else:
                self._between(pair, pair.second)
            self._tell(self._outcome, self._source.count)
        self._tell_of_length()

    def _between(self, pair: Pair, second: Shot) -> None:
        first, spanned = pair.first.picture, second.picture.number - pair.first.picture.number
        shown = list(self._timing.within(first.stamp, second.picture.stamp, spanned))
        inside = [one for one in shown if one.place]
        if not shown:
            self._source.notes.add("some source frames fall between two times of --fps and are not shown")
        why = "cut" if pair.cut else "repeat" if pair.repeat == "exact" else ""
        self._outcome.cuts += pair.cut
        self._begin(len(shown))
        made: dict[Shown, torch.Tensor | None] = {}
        if inside and not why:
            made = dict(zip(inside, self._made(pair, inside), strict=True))
        for one in shown:
            if not one.place:
                self._put(one, pair.first, "")
            elif one in made:
                self._put_made(one, made[one], pair, second)
            else:
                self._put(one, pair.first if one.place <= Fraction(1, 2) else second, why)
        self._may_end_segment()

    def _last(self, shot: Shot) -> None:
        picture = shot.picture
        duration = picture.duration or usual_step(self._source.rate)
        shown = list(self._timing.at_the_end(picture.stamp, duration))
        self._begin(len(shown))
        for number, one in enumerate(shown):
            self._put(one, shot, "end" if number or one.stamp != self._timing.shown_at(picture.stamp) else "")

    def _made(self, pair: Pair, shown: list[Shown]) -> Sequence[torch.Tensor | None]:
        """The frames at some times; None each where they are there already."""
        if self._dry:
            return [None] * len(shown)
        places = [one.place for one in shown]
        return self._timed(pair.window, lambda frames: self._maker(frames, places))

    def _put_made(self, one: Shown, rgb: torch.Tensor | None, pair: Pair, second: Shot) -> None:
        alpha = mixed(pair.first.planes[-1], second.planes[-1], one.place) if self._coding.alpha else None
        self._hand(Output(Made(rgb, alpha), one.stamp, one.duration, self._outcome.written))
        self._outcome.made += 1
        numbers = (pair.first.picture.number, second.picture.number)
        self._journal.made(one.stamp, numbers, one.place, [shot.picture.number for shot in pair.window])
        self._count(one)


def mixed(one: Plane, other: Plane, place: Fraction) -> Plane:
    """Opacity at a time between two frames."""
    share = float(place)
    mixed: Plane = (one * (1 - share) + other * share).round().astype(one.dtype)
    return mixed
