"""Runs as large as they get: many methods on several datasets of thousands of frames, all made up.

The datasets are of three sorts by turns: triplets, each frame with tags as `synthetic` has them; frames of
clips; and sequences with seven target times. Scores have all the digits of a float.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from report.made_runs import H200, MadeCell, write_run

from vfibench.registry import METHODS

DATASETS = ("synthetic", "snu-film-hard", "gopro", "vimeo90k", "snu-film-extreme", "adobe240")
"""Names whose pages link to each other, as those of SNU-FILM's levels do; further ones are "made-7", ..."""

SEVEN = tuple(place / 8 for place in range(1, 8))
PER_CLIP = 20


def method_names(count: int) -> list[str]:
    """Known methods, whose cards fill the pages, then made-up ones."""
    known = [card.name for card in METHODS.cards()]
    return (known + [f"method-{number}" for number in range(len(known) + 1, count + 1)])[:count]


def tags_of(dataset: str, samples: int) -> list[dict[str, Any]]:
    """Motion and occlusion of each sample, the same for every method."""
    generator = random.Random(dataset)
    words = ("motion_p90", "motion_mean", "seen_by_1", "seen_by_0")
    scales = (12.0, 6.0, 0.05, 0.01)
    return [
        {word: generator.expovariate(1 / scale) for word, scale in zip(words, scales, strict=True)}
        for _ in range(samples)
    ]


def made_dataset(place: int, methods: Sequence[str], frames: int) -> list[MadeCell]:
    """The cells of one dataset, of `frames` frames each, rounded up to whole sequences of seven times."""
    dataset = DATASETS[place] if place < len(DATASETS) else f"made-{place + 1}"
    sort = place % 3
    samples = -(-frames // 7) if sort == 2 else frames
    clips = [f"clip-{number // PER_CLIP:03d}" for number in range(samples)]
    return [
        MadeCell(
            method,
            dataset,
            level=28.0 + 0.35 * number,
            samples=samples,
            times=SEVEN if sort == 2 else (0.5,),
            tags=tags_of(dataset, samples) if sort == 0 else (),
            clips=clips if sort else (),
            exact=2,
            weights=None if method in {"blend", "nearest"} else f"{method}.pkl",
            ms=4.0 + 3.0 * number,
            device=H200,
            facts={"parameters": 1_000_000 * (number + 1)},
            digits=17,
        )
        for number, method in enumerate(methods)
    ]


def write_large_runs(folder: Path, methods: int, datasets: int, frames: int) -> list[Path]:
    """A run folder a dataset."""
    names = method_names(methods)
    return [
        write_run(folder / f"run-{place + 1}", made_dataset(place, names, frames))
        for place in range(datasets)
    ]
