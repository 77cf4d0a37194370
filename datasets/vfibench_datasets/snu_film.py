"""SNU-FILM (Choi et al., CAIN, AAAI 2020): four lists of 310 triplets, by the distance of the inputs.

All four official lists have the same middle frames, so one list of those ships with the package.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from vfibench.contracts import DatasetCard
from vfibench_datasets.files import FileSample
from vfibench_datasets.source import FileSource, Layout, read_list

# frames between the target and each input
_DISTANCE = {"easy": 1, "medium": 2, "hard": 4, "extreme": 8}


def _card(split: str) -> DatasetCard:
    return DatasetCard(
        name=f"snu-film-{split}",
        target=f"vfibench_datasets.snu_film:{split.upper()}",
        title=f"SNU-FILM {split}, about 1280x720",
        task=f"frames {_DISTANCE[split]} before and after -> the frame in the middle",
        count=310,
        list_sha256="9cfc5b512f43c71c45f684b03b6173d301303c24c84ee5637874c155a4f265fc",
        folders=("SNU-FILM", "snu_film"),
        layout="SNU-FILM/test/GOPRO_test/GOPR0384_11_00/000017.png ...\n"
        "SNU-FILM/test/YouTube_test/0000/00001.png ...",
        source="https://myungsub.github.io/CAIN (SNU-FILM_test.zip)",
        size="one archive serves all four lists",
        licence="none stated",
        paper="Choi et al., Channel Attention Is All You Need for Video Frame Interpolation, AAAI 2020",
        notes="The list's prefix data/SNU-FILM/ is replaced by the data root. A line of an own list is a "
        "sample id (GOPRO_test/GOPR0384_11_00/000017) or three paths as in the official lists.",
    )


def _items(folder: str, distance: int, root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001
    """A line is three paths, with or without the official prefix, or the target's path below test/."""
    paths = [path.removeprefix("data/SNU-FILM/") for path in line.split()]
    match = re.fullmatch(r"(?:test/)?([\w-]+/[\w-]+)/(\d+)(?:\.png)?", paths[len(paths) // 2])
    if not match:
        return []
    number, digits = int(match[2]), len(match[2])
    names = [f"test/{match[1]}/{number + step:0{digits}d}.png" for step in (-distance, 0, distance)]
    if number < distance or len(paths) not in {1, 3} or (len(paths) == 3 and paths != names):
        return []
    first, target, last = (f"{folder}/{name}" for name in names)
    return [FileSample(f"{match[1]}/{match[2]}", (first, last), (target,), tags={"clip": match[1]})]


def _lines() -> list[str]:
    return read_list("snu_film.txt")


def _source(split: str) -> FileSource:
    card = _card(split)
    layouts = [Layout(f"{name}/test", partial(_items, name, _DISTANCE[split])) for name in card.folders]
    return FileSource(card, tuple(layouts), _lines)


EASY, MEDIUM, HARD, EXTREME = map(_source, _DISTANCE)
CARDS = (EASY.card, MEDIUM.card, HARD.card, EXTREME.card)
