"""Xiph's 4K clips as interpolation papers use them (Niklaus and Liu, CVPR 2020), both ways 2048x1080."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from vfibench.contracts import DatasetCard
from vfibench_datasets.files import FileSample
from vfibench_datasets.source import FileSource, Layout, read_list
from vfibench_datasets.views import View, area_resize, centre_crop
from vfibench_datasets.windows import window_items

_SIZE = (4096, 2160)
_FRAMES = 100
_HASH = "3b73f6e497ab12047aaaf177d89c3d849da45f21f7585b63a666de90957ed60a"
_NOTES = (
    "Make the PNG files with ffmpeg and pixel format rgb24 as above, the first 100 frames, numbered from "
    "001; frame 100 is not used. The sources are 10-bit 4:2:0: another conversion to RGB gives other frames. "
    "SSIM is scikit-image's 7x7 window in most papers (--protocol softsplat), the volume in M2M's, "
    "TensorFlow's in FILM's. A line of an own list is a clip (Tango) or a sample (Tango/002)."
)


def _card(size: str, title: str, notes: str) -> DatasetCard:
    return DatasetCard(
        name=f"xiph-{size}",
        target=f"vfibench_datasets.xiph:{'RESIZED' if size == '2k' else 'CROPPED'}",
        title=title,
        task="odd frames k-1, k+1 (and k-3, k+3) -> even frame k = 2, 4, ... 98; 4-frame windows replicate",
        count=392,
        list_sha256=_HASH,
        inputs=(2, 4),
        folders=("xiph", "netflix"),
        layout="xiph/BoxingPractice/001.png ... 100.png (8 folders)\n"
        "or\nnetflix/BoxingPractice-001.png ... BoxingPractice-100.png (8 x 100 files)\n"
        "made by: ffmpeg -i Netflix_BoxingPractice_4096x2160_60fps_10bit_420.y4m -pix_fmt rgb24 "
        "-frames:v 100 xiph/BoxingPractice/%03d.png",
        source="https://media.xiph.org/video/derf (Netflix, El Fuente and Chimera, 4096x2160, y4m)",
        size="at most 21 GB (800 PNG files)",
        licence="CC BY-NC-ND 4.0 as far as known; see the source's page",
        paper="Niklaus and Liu, Softmax Splatting for Video Frame Interpolation, CVPR 2020",
        notes=f"{notes} {_NOTES}",
    )


CARD_2K = _card(
    "2k",
    "Xiph, 8 clips resized by area to 2048x1080",
    "Every frame is read at 4096x2160 and resized by area (OpenCV's INTER_AREA) as uint8. M2M resizes floats "
    "and leaves its targets unrounded: 0.1 less in the mean squared error, 0.03 dB at 37 dB.",
)
CARD_4K = _card(
    "4k",
    "Xiph, 8 clips, centre crop 2048x1080",
    'What papers call "Xiph-4K" is no 4K: it is the middle 2048x1080 pixels of the 4096x2160 frames.',
)


def _items(pattern: str, root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001 (a Layout's)
    """A line is a clip or one of its samples."""
    match = re.fullmatch(r"([A-Za-z]\w*)(/\d{3})?", line)
    if not match:
        return []
    clip = match[1]
    frames = [pattern.format(clip=clip, number=number) for number in range(1, _FRAMES + 1)]
    items = window_items(frames, 2, inputs, lambda index: f"{clip}/{index + 1:03d}", clip)
    return [item for item in items if item.id == line] if match[2] else items


def _lines() -> list[str]:
    return read_list("xiph.txt")


def _layout(folder: str, name: str, marker: str) -> Layout:
    return Layout(folder, partial(_items, f"{folder}/{name}"), marker)


def _source(card: DatasetCard, view: View) -> FileSource:
    flat = [_layout(folder, "{clip}-{number:03d}.png", "*-[0-9]*.png") for folder in card.folders]
    return FileSource(
        card, (_layout("xiph", "{clip}/{number:03d}.png", "*/[0-9]*.png"), *flat), _lines, _SIZE, view=view
    )


RESIZED = _source(CARD_2K, area_resize(2048, 1080))
CROPPED = _source(CARD_4K, centre_crop(2048, 1080))
