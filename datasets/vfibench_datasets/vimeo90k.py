"""Vimeo-90K (Xue et al., IJCV 2019): triplets, and two tasks on septuplets."""

from __future__ import annotations

import re
from pathlib import Path

from vfibench.contracts import DatasetCard
from vfibench_datasets.files import FileSample
from vfibench_datasets.source import FileSource, Layout, read_list
from vfibench_datasets.triplets import triplets
from vfibench_datasets.windows import edge_tag

CLIP = r"\d{5}/\d{4}"
SIZE = (448, 256)
_SOURCE = "http://toflow.csail.mit.edu (often down; also cove.thecvf.com/datasets/875)"
_LICENCE = "none stated"
_PAPER = "Xue et al., Video Enhancement with Task-Oriented Flow, IJCV 2019, arXiv 1711.09078"

TRIPLET_CARD = DatasetCard(
    name="vimeo90k",
    target="vfibench_datasets.vimeo90k:TRIPLET",
    title="Vimeo-90K triplets, test list, 448x256",
    task="im1, im3 -> im2",
    count=3782,
    list_sha256="b645bceea8e813bd7f38b169b3886045183ca9732811666a7eb32faabff8e178",
    folders=("vimeo_triplet", "vimeo_interp_test"),
    layout="vimeo_triplet/sequences/00001/0389/im1.png, im2.png, im3.png\n"
    "or (the test-only archive)\nvimeo_interp_test/target/00001/0389/im1.png, im2.png, im3.png",
    source=_SOURCE,
    size="33 GB (vimeo_triplet.zip); the test-only vimeo_interp_test.zip is smaller",
    licence=_LICENCE,
    paper=_PAPER,
    notes="The official list is tri_testlist.txt. In the test-only archive `input/` lacks im2, so "
    "`target/` is read.",
)

SEPTUPLET_CARD = DatasetCard(
    name="vimeo90k-septuplet",
    target="vfibench_datasets.vimeo90k:SEPTUPLET",
    title="Vimeo-90K septuplets, SuperSloMo-R task, 448x256",
    task="im2, im4, im6 from their odd neighbours; 4-frame windows replicate at the clip's edges",
    count=23472,
    list_sha256="d52f6425e8c5771cbc6d6866041ac49ac432a3de4125d0ed77f331bd28d620be",
    inputs=(2, 4),
    folders=("vimeo_septuplet",),
    layout="vimeo_septuplet/sequences/00001/0266/im1.png ... im7.png",
    source=_SOURCE,
    size="82 GB (vimeo_septuplet.zip)",
    licence=_LICENCE,
    paper=_PAPER,
    notes="7,824 clips of sep_testlist.txt, three targets each. 4-frame windows are im1,1,3,5 -> im2, "
    "im1,3,5,7 -> im4 and im3,5,7,7 -> im6. Not comparable with vimeo90k-septuplet-mid.",
)

MID_CARD = DatasetCard(
    name="vimeo90k-septuplet-mid",
    target="vfibench_datasets.vimeo90k:MID",
    title="Vimeo-90K septuplets, middle frame (FLAVR, VFIT), 448x256",
    task="im1, im3, im5, im7 -> im4; 2-frame methods get im3, im5",
    count=7824,
    list_sha256="5870e9167e0b8e3837a7b47521fe4e7f05d8b6f4f87350b58b4e2c31842baabd",
    inputs=(2, 4),
    folders=SEPTUPLET_CARD.folders,
    layout=SEPTUPLET_CARD.layout,
    source=_SOURCE,
    size=SEPTUPLET_CARD.size,
    licence=_LICENCE,
    paper=_PAPER,
    notes="One target a clip of sep_testlist.txt.",
)

# frame numbers (from 1) a target is predicted from: the 4-frame window; its middle is the 2-frame one
_WINDOWS = {2: (1, 1, 3, 5), 4: (1, 3, 5, 7), 6: (3, 5, 7, 7)}


def _item(name: str, clip: str, target: int, inputs: int) -> FileSample:
    """The sample that predicts frame `target` of a clip."""
    window = _WINDOWS[target] if inputs == 4 else _WINDOWS[target][1:3]
    path = f"vimeo_septuplet/sequences/{clip}/im{{}}.png"
    tags = {"clip": clip} | edge_tag(window)
    return FileSample(
        name, tuple(path.format(number) for number in window), (path.format(target),), tags=tags
    )


def _three(root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001 (a Layout's signature)
    """A line is a clip ("00001/0266", three samples) or a sample ("00001/0266/im4")."""
    match = re.fullmatch(rf"({CLIP})(?:/im([246]))?", line)
    if not match:
        return []
    clip, targets = match[1], [int(match[2])] if match[2] else list(_WINDOWS)
    return [_item(f"{clip}/im{target}", clip, target, inputs) for target in targets]


def _middle(root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001 (a Layout's signature)
    return [_item(line, line, 4, inputs)] if re.fullmatch(CLIP, line) else []


def _triplet_list() -> list[str]:
    return read_list("vimeo90k_tri_testlist.txt")


def _septuplet_list() -> list[str]:
    return read_list("vimeo90k_sep_testlist.txt")


def _layout(folder: str) -> Layout:
    image = f"{folder}/{{id}}/im"
    return Layout(folder, triplets(f"{image}1.png", f"{image}3.png", f"{image}2.png", form=CLIP))


TRIPLET = FileSource(
    TRIPLET_CARD,
    (_layout("vimeo_triplet/sequences"), _layout("vimeo_interp_test/target")),
    _triplet_list,
    SIZE,
)
SEPTUPLET = FileSource(SEPTUPLET_CARD, (Layout("vimeo_septuplet/sequences", _three),), _septuplet_list, SIZE)
MID = FileSource(MID_CARD, (Layout("vimeo_septuplet/sequences", _middle),), _septuplet_list, SIZE)
