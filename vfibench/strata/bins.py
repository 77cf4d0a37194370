"""Classes of motion and of occlusion: fixed edges, the same for every dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.statistics.arrays import FloatArray, IntArray

FEW = 5
"""A class of fewer frames says little and is marked."""


@dataclass(frozen=True)
class Bins:
    """Neighbouring classes of one quantity.

    Attributes:
        name: of the quantity.
        unit: what follows a figure, "px" or "%".
        edges: E rising limits between E + 1 classes; a value on an edge belongs above it.
        scale: what a value is multiplied with before it is compared with the edges.
    """

    name: str
    unit: str
    edges: tuple[float, ...]
    scale: float = 1.0

    @property
    def labels(self) -> list[str]:
        """Names of the classes, in order.

        >>> Bins("motion", "px", (2.0, 5.0)).labels
        ['under 2 px', '2–5 px', 'over 5 px']
        """
        inner = [f"{low:g}–{high:g}" for low, high in zip(self.edges, self.edges[1:], strict=False)]
        words = [f"under {self.edges[0]:g}", *inner, f"over {self.edges[-1]:g}"]
        return [f"{word} {self.unit}" for word in words]

    def classes(self, values: FloatArray | Sequence[float]) -> IntArray:
        """The class of each value, 0 .. E; -1 where the value is not known (NaN).

        >>> MOTION.classes([0.5, 2.0, 70.0, float("nan")]).tolist()
        [0, 1, 5, -1]
        """
        given = np.asarray(values, np.float64) * self.scale
        return np.where(np.isnan(given), -1, np.digitize(given, self.edges))


MOTION = Bins("motion", "px", (2.0, 5.0, 10.0, 20.0, 40.0))
"""Of `Facts.motion`."""
OCCLUSION = Bins("occlusion", "%", (1.0, 5.0, 15.0), scale=100.0)
"""Of `Facts.occlusion`."""
