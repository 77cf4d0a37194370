"""A prediction and its target, with the intermediate pictures that several metrics share."""

from __future__ import annotations

import torch

from vfibench.errors import VfibenchError
from vfibench.metrics.definitions import Arithmetic, Colour, Rounding
from vfibench.metrics.rounding import colour_of, levels, luma, through_imagenet

Planes = tuple[torch.Tensor, torch.Tensor]


class FramePair:
    """Predictions and targets in whatever rounding and colour a metric asks for, each computed once.

    Args:
        predicted: [P, 3, H, W] float32, RGB, nominally in [0, 1], raw, any memory layout.
        target: [P, 3, H, W] uint8, RGB, any memory layout.
        mask: [P, H, W] bool, True where pixels count, or None.
    """

    def __init__(
        self, predicted: torch.Tensor, target: torch.Tensor, mask: torch.Tensor | None = None
    ) -> None:
        self.predicted = predicted.float()
        self.target = target.float()
        self._mask = mask
        self._levels: dict[Rounding, torch.Tensor] = {}
        self._planes: dict[tuple[Rounding, Colour, bool], Planes] = {}

    @property
    def mask(self) -> torch.Tensor:
        """[P, H, W] bool.

        Raises:
            VfibenchError: there is none.
        """
        if self._mask is None:
            raise VfibenchError(
                "a masked metric needs a dataset with motion masks", "score the dataset ucf101-masked"
            )
        return self._mask

    def levels(self, rounding: Rounding) -> torch.Tensor:
        """The prediction as [P, 3, H, W] float32 levels; shared, not to be written to."""
        if rounding not in self._levels:
            self._levels[rounding] = levels(self.predicted, rounding)
        return self._levels[rounding]

    def planes(self, rounding: Rounding, colour: Colour = "rgb", masked: bool = False) -> Planes:
        """Prediction and target to compare, [P, C, H, W] float32 levels; shared, not to be written to.

        Args:
            rounding: of the prediction; "imagenet" changes the target as well.
            colour: what is compared.
            masked: pixels outside the mask are black in both.
        """
        key = (rounding, colour, masked)
        if key not in self._planes:
            first, second = self._coloured(rounding, colour)
            if masked:
                first, second = first * self.mask[:, None], second * self.mask[:, None]
            self._planes[key] = (first, second)
        return self._planes[key]

    def _coloured(self, rounding: Rounding, colour: Colour) -> Planes:
        if colour == "luma":
            return luma(self.predicted.clamp(0, 1)), luma(self.target / 255)
        target = through_imagenet(self.target) if rounding == "imagenet" else self.target
        return colour_of(self.levels(rounding), colour), colour_of(target, colour)

    def unit_planes(self, noisy: Arithmetic) -> Planes:
        """Clamped prediction and target on the unit scale, one float32 and the other float64.

        Args:
            noisy: which of them is float32, "prediction-f32" or "target-f32".
        """
        if noisy == "prediction-f32":
            return self.predicted.clamp(0, 1), self.target.double() / 255
        return self.levels("float").double() / 255, self.target / 255
