"""`clips:DIR`: a folder of clips, each a video or a folder of frames, scored with the clip as the unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vfibench.contracts import DatasetCard, DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import SUFFIXES as PICTURES
from vfibench.frames.folders import files_in, frame_names, named_folder, some
from vfibench_datasets.clip import chosen_factor, frame_items, selected
from vfibench_datasets.files import FileSample
from vfibench_datasets.footage import SUFFIXES, FootageDataset, Video, look_at, nothing_left, windows_of
from vfibench_datasets.source import check_inputs

CARD = DatasetCard(
    name="clips",
    target="vfibench_datasets.clips:open_clips",
    title="a folder of clips, each a video or a folder of consecutive frames",
    task="every 2nd (--factor 4, 8: 4th, 8th) frame goes in, those between are the targets",
    inputs=(2, 4),
    times=(),
    layout="DIR/one.mp4, DIR/another.mkv, DIR/third/im1.png, im2.png, ... (clips may differ in size)",
    source="your own footage",
    argument="DIR",
    notes="The clip is the unit of means over clips and of intervals. Of videos, windows across a cut, with "
    "a repeated frame or unevenly spaced are left out and counted; folders of frames are taken as they are.",
)


@dataclass
class _Found:
    """What lies in the folder, while it is looked through."""

    items: list[FileSample] = field(default_factory=list)
    videos: dict[str, Video] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def open_clips(options: DatasetOptions) -> FootageDataset:
    """Open the folder `options.argument`.

    Raises:
        VfibenchError: no folder, nothing in it that can be scored, a damaged clip, or a factor other than
            2, 4, 8.
    """
    check_inputs(CARD, options)
    factor = chosen_factor(options.factor)
    folder, name = named_folder(options.argument)
    if not folder.is_dir():
        raise VfibenchError(f"expected a folder of clips, found no folder {folder}", "do --dataset clips:DIR")
    found = _Found()
    others = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and any(Path(file).suffix.lower() in PICTURES for file in files_in(path)):
            _add_folder(found, path, factor, options.inputs)
        elif path.is_file() and path.suffix.lower() in SUFFIXES:
            _add_video(found, path, factor, options.inputs)
        else:
            others.append(path.name)
    if not found.items:
        hint = [f"nothing of {some(others)} is one"] if others else []
        raise nothing_left(f"the clips of {folder}", found.told or hint or ["it is empty"])
    if others:
        found.told.append(f"no clips, left out: {some(others)}")
    items, selection = selected(CARD, found.items, folder, options)
    label = f"{CARD.name}:{name}"
    return FootageDataset(CARD, folder, items, selection, found.videos, tuple(found.told), label)


def _add_video(found: _Found, path: Path, factor: int, inputs: int) -> None:
    video = look_at(path, path.name)
    windows = windows_of(video, factor, inputs, f"{path.name}/")
    found.items += windows.items
    found.told += [windows.remark, *(f"{path.name}: {note}" for note in video.footage.notes)]
    if windows.items:
        found.videos[path.name] = video


def _add_folder(found: _Found, path: Path, factor: int, inputs: int) -> None:
    count = len(frame_names(path, PICTURES).frames)
    if count <= factor:
        found.told.append(f"{path.name}: {count} frames, too few, left out")
        return
    frames = frame_items(path, path.name, factor, inputs, within=f"{path.name}/")
    found.items += frames.items
    found.told += frames.remarks
