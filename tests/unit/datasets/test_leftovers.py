"""What other tools leave among the frames of a dataset becomes no frame, nor decides where it is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vfibench.contracts import DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.registry import load_target
from vfibench.trainable import SourceOptions
from vfibench_datasets import adobe240, gopro
from vfibench_datasets.catalog import CARDS
from vfibench_datasets.clip import open_clip
from vfibench_datasets.davis import TRAINVAL_2016
from vfibench_datasets.stvsr import VID4
from vfibench_datasets.training.clips import open_clips

SOURCES = {card.name: load_target(card.target) for card in CARDS if not (card.builtin or card.argument)}
LAYOUTS = [(name, place) for name, source in SOURCES.items() for place in range(len(source.layouts))]
PIXELS = {"HD544p_GT": 1280 * 544, "HD720p_GT": 1280 * 720, "HD1080p_GT": 1920 * 1080}


def files_of(name, layout, root):
    """Paths of a few samples in a layout; of sets whose clips are as long as on disk, of a clip's frames."""
    if name in ("gopro", "adobe240"):
        suffix = layout.marker[-4:]
        return [f"{layout.folder}/{SOURCES[name].lines()[0]}/{k:06d}{suffix}" for k in range(9)]
    if name == "atd12k":
        suffix = layout.marker[-4:]
        return [f"{layout.folder}/a{sample}/frame{k}{suffix}" for sample in range(2) for k in (1, 2, 3)]
    if name.startswith("hd"):
        return [f"{layout.folder}/{line}" for line in SOURCES[name].lines()]
    inputs = max(SOURCES[name].card.inputs)
    items = [item for line in SOURCES[name].lines()[:2] for item in layout.items(root, line, inputs)]
    return list(dict.fromkeys(path for item in items for path in item.files))


def write(path, size=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def leave(path: Path):
    """What lies beside a frame: shadows and caches of file managers, backups, copies, other formats."""
    stem, suffix, folder = path.stem, path.suffix, path.parent
    hidden = [f"._{path.name}", f".{path.name}.swp", ".DS_Store", f".thumbnails/{path.name}"]
    others = [f"{path.name}~", f"{path.name}.part", f"{stem}.json", f"{stem}.webp", "Thumbs.db", "notes.txt"]
    copies = [f"{stem} (1){suffix}", f"{stem} - Copy{suffix}", f"Copy of {path.name}", f"{stem}_mask{suffix}"]
    for name in hidden + others + copies + [f"@eaDir/{path.name}"]:
        write(folder / name)


def leave_in_the_place_of(layout, root):
    """A folder that another tool has made where the dataset might lie."""
    for name in ("x/._000001.png", "x/notes.txt", "._x-000001.png", "x/cover.svg", ".x/y/000001.png"):
        write(root / layout.folder / name)
    if "/" not in layout.marker:
        write(root / layout.folder / "x-y.png")
    write(root / layout.folder / ".x" / Path(layout.marker).name.replace("*", "0").replace("[0-9]", "1"))


@pytest.mark.parametrize(("name", "place"), LAYOUTS, ids=lambda value: str(value))
def test_leftovers_of_other_tools_change_no_sample_of_any_dataset(tmp_path, name, place):
    layout = SOURCES[name].layouts[place]
    source = replace(SOURCES[name], refine=None)  # what refines reads the frames, which are empty here
    for path in files_of(name, layout, tmp_path):
        write(tmp_path / path, 5 * 3 * PIXELS.get(Path(path).parent.name, 0) // 2)
    options = DatasetOptions(root=tmp_path, partial=True, inputs=max(source.card.inputs))
    before = source(options)
    assert len(before) > 0
    for folder in {path.parent for path in tmp_path.rglob("*.*") if path.is_file()}:
        frames = sorted(folder.iterdir())
        leave(frames[0])
        leave(frames[-1])
    for other in source.layouts:
        if other.marker and other.folder != layout.folder:
            leave_in_the_place_of(other, tmp_path)
    after = source(options)
    assert after.items == before.items
    assert after.selection == before.selection


@pytest.mark.parametrize(
    ("source", "folder", "name", "inputs"),
    [
        (TRAINVAL_2016, "DAVIS/JPEGImages/480p/mine", "{:05d}.jpg", 2),
        (VID4, "vid4/GT/mine", "{:03d}.png", 4),
        (VID4, "Vid4/GT/mine", "{:08d}.png", 4),
        (gopro.TEST, "GOPRO/test/mine", "{:06d}.png", 2),
        (gopro.TEST, "GOPRO/test/mine", "im{}.png", 2),
        (adobe240.TEST, "adobe240/mine", "{:04d}.jpg", 2),
        (adobe240.TEST, "adobe240/mine", "frame_{:04d}.jpg", 4),
    ],
)
def test_a_clip_as_long_as_on_disk_is_as_long_as_its_frames(tmp_path, source, folder, name, inputs):
    frames = [tmp_path / folder / name.format(k) for k in range(17)]
    for path in frames:
        write(path)
    own = tmp_path / "own.txt"
    own.write_text("mine\n")
    options = DatasetOptions(root=tmp_path, list_file=own, inputs=inputs)
    before = source(options)
    assert {path for item in before.items for path in item.inputs} <= {f"{folder}/{p.name}" for p in frames}
    for path in frames:
        leave(path)
    for leftover in ("depth_000030", "30.5", "0-cover", "thumbnail", "0030a"):
        write(frames[0].with_name(f"{leftover}{frames[0].suffix}"))
    (frames[0].parent / name.format(17)).mkdir()  # a folder called like a frame
    after = source(options)
    assert after.items == before.items


def test_a_frame_written_twice_is_taken_from_the_file_the_others_are_called_like(tmp_path):
    for k in range(1, 10):
        write(tmp_path / "gopro/test/mine" / f"im{k}.png")
    write(tmp_path / "gopro/test/mine/Copy of im3.png")
    own = tmp_path / "own.txt"
    own.write_text("mine\n")
    (item,) = gopro.TEST(DatasetOptions(root=tmp_path, list_file=own)).items
    assert item.files == tuple(f"gopro/test/mine/im{k}.png" for k in (1, 9, *range(2, 9)))


def test_shadows_of_frames_that_are_gone_are_no_frames(tmp_path):
    for k in range(1, 10):
        write(tmp_path / "gopro/test/mine" / f"._{k:06d}.png")
        write(tmp_path / "gopro/test/other" / f"{k:06d}.png")
    own = tmp_path / "own.txt"
    own.write_text("mine\n")
    with pytest.raises(VfibenchError, match="mine: it has 0 frames, one sample needs 9"):
        gopro.TEST(DatasetOptions(root=tmp_path, list_file=own))


def test_hidden_clips_are_not_trained_on_and_folders_are_no_frames(tmp_path):
    for clip in ("a", "b", ".trash", "._c"):
        for k in range(9):
            write(tmp_path / clip / f"{k:04d}.png")
    for k in (9, 40):
        (tmp_path / "a" / f"{k:04d}.png").mkdir()
    write(tmp_path / "d.png")
    source = open_clips(SourceOptions(tmp_path, "train", 2))
    assert [clip.folder.name for clip in source.footage] == ["a"]
    assert source.footage[0].frames == tuple(f"{k:04d}.png" for k in range(9))
    assert "1 clips (the first 95 % of 2 by name)" in source.facts


def test_a_folder_of_frames_is_what_it_shows_whatever_lies_hidden_in_it(picture, tmp_path):
    for k in range(1, 6):
        picture(tmp_path / f"{k}.png", seed=k)
    options = DatasetOptions(argument=str(tmp_path))
    before = open_clip(options)
    for name in ("._1.png", ".2.png", ".DS_Store", "1.png~", "3.json", "Thumbs.db", ".trash/4.png"):
        write(tmp_path / name)
    (tmp_path / "6.png").mkdir()
    after = open_clip(options)
    assert after.items == before.items
    assert [item.id for item in after.items] == ["2", "4"]
    assert after.fingerprint == before.fingerprint


def test_a_clip_of_a_scanned_dataset_that_has_a_number_twice_is_no_clip(tmp_path):
    for name in (*(f"{k:06d}" for k in range(1, 10)), "3"):
        write(tmp_path / "gopro/test/mine" / f"{name}.png")
    own = tmp_path / "own.txt"
    own.write_text("mine\n")
    with pytest.raises(
        VfibenchError, match=r"frame 3 is there twice, 000003\.png and 3\.png; remove one of them"
    ):
        gopro.TEST(DatasetOptions(root=tmp_path, list_file=own))
