"""How a method of one scale is run on a dataset of another.

Space-time super-resolution enlarges what it interpolates: its datasets give small inputs and large targets.
A method and a dataset of one scale fit as they are. A method that enlarges is given reduced inputs on a
dataset at full size; one that does not predicts small frames, which are then enlarged. Such cells are marked
in every table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vfibench.contracts import AdapterCard, DatasetCard
from vfibench.errors import VfibenchError
from vfibench.running.recursion import is_dyadic


@dataclass(frozen=True)
class Fit:
    """What stands between a dataset's samples and a method.

    Attributes:
        reads: input frames of a sample.
        inputs: frames the method is given at a time.
        reduced: factor by which inputs are reduced before the method sees them, 1 for not at all.
        enlarged: factor by which its frames are enlarged afterwards, 1 for not at all; every frame is then
            predicted from its two neighbours, and the inputs stand for themselves.
    """

    reads: int
    inputs: int
    reduced: int = 1
    enlarged: int = 1


def fit(method: AdapterCard, dataset: DatasetCard) -> Fit:
    """How `method` is run on `dataset`, with the number of input frames that both know.

    Raises:
        VfibenchError: they have no number of input frames in common, or their scales cannot be bridged.
    """
    if method.scale == 1 and dataset.scale > 1:
        if 2 not in method.inputs:
            raise VfibenchError(
                f"{dataset.name} asks for frames all over its inputs, which a method at input size gives "
                f"from two frames at a time; {method.name} takes {_numbers(method.inputs)}",
                "choose another dataset",
            )
        return Fit(max(dataset.inputs), 2, enlarged=dataset.scale)
    if dataset.scale not in (1, method.scale):
        raise VfibenchError(
            f"{method.name} enlarges its frames by {method.scale}, {dataset.name} asks for {dataset.scale}",
            "choose another dataset",
        )
    count = common_inputs(method, dataset)
    return Fit(count, count, reduced=method.scale // dataset.scale)


def stored_fit(dataset: DatasetCard) -> Fit:
    """The fit of predictions read from files, of which nothing is known but that they are finished."""
    count = min(dataset.inputs)
    return Fit(count, count)


def common_inputs(method: AdapterCard, dataset: DatasetCard) -> int:
    """The method's usual number of input frames where the dataset gives it, else the largest both know.

    Raises:
        VfibenchError: there is none.
    """
    common = set(method.inputs) & set(dataset.inputs)
    if not common:
        raise VfibenchError(
            f"{method.name} takes {_numbers(method.inputs)} input frames, "
            f"{dataset.name} gives {_numbers(dataset.inputs)}",
            "choose another dataset",
        )
    return method.inputs[0] if method.inputs[0] in common else max(common)


def _numbers(values: Sequence[int]) -> str:
    return " or ".join(map(str, sorted(values)))


def check_times(method: AdapterCard, dataset: DatasetCard, fit: Fit, times: Sequence[float]) -> None:
    """VfibenchError where a method cannot reach the dataset's times."""
    if fit.enlarged > 1:  # by pairs: the inputs' own times need no method
        times = [time % 1 for time in times if time % 1]
    if set(times) == {0.5} or _reaches(method, fit.inputs, times):
        return
    what = {
        "midpoint": "the midpoint only",
        "halves": "multiples of 1/2 only",
        "any": "times between the two middle frames only",
    }[method.times]
    raise VfibenchError(
        f"{method.name} predicts {what}, {dataset.name} asks for {len(times)} times, "
        f"t = {times[0]:g} to {times[-1]:g}",
        "choose --factor 2 or a dataset of triplets",
    )


def _reaches(method: AdapterCard, inputs: int, times: Sequence[float]) -> bool:
    """Whether a method given `inputs` frames predicts all these times, by recursion or at once."""
    if method.times == "halves":
        return all((2 * time).is_integer() and 1 - inputs / 2 <= time <= inputs / 2 for time in times)
    if method.times == "any":
        return all(0 < time < 1 for time in times)
    return inputs == 2 and all(is_dyadic(time) for time in times)
