"""Motion and occlusion of each sequence, measured on the exact truth and stored beside this file.

`python -m vfibench_datasets.synthetic.facts > facts.csv` measures them anew (tests hold them to that).
"""

from __future__ import annotations

import csv
import functools
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from vfibench_datasets.synthetic.card import TIMES
from vfibench_datasets.synthetic.geometry import length
from vfibench_datasets.synthetic.scenes import ids, scene

TABLE = Path(__file__).with_name("facts.csv")


@dataclass(frozen=True)
class SceneFacts:
    """A row of the table; shares are of all pixels of the seven target frames and sum to 1.

    Attributes:
        id: sample id.
        motion_p90: 90th percentile of the motion of frame 0's pixels from t = 0 to t = 1, pixels.
        seen_by_2, seen_by_1, seen_by_0: share of pixels that so many of the inputs at t = 0 and 1 show.
        mixed: share of pixels that mix two layers (see `truth.Truth`); not counted in `seen_by_0`.
    """

    id: str
    motion_p90: float
    seen_by_2: float
    seen_by_1: float
    seen_by_0: float
    mixed: float

    @property
    def motion(self) -> str:
        """The class of motion: "small" up to 4 px, "medium" up to 16, "large" up to 40, else "extreme"."""
        limits = {"small": 4.0, "medium": 16.0, "large": 40.0}
        return next((name for name, limit in limits.items() if self.motion_p90 <= limit), "extreme")


@functools.cache
def table() -> dict[str, SceneFacts]:
    """The stored facts by sample id."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["id"]: SceneFacts(row["id"], *(float(row[f.name]) for f in fields(SceneFacts)[1:]))
        for row in rows
    }


def measure(index: int) -> SceneFacts:
    """Compute the facts of sequence `index`, rounded to 3 (pixels) and 5 (shares) decimals."""
    from vfibench_datasets.synthetic.truth import truth

    counts = [0, 0, 0, 0]
    for time in TIMES:
        exact = truth(scene(index), time)
        seen = exact.inputs_seeing
        for k, group in enumerate((seen == 2, seen == 1, (seen == 0) & ~exact.mixed, exact.mixed)):
            counts[k] += int(group.sum())
    shares = [round(count / sum(counts), 5) for count in counts]
    return SceneFacts(ids()[index], round(motion_p90(index), 3), *shares)


def motion_p90(index: int) -> float:
    """90th percentile (the value below or at which 9 in 10 lie) of frame 0's motion to t = 1, pixels."""
    from vfibench_datasets.synthetic.truth import truth

    flow = truth(scene(index), 0.0).flow1
    lengths = sorted(length(float(x), float(y)) for x, y in zip(*flow.reshape(2, -1), strict=True))
    return lengths[-(-9 * len(lengths) // 10) - 1]


def main() -> None:
    """Print the table."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(f.name for f in fields(SceneFacts))
    writer.writerows(astuple(measure(index)) for index in range(len(ids())))


if __name__ == "__main__":
    main()
