"""How well estimated motion and occlusion agree with exact ones, what they say of real sets, what they cost.

    python benchmarks/strata.py [--sequences 24] [--times 0.125 0.5 0.75]
    python benchmarks/strata.py --data-root ../shared/data --dataset ucf101 --dataset davis --samples 40

First the synthetic dataset, whose truth is known: Spearman's rank correlation of each figure, the median of
estimate / truth for motion and the mean difference for occlusion, by time. Then the datasets asked for: the
spread of the figures and the frames in each class. Seconds are processor time of one thread, a target.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from vfibench.contracts import Dataset, DatasetOptions
from vfibench.datasets.opening import open_dataset
from vfibench.strata import MOTION, OCCLUSION, bin_means
from vfibench.strata.estimate import HOW, one_thread
from vfibench.strata.measure import of_pictures, of_truth

METHODS, FRAMES, COLUMNS = 20, 4000, 5


def estimates(
    dataset: Dataset, chosen: list[int], times: list[float] | None
) -> Iterator[tuple[int, float, float, float, float]]:
    """(index, time, motion, occlusion, seconds) of each target."""
    for index in chosen:
        sample = dataset[index]
        for place, at in enumerate(sample.times):
            if times is None or at in times:
                start = time.process_time()
                found = of_pictures(sample, place, at)
                yield index, at, *found, time.process_time() - start


def against_the_truth(sequences: int, times: list[float]) -> None:
    dataset = open_dataset("synthetic", DatasetOptions())
    chosen = np.linspace(0, len(dataset) - 1, sequences).round().astype(int).tolist()
    rows = np.array(
        [
            (at, motion, hidden, *of_truth(dataset.truth(index, at)), seconds)
            for index, at, motion, hidden, seconds in estimates(dataset, chosen, times)
        ]
    )
    print(f"{'synthetic':12} {'n':>4} {'motion':>8} {'ratio':>6} {'occlusion':>10} {'bias':>7} {'s':>6}")
    for at in [None, *times] if len(times) > 1 else times:
        part = rows if at is None else rows[rows[:, 0] == at]
        motion, occlusion = (spearmanr(part[:, k], part[:, k + 2])[0] for k in (1, 2))
        ratio, bias = np.median(part[:, 1] / part[:, 3]), (part[:, 2] - part[:, 4]).mean()
        name = "all times" if at is None else f"t = {at:g}"
        print(
            f"{name:12} {len(part):4} {motion:8.3f} {ratio:6.3f} {occlusion:10.3f} {bias:+7.3f} "
            f"{part[:, 5].mean():6.3f}",
            flush=True,
        )


def of_real_frames(name: str, root: Path, samples: int) -> None:
    dataset = open_dataset(name, DatasetOptions(root, partial=True))
    chosen = np.linspace(0, len(dataset) - 1, min(samples, len(dataset))).round().astype(int).tolist()
    rows = np.array([row[2:] for row in estimates(dataset, chosen, None)])
    print(f"\n{name}: {len(rows)} targets of {dataset.selection}, {rows[:, 2].mean():.3f} s each")
    for bins, values in ((MOTION, rows[:, 0]), (OCCLUSION, rows[:, 1])):
        shown = " ".join(
            f"{bins.scale * value:.1f}" for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1))
        )
        counts = np.bincount(bins.classes(values), minlength=len(bins.labels))
        told = ", ".join(f"{label}: {count}" for label, count in zip(bins.labels, counts, strict=True))
        print(f"  {bins.name} ({bins.unit}) quartiles {shown}; {told}", flush=True)


def of_a_page() -> None:
    """What the classes of one page cost: all methods and metrics of a large dataset by motion."""
    rng = np.random.default_rng(0)
    values, classes = rng.normal(30, 3, (FRAMES, METHODS * COLUMNS)), rng.integers(0, 6, FRAMES)
    bin_means(values, np.arange(FRAMES), classes, 6)  # draws are made once a process
    start = time.process_time()
    bin_means(values, np.arange(FRAMES), classes, 6)
    taken = time.process_time() - start
    print(f"\n{METHODS} methods x {FRAMES} samples x {COLUMNS} metrics by class: {taken:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sequences", type=int, default=24, help="of the synthetic dataset; 0 leaves it out")
    parser.add_argument("--times", type=float, nargs="+", default=[k / 8 for k in range(1, 8)])
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--dataset", action="append", default=[], help="a real one; repeat for several")
    parser.add_argument("--samples", type=int, default=40, help="of each real one, evenly spaced")
    given = parser.parse_args()
    print(HOW)
    with one_thread():
        if given.sequences:
            against_the_truth(given.sequences, given.times)
        for name in given.dataset:
            of_real_frames(name, given.data_root, given.samples)
    of_a_page()


if __name__ == "__main__":
    main()
