"""UCF101, the 379 test triplets of Deep Voxel Flow (Liu et al., ICCV 2017), and two variants.

Only frame_00.png, frame_01_gt.png and frame_02.png are ever read: frame_01_ours.png, which lies beside
them, is the prediction of Deep Voxel Flow itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import DatasetCard, Sample, Selection
from vfibench.datasets.selection import list_hash
from vfibench_datasets.files import FileDataset, FileSample
from vfibench_datasets.source import FileSource, Layout, read_list
from vfibench_datasets.triplets import triplets

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

REPEAT_DB = 50.0
_FORM = r"\d{1,5}"
_SIZE = (256, 256)
_FOLDERS = ("ucf101_interp_ours", "UCF101_results/ucf101_interp_ours")
_MASKS = ("motion_masks_ucf101_interp", "UCF101_results/motion_masks_ucf101_interp")

CARD = DatasetCard(
    name="ucf101",
    target="vfibench_datasets.ucf101:ALL",
    title="UCF101, Deep Voxel Flow's triplets, 256x256",
    task="frame_00, frame_02 -> frame_01_gt",
    count=379,
    list_sha256="ac9f625d2026feaf5c2415ff156909f3a26fa3fda7deb6affe0ca0a5d93618eb",
    folders=_FOLDERS,
    layout="ucf101_interp_ours/31/frame_00.png, frame_01_gt.png, frame_02.png",
    source="github.com/liuziwei7/voxel-flow (Testing Data), also in github.com/tding1/CDFI (test_data)",
    size="0.1 GB",
    licence="UCF101: research use",
    paper="Liu et al., Video Frame Synthesis using Deep Voxel Flow, ICCV 2017, arXiv 1702.02463",
    notes="frame_01_ours.png is Deep Voxel Flow's own output and is never read. In 40 of 379 triplets the "
    "ground truth is within 50 dB of an input: see ucf101-nodup.",
)

NODUP_CARD = replace(
    CARD,
    name="ucf101-nodup",
    target="vfibench_datasets.ucf101:NODUP",
    title="UCF101 without triplets whose ground truth repeats an input, 256x256",
    count=339,
    list_sha256=None,
    notes="Leaves out triplets whose ground truth is within 50 dB (PSNR in uint8 over RGB) of an input; "
    "found from the frames when opened, 40 of the released 379. Where all 379 are there and another number "
    "is left out, the frames are not the released ones and the selection counts as an own list.",
)

MASKED_CARD = replace(
    CARD,
    name="ucf101-masked",
    target="vfibench_datasets.ucf101:MASKED",
    list_sha256=None,
    masked=True,
    title="UCF101 inside Deep Voxel Flow's motion masks, 256x256",
    layout=CARD.layout + "\nmotion_masks_ucf101_interp/31/motion_mask.png\n"
    "or\nucf101_interp_ours/31/motion_mask.png",
    source=CARD.source + "; the masks are the separate archive there (Motion Masks)",
    notes="Pixels count where the mask is white (128 or more). Triplets with an empty mask are left out, as "
    "Deep Voxel Flow's script does, so fewer than 379 are scored.",
)


def _lines() -> list[str]:
    return read_list("ucf101_dvf.txt")


def _items(folder: str, mask: str | None = None) -> Callable[[Path, str, int], list[FileSample]]:
    first, last, target = (f"{folder}/{{id}}/{name}.png" for name in ("frame_00", "frame_02", "frame_01_gt"))
    return triplets(first, last, target, form=_FORM, mask=mask)


def _masks_apart(folder: str, masks: str) -> Layout:
    return Layout(masks, _items(folder, f"{masks}/{{id}}/motion_mask.png"))


def _masks_beside(folder: str) -> Layout:
    return Layout(folder, _items(folder, f"{folder}/{{id}}/motion_mask.png"), marker="*/motion_mask.png")


def keep_where(
    dataset: FileDataset, keep: Callable[[Sample], bool], why: str, official: int, exactly: bool
) -> FileDataset:
    """Leave out samples by what their files hold, on several threads.

    Args:
        dataset: opened as the full list.
        keep: True for samples that stay.
        why: ends the remark "left out k of n triplets ...".
        official: number of samples of the variant's own list.
        exactly: whether a complete set must give just that number to count as official.
    """
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        stays = list(pool.map(lambda index: keep(dataset[index]), range(len(dataset))))
    items = [item for item, stay in zip(dataset.items, stays, strict=True) if stay]
    left_out = len(stays) - len(items)
    remark = f"left out {left_out} of {len(stays)} triplets {why}"
    kind = dataset.selection.kind
    if kind == "official" and exactly and len(items) != official:
        kind = "own list"
        remark += f" (expected {len(stays) - official}: these are not the released frames)"
    total = None if kind == "own list" else official
    selection = Selection(kind, len(items), total, list_hash([item.id for item in items]))
    return FileDataset(dataset.card, dataset.root, items, selection, dataset.size, (remark,))


def _drop_repeats(dataset: FileDataset) -> FileDataset:
    why = f"whose ground truth is within {REPEAT_DB:.0f} dB of an input"
    return keep_where(dataset, lambda sample: not repeats(sample), why, 339, exactly=True)


def _drop_empty_masks(dataset: FileDataset) -> FileDataset:
    return keep_where(dataset, _moves, "whose motion mask is empty", 379, exactly=False)


def _moves(sample: Sample) -> bool:
    return sample.mask is not None and bool(sample.mask.any())


def repeats(sample: Sample) -> bool:
    """Whether the ground truth is within 50 dB of one of the inputs (PSNR in uint8 over all channels)."""
    limit = 255.0**2 / 10 ** (REPEAT_DB / 10)
    return min(_mean_squared(frame, sample.targets[0]) for frame in sample.frames) <= limit


def _mean_squared(one: UInt8Array, other: UInt8Array) -> float:
    difference = one.astype("int32") - other
    return float((difference * difference).mean())


def _source(
    card: DatasetCard, layouts: Sequence[Layout], refine: Callable[[FileDataset], FileDataset] | None = None
) -> FileSource:
    return FileSource(card, tuple(layouts), _lines, _SIZE, refine)


ALL = _source(CARD, [Layout(folder, _items(folder)) for folder in _FOLDERS])
NODUP = _source(NODUP_CARD, ALL.layouts, _drop_repeats)
MASKED = _source(
    MASKED_CARD,
    [*map(_masks_apart, _FOLDERS, _MASKS), *map(_masks_beside, _FOLDERS)],
    _drop_empty_masks,
)
