"""Middlebury optical flow (Baker et al., IJCV 2011): 12 OTHER sequences with a true middle frame."""

from __future__ import annotations

from vfibench.contracts import DatasetCard
from vfibench_datasets.source import FileSource, Layout, read_list
from vfibench_datasets.triplets import triplets

CARD = DatasetCard(
    name="middlebury",
    target="vfibench_datasets.middlebury:OTHER",
    title="Middlebury OTHER, 12 triplets, up to 640x480",
    task="frame10, frame11 -> frame10i11",
    count=12,
    list_sha256="628795edc474d4f22c37652fa5e50344e05941e908ddcf25f7a96f2b118c5271",
    folders=("middlebury_others", "middlebury", "other-data"),
    layout="middlebury/other-data/Beanbags/frame10.png, frame11.png\n"
    "middlebury/other-gt-interp/Beanbags/frame10i11.png\n"
    "or\nmiddlebury_others/input/Beanbags/frame10.png, frame11.png\n"
    "middlebury_others/gt/Beanbags/frame10i11.png",
    source="https://vision.middlebury.edu/flow/data/ (other-color-twoframes.zip, other-gt-interp.zip)",
    size="15 MB",
    licence="none stated",
    paper="Baker et al., A Database and Evaluation Methodology for Optical Flow, IJCV 2011",
    notes="Sizes differ: 640x480 (8), 584x388 (3), 420x380 (Venus).",
)


def _lines() -> list[str]:
    return read_list("middlebury_other.txt")


def _layout(folder: str, inputs: str, truth: str) -> Layout:
    data = f"{folder}{inputs}/{{id}}"
    items = triplets(f"{data}/frame10.png", f"{data}/frame11.png", f"{folder}{truth}/{{id}}/frame10i11.png")
    return Layout(f"{folder}{inputs}", items)


OTHER = FileSource(
    CARD,
    (
        _layout("middlebury_others/", "input", "gt"),
        _layout("middlebury_others/", "other-data", "other-gt-interp"),
        _layout("middlebury/", "other-data", "other-gt-interp"),
        _layout("middlebury/", "input", "gt"),
        _layout("", "other-data", "other-gt-interp"),
    ),
    _lines,
)
