"""DAVIS for interpolation: AdaCoF's 30 triplets, and whole 480p sequences with every other frame held out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from vfibench.contracts import DatasetCard
from vfibench_datasets.files import FileSample
from vfibench_datasets.source import FileSource, Layout, count_numbered, read_list
from vfibench_datasets.triplets import SIMPLE_NAME, triplets
from vfibench_datasets.windows import window_items

_FOLDER = "DAVIS/JPEGImages/480p"
_LICENCE = "non-commercial; see davischallenge.org"

TRIPLET_CARD = DatasetCard(
    name="davis",
    target="vfibench_datasets.davis:TRIPLETS",
    title="DAVIS, AdaCoF's 30 triplets, 320x180 to 1280x473",
    task="frame10, frame11 -> frame10i11",
    count=30,
    list_sha256="47d2aef593b7c01a60384218a2c482a4a0a0ef47ece58eeed2b0e1f7d0437bc9",
    folders=("davis",),
    layout="davis/input/bike-trial/frame10.png, frame11.png\ndavis/gt/bike-trial/frame10i11.png",
    source="github.com/HyeongminLEE/AdaCoF-pytorch (test_input/davis)",
    size="40 MB",
    licence=_LICENCE,
    paper="Lee et al., AdaCoF: Adaptive Collaboration of Flows for Video Frame Interpolation, CVPR 2020",
    notes="AdaCoF's own evaluation reads 29 of these 30: its list lacks dog-control. "
    "Scores on those 29 are an own list here.",
)

TRAINVAL_CARD = DatasetCard(
    name="davis-480p",
    target="vfibench_datasets.davis:TRAINVAL_2016",
    title="DAVIS-2016 trainval, 50 sequences, 854x480, odd frames held out",
    task="even frames t-1, t+1 (and t-3, t+3) -> odd frame t; 4-frame windows replicate at the edges",
    count=1684,
    list_sha256="81d592886d77ce0752c33033ad805aab4a685b3274f6703b44e6beb27718b84b",
    inputs=(2, 4),
    folders=("DAVIS",),
    layout=f"{_FOLDER}/bear/00000.jpg, 00001.jpg, ...",
    source="https://davischallenge.org (DAVIS-2016 or DAVIS-2017 trainval, 480p)",
    size="0.5 GB (2016), 0.8 GB (2017)",
    licence=_LICENCE,
    paper="Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, "
    "CVPR 2016",
    notes="3,455 frames; a line of an own list is a sequence (bear) or a sample (bear/00001). An even number "
    "of frames leaves the last one without a right neighbour: it is not used.",
)

VAL_2017_CARD = DatasetCard(
    name="davis-480p-val2017",
    target="vfibench_datasets.davis:VAL_2017",
    title="DAVIS-2017 val, 30 sequences, 854x480, odd frames held out",
    task=TRAINVAL_CARD.task,
    count=974,
    list_sha256="627f6877d26cf2d6594719630fa8f97e6ee0ee290857dfec94c89caeae1fb64c",
    inputs=(2, 4),
    folders=("DAVIS",),
    layout=TRAINVAL_CARD.layout,
    source="https://davischallenge.org (DAVIS-2017 trainval, 480p)",
    size="0.8 GB",
    licence=_LICENCE,
    paper="Pont-Tuset et al., The 2017 DAVIS Challenge on Video Object Segmentation, arXiv 1704.00675",
    notes="1,999 frames; lines of an own list as in davis-480p.",
)


def _triplet_list() -> list[str]:
    return read_list("davis_adacof.txt")


@cache
def _lengths() -> dict[str, int]:
    """Number of frames of each sequence of both lists."""
    rows = [
        row.split(",") for name in ("2016", "2017_val") for row in read_list(f"davis_{name}_frames.csv")[1:]
    ]
    return {sequence: int(frames) for sequence, frames in rows}


def _sequences(year: str) -> Callable[[], list[str]]:
    return lambda: [row.partition(",")[0] for row in read_list(f"davis_{year}_frames.csv")[1:]]


def _held_out(root: Path, line: str, inputs: int) -> list[FileSample]:
    """A line is a sequence, or one of its samples; a sequence of neither list is as long as on disk."""
    match = re.fullmatch(rf"({SIMPLE_NAME})(/\d{{5}})?", line)
    if not match:
        return []
    length = _lengths().get(match[1]) or count_numbered(root / _FOLDER / match[1], 5, ".jpg")
    frames = [f"{_FOLDER}/{match[1]}/{number:05d}.jpg" for number in range(length)]
    items = window_items(frames, 2, inputs, partial("{}/{:05d}".format, match[1]), match[1])
    return [item for item in items if item.id == line] if match[2] else items


_INPUT = "davis/input/{id}"
TRIPLETS = FileSource(
    TRIPLET_CARD,
    (
        Layout(
            "davis/input",
            triplets(f"{_INPUT}/frame10.png", f"{_INPUT}/frame11.png", "davis/gt/{id}/frame10i11.png"),
        ),
    ),
    _triplet_list,
)
TRAINVAL_2016 = FileSource(TRAINVAL_CARD, (Layout(_FOLDER, _held_out),), _sequences("2016"))
VAL_2017 = FileSource(VAL_2017_CARD, (Layout(_FOLDER, _held_out),), _sequences("2017_val"))
