"""Frames between two frames of a video, by any method that keeps the size and names its times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import torch

from vfibench.errors import VfibenchError
from vfibench.methods.resolving import Method, no_method, resolve
from vfibench.running.predictors import AdapterPredictor, SampleBatch
from vfibench.running.recursion import is_dyadic
from vfibench.system.devices import chosen_device
from vfibench.system.foreign import explained
from vfibench.system.precision import check_precision
from vfibench.video.interpolating.times import Timing

AT_ONCE = 8
"""Times asked for in one call: what a method shares between them, such as flow, is computed once per call."""


class Loaded:
    """A method, loaded.

    Args:
        method: see `method_of`.
        device: "cpu", "cuda" or "cuda:N"; "" for the best there is.
        precision: see `vfibench.system.precision`.

    Raises:
        VfibenchError: not loadable.
    """

    def __init__(self, method: Method, device: str, precision: str) -> None:
        self.device = chosen_device(device)
        check_precision(precision, self.device)
        self.method = method
        card = method.card
        self._predictor = AdapterPredictor(
            method.open(self.device), card, card.padding, self.device, precision
        )

    @property
    def scale(self) -> int:
        """Output height / input height."""
        return self.method.card.scale


def method_of(word: str, weights: Path | None) -> Method:
    """The method of a word, its weights not read yet.

    Raises:
        VfibenchError: there is none, or it is a folder of frames.
    """
    found = resolve(word, None if weights is None else str(weights), scoring=False)
    if found.folder is not None:
        raise no_method(word)
    return found


class Maker(Loaded):
    """A method that keeps the size, asked for frames at exact times.

    Args:
        method: see `method_of`.
        device: "cpu", "cuda" or "cuda:N"; "" for the best there is.
        precision: see `vfibench.system.precision`.
        at_once: most times in one call.
    """

    def __init__(self, method: Method, device: str, precision: str, at_once: int = AT_ONCE) -> None:
        super().__init__(method, device, precision)
        self._at_once = at_once

    @property
    def inputs(self) -> int:
        """Source frames that one call is given: the two around the made ones in the middle."""
        return self.method.card.inputs[0]

    def check(self, timing: Timing, rate: Fraction | None) -> None:
        """VfibenchError where the method cannot give these times."""
        if self.method.card.times != "midpoint":
            return
        factor: Fraction | None = None
        if timing.factor is not None:
            factor = Fraction(timing.factor)
        elif timing.rate is not None and rate is not None:
            factor = timing.rate * timing.slow / rate
        if factor is not None and not _is_power_of_two(factor):
            raise VfibenchError(
                f"expected a power of two times the frames with {self.method.label}, which gives midpoints "
                f"and reaches 2, 4, 8 ... by recursion; found {float(factor):g} times",
                "use --factor 2, 4 or 8, or a method for any time: vfibench list methods",
            )

    def __call__(self, window: Sequence[torch.Tensor], places: Sequence[Fraction]) -> list[torch.Tensor]:
        """Frames at `places` in (0, 1) between the two frames in the middle of `window`.

        Args:
            window: `inputs` frames [3, H, W] float32 on the device.

        Returns:
            [3, H, W] float32 each, on the device, not clamped.
        """
        if self.method.card.times == "midpoint":
            for place in places:
                if not is_dyadic(float(place)):
                    raise VfibenchError(
                        f"expected times that midpoints reach with {self.method.label}, found {place} of an "
                        "interval",
                        "use --factor 2, 4 or 8: the frames of this video are not evenly spaced",
                    )
        frames = torch.stack(list(window))[None]
        found: list[torch.Tensor] = []
        height, width = frames.shape[-2:]
        with explained(f"{self.method.label} failed on frames of {width}x{height}"):
            for begin in range(0, len(places), self._at_once):
                times = tuple(float(place) for place in places[begin : begin + self._at_once])
                made = self._predictor(SampleBatch((), frames, times, ())).frames[0]
                found.extend(made.unbind(0))
        return found


def _is_power_of_two(factor: Fraction) -> bool:
    return factor.denominator == 1 and factor.numerator & (factor.numerator - 1) == 0
