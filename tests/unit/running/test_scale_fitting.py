"""Which method runs how on which dataset, by scale, input frames and times."""

from __future__ import annotations

from typing import Any

import pytest
from stored import made_settings

from vfibench.contracts import AdapterCard, DatasetCard
from vfibench.errors import VfibenchError
from vfibench.running.scale_fitting import Fit, check_times, fit, stored_fit

ALL = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


def method(**facts: Any) -> AdapterCard:
    return AdapterCard("method", "x:X", **facts)


def dataset(**facts: Any) -> DatasetCard:
    return DatasetCard("set", "x:X", **facts)


SMALL = {"scale": 4, "inputs": (4,), "times": ALL}


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({}, {}, Fit(2, 2)),
        ({"inputs": (4, 2)}, {"inputs": (2, 4)}, Fit(4, 4)),
        ({"inputs": (2, 4)}, {"inputs": (2, 4)}, Fit(2, 2)),  # the usual one goes before the largest
        ({"inputs": (4, 2, 6, 8)}, {"inputs": (2, 6)}, Fit(6, 6)),
        ({"scale": 4, "inputs": (2, 4)}, SMALL, Fit(4, 4)),
        ({"scale": 4, "inputs": (2, 4)}, {"inputs": (2,)}, Fit(2, 2, reduced=4)),
        ({"scale": 2}, {}, Fit(2, 2, reduced=2)),
        ({}, SMALL, Fit(4, 2, enlarged=4)),
        ({"inputs": (2, 4)}, SMALL, Fit(4, 2, enlarged=4)),
    ],
)
def test_scales_are_bridged_by_reducing_or_enlarging(
    ours: dict[str, Any], theirs: dict[str, Any], expected: Fit
) -> None:
    assert fit(method(**ours), dataset(**theirs)) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        ({"inputs": (4,)}, {}, "method takes 4 input frames, set gives 2"),
        ({"inputs": (4,)}, SMALL, "from two frames at a time; method takes 4"),
        ({"scale": 2}, SMALL, "method enlarges its frames by 2, set asks for 4"),
        ({"scale": 4}, SMALL, "method takes 2 input frames, set gives 4"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    ours: dict[str, Any], theirs: dict[str, Any], message: str
) -> None:
    with pytest.raises(VfibenchError, match=message):
        fit(method(**ours), dataset(**theirs))


@pytest.mark.parametrize(
    ("times", "found", "asked", "good"),
    [
        ("midpoint", Fit(2, 2), (0.25, 0.5, 0.75), True),
        ("midpoint", Fit(4, 4), (0.5,), True),
        ("midpoint", Fit(4, 4), (0.25, 0.5, 0.75), False),
        ("midpoint", Fit(2, 2), (1 / 3, 2 / 3), False),
        ("any", Fit(2, 2), (1 / 3, 2 / 3), True),
        ("any", Fit(4, 4), ALL, False),
        ("any", Fit(4, 2, enlarged=4), ALL, True),
        ("midpoint", Fit(4, 2, enlarged=4), ALL, True),
        ("halves", Fit(4, 4), ALL, True),
        ("halves", Fit(2, 2), (0.0, 0.5, 1.0), True),
        ("halves", Fit(2, 2), ALL, False),
        ("halves", Fit(2, 2, reduced=4), (0.5,), True),
        ("halves", Fit(4, 4, reduced=4), (0.25, 0.5, 0.75), False),
    ],
)
def test_times_a_method_cannot_reach_are_refused(
    times: Any, found: Fit, asked: tuple[float, ...], good: bool
) -> None:
    if good:
        check_times(method(times=times), dataset(), found, asked)
        return
    what = {"midpoint": "the midpoint", "halves": "multiples of 1/2", "any": "times between"}[times]
    with pytest.raises(VfibenchError, match=f"method predicts {what}.* set asks for {len(asked)} times"):
        check_times(method(times=times), dataset(), found, asked)


def test_finished_pictures_fit_any_scale() -> None:
    assert stored_fit(dataset(**SMALL)) == Fit(4, 4)
    assert stored_fit(dataset(inputs=(2, 4))) == Fit(2, 2)


def test_only_factors_other_than_one_are_stored_so_that_other_cells_keep_their_keys() -> None:
    plain = made_settings().to_json()
    assert not {"reduced", "enlarged", "compiled"} & set(plain)
    assert made_settings(reduced=4).to_json() == plain | {"reduced": 4}
    assert made_settings(enlarged=4).to_json() == plain | {"enlarged": 4}
    assert made_settings(compiled=True).to_json() == plain | {"compiled": True}
