"""`clip:PATH`: any video, or any folder of consecutive frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vfibench.contracts import DatasetCard, DatasetOptions, Inventory, Selection
from vfibench.datasets.selection import choose, read_id_list, unknown_id
from vfibench.errors import VfibenchError
from vfibench.frames.files import SUFFIXES, image_size
from vfibench.frames.folders import FrameNames, frame_names, named_folder, some
from vfibench_datasets.files import FileDataset, FileSample, wrong_size
from vfibench_datasets.footage import FootageDataset, look_at, nothing_left, windows_of
from vfibench_datasets.source import check_inputs
from vfibench_datasets.windows import window_items

FACTORS = (2, 4, 8)

CARD = DatasetCard(
    name="clip",
    target="vfibench_datasets.clip:open_clip",
    title="any video, or any folder of consecutive frames",
    task="every 2nd (--factor 4, 8: 4th, 8th) frame goes in, those between are the targets",
    inputs=(2, 4),
    times=(),
    layout="my.mp4 (whatever FFmpeg reads)\n"
    "DIR/im1.png, im2.png, ... im10.png (numbers without a gap; png, jpg, bmp, webp or tif, one size)",
    source="your own footage",
    argument="PATH",
    notes="A sample is called after its first target's number or file. Frames after the last input are not "
    "used. Four-frame windows replicate at the ends. Of a video, windows across a cut, with a repeated frame "
    "or unevenly spaced are left out and counted; a folder is taken as it is.",
)


class ClipDataset(FileDataset):
    """A FileDataset over one folder.

    Attributes:
        label: what it is called in results, the same however the folder was spelt.
    """

    label = ""


@dataclass(frozen=True)
class FrameItems:
    """The samples of a folder of frames.

    Attributes:
        items: in time order.
        size: (width, height) of all frames.
        remarks: what is not plain about the folder, in sentences.
    """

    items: list[FileSample]
    size: tuple[int, int]
    remarks: tuple[str, ...]


def open_clip(options: DatasetOptions) -> FileDataset:
    """Open the folder or the video `options.argument`; the selection is an own list, without a count.

    Raises:
        VfibenchError: neither is there, too few frames, a factor other than 2, 4, 8, files that are no one
            sequence (see `frame_names`), or a frame that is no picture or not as large as the first.
    """
    check_inputs(CARD, options)
    path, name = named_folder(options.argument) if options.argument else (Path(), "")
    if not name or not path.exists():
        found = f"nothing at {path}" if name else "none"
        raise VfibenchError(
            f"expected a video or a folder of frames, found {found}", "do --dataset clip:VIDEO or clip:DIR"
        )
    factor = chosen_factor(options.factor)
    return (
        _of_folder(path, name, factor, options) if path.is_dir() else _of_video(path, name, factor, options)
    )


def _of_folder(folder: Path, name: str, factor: int, options: DatasetOptions) -> ClipDataset:
    found = frame_items(folder, name, factor, options.inputs)
    items, selection = selected(CARD, found.items, folder, options)
    made = ClipDataset(CARD, folder, items, selection, found.size, found.remarks, changing=True)
    made.label = f"{CARD.name}:{name}"
    return made


def _of_video(path: Path, name: str, factor: int, options: DatasetOptions) -> FootageDataset:
    video = look_at(path, name)
    windows = windows_of(video, factor, options.inputs)
    remarks = (windows.remark, *video.footage.notes)
    if not windows.items:
        raise nothing_left(str(path), remarks)
    items, selection = selected(CARD, windows.items, path, options)
    return FootageDataset(CARD, path.parent, items, selection, {name: video}, remarks, f"{CARD.name}:{name}")


def selected(
    card: DatasetCard, items: list[FileSample], path: Path, options: DatasetOptions
) -> tuple[list[FileSample], Selection]:
    """All samples, or those of an own list, and the selection that they are.

    Raises:
        VfibenchError: the list names a sample that there is not, or one twice.
    """
    if options.list_file is not None:
        items = _named_in(options.list_file, items, path)
    inventory = Inventory(card.name, (path,), path, tuple(item.id for item in items))
    return items, replace(choose(inventory, options)[1], kind="own list", official=None)


def frame_items(folder: Path, name: str, factor: int, inputs: int, within: str = "") -> FrameItems:
    """Cut a folder of frames into samples, each called after its first target's file.

    Args:
        folder: of the frames.
        name: of the clip.
        factor: every `factor`-th frame is an input.
        inputs: 2 or 4.
        within: "" where paths and ids begin in the folder, else what goes before them, such as "film/".

    Raises:
        VfibenchError: see `open_clip`.
    """
    found = _frames(folder, factor)
    size = _common_size([folder / frame for frame in found.frames])
    ids = [f"{within}{Path(frame).stem}" for frame in found.frames]
    frames = [f"{within}{frame}" for frame in found.frames]
    items = window_items(frames, factor, inputs, ids.__getitem__, name)
    return FrameItems(items, size, _remarks(folder, found))


def chosen_factor(factor: int | None) -> int:
    """The factor asked for, 2 where none is.

    Raises:
        VfibenchError: it is none of `FACTORS`.
    """
    if factor is not None and factor not in FACTORS:
        raise VfibenchError(f"expected factor 2, 4 or 8, found {factor}")
    return factor or FACTORS[0]


def _frames(folder: Path, factor: int) -> FrameNames:
    """The frames in time order, enough for one sample, no two of one stem."""
    found = frame_names(folder, SUFFIXES)
    count = len(found.frames)
    if count < factor + 1:
        raise VfibenchError(
            f"expected {factor + 1} frames or more for factor {factor}, found {count}, in {folder}",
            "give a folder of png, jpg, bmp, webp or tif files, or for a folder of videos: clips:DIR",
        )
    return found


def _remarks(folder: Path, found: FrameNames) -> tuple[str, ...]:
    """What is not plain about a folder of frames, in sentences."""
    told = []
    first, last = found.frames[0], found.frames[-1]
    if found.step == 0:
        told.append(f"frames of {folder} have no numbers: they are taken by name, from {first} to {last}")
    if found.step > 1:
        told.append(
            f"frames of {folder} are numbered by {found.step}: each is taken as next to the one before"
        )
    if found.others:
        told.append(f"{len(found.others)} files of {folder} are no frames, left out: {some(found.others)}")
    return tuple(told)


def _common_size(frames: list[Path]) -> tuple[int, int]:
    """(width, height) of all frames, from their headers alone."""
    expected = image_size(frames[0])
    for path in frames[1:]:
        found = image_size(path)
        if found != expected:
            raise wrong_size(path, expected, found)
    return expected


def _named_in(list_file: Path, items: list[FileSample], folder: Path) -> list[FileSample]:
    by_id = {item.id: item for item in items}
    names = read_id_list(list_file)
    for name in names:
        if name not in by_id:
            raise unknown_id(name, list_file, by_id, folder)
    return [by_id[name] for name in names]
