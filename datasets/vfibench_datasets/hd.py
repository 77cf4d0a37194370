"""HD (Bao et al., MEMC-Net): 11 raw videos of three sizes, whose frames papers compare by luminance alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from vfibench.contracts import DatasetCard, Selection
from vfibench_datasets.files import FileDataset, FileSample
from vfibench_datasets.scanned import ScannedSource, absent, too_short
from vfibench_datasets.source import Layout, read_list
from vfibench_datasets.windows import window_items
from vfibench_datasets.yuv import RawDataset, RawItem, broken, count_frames, frame_name

_FOLDER = "HD_dataset"
_SIZES = {"HD544p_GT": (1280, 544), "HD720p_GT": (1280, 720), "HD1080p_GT": (1920, 1080)}
_LAST = 100  # the last frame used, where a video is as long
_NOTES = (
    "Published scores are PSNR of Y alone, a mean over the means of the videos: --protocol rife computes "
    "psnr@rife-hd, scikit-image's rgb2yuv of the RGB on 0..255, and means over frames and over videos are "
    "shown. psnr@zooming-slowmo-y is the same on 16..235 and so 1.32 dB higher; our other columns compare "
    "RGB. Raw video says nothing about its colours: it is read as BT.601 over the full range, so that the Y "
    "compared is the file's own Y; a reader that expands 16..235 gives 1.32 dB less. Chroma is doubled by "
    "repetition, which matters for RGB only. A video shorter than 101 frames gives the samples it has; how "
    "long each is is the file's word. A line of an own list is a video "
    "(HD544p_GT/Sintel_Alley2_1280x544.yuv) or a sample (HD544p_GT/Sintel_Alley2_1280x544/001)."
)


def _card(name: str, factor: int, lines: Sequence[str], title: str, target: str) -> DatasetCard:
    between = ", ".join(f"k+{step}" for step in range(1, factor))
    return DatasetCard(
        name=name,
        target=f"vfibench_datasets.hd:{target}",
        title=f"{title}, {factor}x",
        task=f"frames k, k+{factor} -> {between} for k = 0, {factor}, ... {_LAST - factor}; "
        "4-frame windows replicate at the edges",
        inputs=(2, 4),
        times=tuple(step / factor for step in range(1, factor)),
        folders=(_FOLDER,),
        layout="\n".join(f"{_FOLDER}/{line}" for line in lines),
        source="https://github.com/baowenbo/MEMC-Net (HD dataset; also linked by RIFE)",
        licence="none stated",
        paper="Bao et al., MEMC-Net: Motion Estimation and Motion Compensation Driven Neural Network for "
        "Video Interpolation and Enhancement, TPAMI 2019, arXiv 1810.08768",
        notes=_NOTES,
    )


def _items(factor: int, root: Path, line: str, inputs: int) -> list[FileSample]:
    """A line is a video or one of its samples, called after its first target."""
    match = re.fullmatch(rf"({'|'.join(_SIZES)})/([A-Za-z0-9]\w*)(\.yuv|/\d{{3}})", line)
    if not match:
        return []
    size, clip = _SIZES[match[1]], f"{match[1]}/{match[2]}"
    file = f"{_FOLDER}/{clip}.yuv"
    whole = match[3] == ".yuv"
    if fault := broken(root / file, size):
        return [absent(clip if whole else line, file, fault, clip)]
    length = min(count_frames(root / file, size), _LAST + 1)
    frames = [frame_name(file, number, size) for number in range(length)]
    items = window_items(frames, factor, inputs, lambda index: f"{clip}/{index:03d}", clip)
    if not whole:
        return [RawItem.of(item) for item in items if item.id == line]
    fault = too_short(length, factor) if (root / file).is_file() else ""
    return [RawItem.of(item) for item in items] or [absent(clip, file, fault)]


def _lines(part: str) -> list[str]:
    return [line for line in read_list("hd.txt") if line.startswith(part)]


class HdSource(ScannedSource):
    """A ScannedSource of raw videos."""

    def _dataset(self, root: Path, items: Sequence[FileSample], selection: Selection) -> FileDataset:
        return RawDataset(self.card, root, items, selection)


def _source(name: str, factor: int, part: str, title: str, target: str) -> HdSource:
    lines: Callable[[], list[str]] = partial(_lines, part)
    card = _card(name, factor, lines(), title, target)
    return HdSource(card, (Layout(_FOLDER, partial(_items, factor)),), lines, total=len(lines()))


ALL_2X = _source("hd", 2, "", "HD, 11 videos, 1280x544 to 1920x1080", "ALL_2X")
SMALL_4X = _source("hd-4x-544p", 4, "HD544p_GT", "HD, 4 videos of 1280x544", "SMALL_4X")
MIDDLE_4X = _source("hd-4x-720p", 4, "HD720p_GT", "HD, 3 videos of 1280x720", "MIDDLE_4X")
LARGE_4X = _source("hd-4x-1080p", 4, "HD1080p_GT", "HD, 4 videos of 1920x1080", "LARGE_4X")
CARDS = (ALL_2X.card, SMALL_4X.card, MIDDLE_4X.card, LARGE_4X.card)
