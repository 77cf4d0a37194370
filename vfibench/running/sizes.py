"""Which metrics the pictures of a dataset are too small for, found before anything is scored."""

from __future__ import annotations

from collections.abc import Sequence

from vfibench.datasets.opened import OpenedDataset
from vfibench.errors import VfibenchError
from vfibench.metrics.scorer import too_small
from vfibench.registry import METRICS


def too_small_for(columns: Sequence[str], dataset: OpenedDataset) -> dict[str, str]:
    """Columns that no picture of a dataset is large enough for, with the reason.

    One sample is decoded, and further ones only while all were too small for a column: a column that some
    picture is large enough for stays, and the others fail it frame by frame.

    Args:
        columns: names of metrics.
        dataset: opened.
    """
    smallest = {name: METRICS.card(name).smallest for name in columns}
    left = {name for name, side in smallest.items() if side > 1}
    width = height = 0
    for index in range(len(dataset)):
        if not left:
            break
        try:
            found = dataset[index].targets.shape[-2:]
        except VfibenchError:  # the run says so when it comes to it
            return {}
        if min(found) > min(height, width):
            height, width = found
        left = {name for name in left if smallest[name] > min(height, width)}
    return {name: too_small(width, height, smallest[name]) for name in columns if name in left}
