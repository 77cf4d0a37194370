"""X-TEST of X4K1000FPS (Sim et al., XVFI, ICCV 2021): 15 scenes, seven frames of each interpolated."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from vfibench.contracts import DatasetCard
from vfibench_datasets.files import FileSample
from vfibench_datasets.gopro import EIGHTHS
from vfibench_datasets.source import FileSource, Layout, read_list
from vfibench_datasets.views import area_resize

_SIZE = (4096, 2160)
_TARGETS = range(4, 29, 4)
_NOTES = (
    "The other frames of a scene are not used; there are two inputs a scene and no more, so methods of four "
    "input frames cannot be scored. Seven frames of one scene are alike: 15 scenes decide, not 105 frames. "
    "Memory: decoded, a sample is 240 MB at 4K and 60 MB at 2K; do --batch-size 1."
)

CARD_4K = DatasetCard(
    name="xtest-4k",
    target="vfibench_datasets.xtest:FULL",
    title="X4K1000FPS X-TEST, 15 scenes x 7 times, 8x, 4096x2160",
    task="frames 0000, 0032 -> 0004, 0008, ... 0028",
    count=15,
    list_sha256="8896560f1dc825a28eea88398a360bebf67a53f19f9be365ca01dc079787170a",
    times=EIGHTHS,
    folders=("X4K1000FPS/test", "X4K1000FPS", "xtest"),
    layout="X4K1000FPS/test/Type1/TEST01_003_f0433/0000.png ... 0032.png (3 types x 5 scenes)",
    source="https://github.com/JihyongOh/XVFI (X-TEST)",
    size="at most 13 GB (495 PNG files, of which 135 are read)",
    licence="research only",
    paper="Sim et al., XVFI: eXtreme Video Frame Interpolation, ICCV 2021, arXiv 2103.16206",
    notes=_NOTES + " SSIM as in the XVFI paper is --protocol xvfi.",
)

CARD_2K = DatasetCard(
    name="xtest-2k",
    target="vfibench_datasets.xtest:HALF",
    title="X4K1000FPS X-TEST resized by area to 2048x1080, 15 scenes x 7 times, 8x",
    task=CARD_4K.task,
    count=15,
    list_sha256="8896560f1dc825a28eea88398a360bebf67a53f19f9be365ca01dc079787170a",
    times=EIGHTHS,
    folders=CARD_4K.folders,
    layout=CARD_4K.layout,
    source=CARD_4K.source,
    size=CARD_4K.size,
    licence=CARD_4K.licence,
    paper=CARD_4K.paper,
    notes="Every frame is read at 4096x2160 and resized by area (OpenCV's INTER_AREA) to 2048x1080, inputs "
    "and targets alike, and rounded to uint8. EMA-VFI compares with targets that it leaves unrounded: that "
    "is 0.1 less in the mean squared error, 0.01 dB at 32 dB and 0.06 dB at 40 dB. " + _NOTES,
)


def _items(folder: str, root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001 (a Layout's)
    """A line is a scene, "Type1/TEST01_003_f0433"."""
    if not re.fullmatch(r"Type\d/TEST\w+", line):
        return []
    paths = [f"{folder}/{line}/{number:04d}.png" for number in (0, 32, *_TARGETS)]
    return [FileSample(line, (paths[0], paths[1]), tuple(paths[2:]), EIGHTHS, {"clip": line})]


def _lines() -> list[str]:
    return read_list("xtest.txt")


_LAYOUTS = tuple(Layout(folder, partial(_items, folder), "Type*/TEST*") for folder in CARD_4K.folders)
FULL = FileSource(CARD_4K, _LAYOUTS, _lines, _SIZE)
HALF = FileSource(CARD_2K, _LAYOUTS, _lines, _SIZE, view=area_resize(2048, 1080))
