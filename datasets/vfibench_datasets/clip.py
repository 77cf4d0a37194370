"""`clip:DIR`: any folder of consecutive frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vfibench.contracts import DatasetCard, DatasetOptions, Inventory
from vfibench.datasets.selection import choose, read_id_list, unknown_id
from vfibench.errors import VfibenchError
from vfibench.frames.files import SUFFIXES, image_size
from vfibench.frames.folders import FrameNames, frame_names, named_folder, some
from vfibench_datasets.files import FileDataset, FileSample, wrong_size
from vfibench_datasets.source import check_inputs
from vfibench_datasets.windows import window_items

FACTORS = (2, 4, 8)

CARD = DatasetCard(
    name="clip",
    target="vfibench_datasets.clip:open_clip",
    title="any folder of consecutive frames",
    task="every 2nd (--factor 4, 8: 4th, 8th) frame goes in, those between are the targets",
    inputs=(2, 4),
    times=(),
    layout="DIR/im1.png, im2.png, ... im10.png (numbers without a gap; png, jpg, bmp, webp or tif, one size)",
    source="your own frames",
    argument="DIR",
    notes="A sample is called after its first target's file. Frames after the last input are not used. "
    "Four-frame windows replicate at the ends.",
)


class ClipDataset(FileDataset):
    """A FileDataset over one folder.

    Attributes:
        label: what it is called in results, the same however the folder was spelt.
    """

    label = ""


def open_clip(options: DatasetOptions) -> ClipDataset:
    """Open the folder `options.argument`; the selection is an own list, without an official count.

    Raises:
        VfibenchError: no folder, too few frames, a factor other than 2, 4, 8, files that are no one sequence
            (see `frame_names`), or a frame that is no picture or not as large as the first.
    """
    check_inputs(CARD, options)
    (folder, name), factor = _folder(options.argument), _factor(options.factor)
    found = _frames(folder, factor)
    size = _common_size([folder / frame for frame in found.frames])
    stems = [Path(frame).stem for frame in found.frames]
    items = window_items(found.frames, factor, options.inputs, lambda index: stems[index], name)
    if options.list_file is not None:
        items = _named_in(options.list_file, items, folder)
    inventory = Inventory(CARD.name, (folder,), folder, tuple(item.id for item in items))
    selection = replace(choose(inventory, options)[1], kind="own list", official=None)
    made = ClipDataset(CARD, folder, items, selection, size, _remarks(folder, found), changing=True)
    made.label = f"{CARD.name}:{name}"
    return made


def _folder(argument: str) -> tuple[Path, str]:
    """The folder of frames and its name."""
    if not argument:
        raise VfibenchError("expected a folder of frames, found none", "do --dataset clip:DIR")
    folder, name = named_folder(argument)
    if not folder.is_dir():
        raise VfibenchError(f"expected a folder of frames, found no folder {folder}", "do --dataset clip:DIR")
    return folder, name


def _factor(factor: int | None) -> int:
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
            "give a folder of png, jpg, bmp, webp or tif files",
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
