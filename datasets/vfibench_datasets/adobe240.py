"""Adobe240 (Su et al., CVPR 2017): the eight test videos of the list that Super-SloMo's users share, 8x."""

from __future__ import annotations

from pathlib import Path

from vfibench.contracts import DatasetCard
from vfibench_datasets.files import FileSample
from vfibench_datasets.gopro import EIGHTHS
from vfibench_datasets.scanned import ScannedSource, clip_layout
from vfibench_datasets.source import Layout, read_list

_SUFFIXES = (".mov", ".mp4", ".m4v")  # of the videos that lines of a list may name

CARD = DatasetCard(
    name="adobe240",
    target="vfibench_datasets.adobe240:TEST",
    title="Adobe240, 8 test videos of avinashpaliwal/Super-SloMo's list, 8x",
    task="frames 0, 8 (and -8, 16) -> the 7 between; 4-frame windows replicate at the edges",
    inputs=(2, 4),
    times=EIGHTHS,
    folders=("adobe240/test", "adobe240"),
    layout="adobe240/720p_240fps_1/0001.png, 0002.png, ... (8 folders, png or jpg)\n"
    "made by: ffmpeg -i 720p_240fps_1.mov -fps_mode passthrough adobe240/720p_240fps_1/%04d.png",
    source="https://www.cs.ubc.ca/labs/imager/tr/2017/DeepVideoDeblurring (original high FPS videos)",
    licence="none stated",
    paper="Su et al., Deep Video Deblurring for Hand-held Cameras, CVPR 2017",
    notes="There is no one split. Ours is the list of eight videos; IFRNet and AMT take every tenth "
    "of an unsorted listing, which differs from machine to machine, SuperSloMo-R a split of its own: score "
    "those with --list FILE, one video (with or without its suffix) or sample a line. Papers also differ in "
    "size (whole, or 640x360) and in jpg or png: the files' sizes are part of what a score stands for, and "
    "only equal files share a ranked table. The eight folders are checked, and that no frame between a "
    "folder's first and last is missing; how many frames ffmpeg made is the folder's word.",
)


def _without_suffix(line: str) -> str:
    """The folder of a video: "IMG_0183.MOV" lies in IMG_0183."""
    return line[:-4] if line[-4:].lower() in _SUFFIXES else line


def _lines() -> list[str]:
    return [_without_suffix(line) for line in read_list("adobe240_superslomo_test.txt")]


def _layout(folder: str, suffix: str) -> Layout:
    plain = clip_layout(folder, suffix, 8)

    def items(root: Path, line: str, inputs: int) -> list[FileSample]:
        return plain.items(root, _without_suffix(line), inputs)

    return Layout(folder, items, plain.marker)


TEST = ScannedSource(
    CARD,
    tuple(_layout(folder, suffix) for folder in CARD.folders for suffix in (".png", ".jpg")),
    _lines,
    total=8,
)
