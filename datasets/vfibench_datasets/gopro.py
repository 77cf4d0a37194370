"""GoPro (Nah et al., CVPR 2017): its 11 test videos at 240 fps, interpolated eightfold."""

from __future__ import annotations

from vfibench.contracts import DatasetCard
from vfibench_datasets.scanned import ScannedSource, clip_layout
from vfibench_datasets.source import read_list
from vfibench_datasets.views import centre_crop

EIGHTHS = tuple(step / 8 for step in range(1, 8))

CARD = DatasetCard(
    name="gopro",
    target="vfibench_datasets.gopro:TEST",
    title="GoPro test videos, 8x, centre crop 512x512 of 1280x720",
    task="frames 0, 8 (and -8, 16) -> the 7 between; 4-frame windows replicate at the edges",
    inputs=(2, 4),
    times=EIGHTHS,
    folders=("GOPRO_Large_all/test", "GOPRO/test", "gopro/test"),
    layout="GOPRO_Large_all/test/GOPR0384_11_00/000001.png, 000002.png, ... (11 folders)",
    source="https://seungjunnah.github.io/Datasets/gopro (GOPRO_Large_all: every 240 fps frame)",
    size="35 GB (GOPRO_Large_all.zip, training videos included)",
    licence="CC BY 4.0",
    paper="Nah et al., Deep Multi-scale Convolutional Neural Network for Dynamic Scene Deblurring, CVPR 2017",
    notes="Take GOPRO_Large_all: GOPRO_Large holds blurred and sharp pairs, not consecutive frames. The 11 "
    "folders are checked, and that no frame between a folder's first and last is missing; how many frames "
    "each has is the folder's word. Windows begin at a folder's first frame and share their ends. FLAVR's "
    "4-frame scores leave the first and last window of a video out, ours replicate (tag edge); a line of "
    "an own list is a video (GOPR0384_11_00) or a sample (GOPR0384_11_00/000002). AMT prints means over "
    "videos, not over frames: both are shown. The same videos are in SNU-FILM.",
)


def _lines() -> list[str]:
    return read_list("gopro_test.txt")


TEST = ScannedSource(
    CARD,
    tuple(clip_layout(folder, ".png", 8) for folder in CARD.folders),
    _lines,
    (1280, 720),
    view=centre_crop(512, 512),
    total=11,
)
