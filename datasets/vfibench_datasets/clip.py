"""`clip:DIR`: any folder of consecutive frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from vfibench.contracts import DatasetCard, DatasetOptions, Inventory
from vfibench.datasets.selection import choose, read_id_list, unknown_id
from vfibench.errors import VfibenchError
from vfibench.frames.files import natural_key
from vfibench.system.paths import given_path
from vfibench_datasets.files import FileDataset, FileSample, wrong_size
from vfibench_datasets.source import check_inputs
from vfibench_datasets.windows import window_items

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
FACTORS = (2, 4, 8)

CARD = DatasetCard(
    name="clip",
    target="vfibench_datasets.clip:open_clip",
    title="any folder of consecutive frames",
    task="every 2nd (--factor 4, 8: 4th, 8th) frame goes in, those between are the targets",
    inputs=(2, 4),
    times=(),
    layout="DIR/im1.png, im2.png, ... im10.png (natural order; png, jpg, bmp, webp or tif, all of one size)",
    source="your own frames",
    argument="DIR",
    notes="A sample is called after its first target's file. Frames after the last input are not used. "
    "Four-frame windows replicate at the ends.",
)


def open_clip(options: DatasetOptions) -> FileDataset:
    """Open the folder `options.argument`; the selection is an own list, without an official count.

    Raises:
        VfibenchError: no folder, too few frames, a factor other than 2, 4, 8, two frames of one name, or
            a frame that is no picture or not as large as the first.
    """
    check_inputs(CARD, options)
    folder, factor = _folder(options.argument), _factor(options.factor)
    frames = _frames(folder, factor)
    size = _common_size(frames)
    names = [path.name for path in frames]
    items = window_items(names, factor, options.inputs, lambda index: frames[index].stem)
    if options.list_file is not None:
        items = _named_in(options.list_file, items, folder)
    inventory = Inventory(CARD.name, (folder,), folder, tuple(item.id for item in items))
    selection = replace(choose(inventory, options)[1], kind="own list", official=None)
    return FileDataset(CARD, folder, items, selection, size, changing=True)


def _folder(argument: str) -> Path:
    if not argument:
        raise VfibenchError("expected a folder of frames, found none", "do --dataset clip:DIR")
    folder = given_path(argument)
    if not folder.is_dir():
        raise VfibenchError(f"expected a folder of frames, found no folder {folder}", "do --dataset clip:DIR")
    return folder


def _factor(factor: int | None) -> int:
    if factor is not None and factor not in FACTORS:
        raise VfibenchError(f"expected factor 2, 4 or 8, found {factor}")
    return factor or FACTORS[0]


def _frames(folder: Path, factor: int) -> list[Path]:
    """Image files in natural order, hidden ones left out, enough for one sample, no two of one stem."""
    shown = (path for path in folder.iterdir() if not path.name.startswith("."))
    found = [path for path in shown if path.suffix.lower() in SUFFIXES and path.is_file()]
    if len(found) < factor + 1:
        raise VfibenchError(
            f"expected {factor + 1} frames or more for factor {factor}, found {len(found)}, in {folder}",
            "give a folder of png, jpg, bmp, webp or tif files",
        )
    twice = [stem for stem, times in Counter(path.stem for path in found).items() if times > 1]
    if twice:
        raise VfibenchError(f"expected one frame called {twice[0]!r}, found several, in {folder}")
    return sorted(found, key=natural_key)


def _common_size(frames: list[Path]) -> tuple[int, int]:
    """(width, height) of all frames, from their headers alone."""
    from PIL import Image

    expected: tuple[int, int] | None = None
    for path in frames:
        try:
            with Image.open(path) as image:
                found = image.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            reason = str(error).partition("\n")[0]
            raise VfibenchError(f"cannot read image {path}: {reason}", "restore the file") from error
        expected = expected or found
        if found != expected:
            raise wrong_size(path, expected, found)
    assert expected is not None
    return expected


def _named_in(list_file: Path, items: list[FileSample], folder: Path) -> list[FileSample]:
    by_id = {item.id: item for item in items}
    names = read_id_list(list_file)
    for name in names:
        if name not in by_id:
            raise unknown_id(name, list_file, by_id, folder)
    return [by_id[name] for name in names]
