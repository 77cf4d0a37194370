"""How a dataset of image files is opened: its official list, its layouts on disk, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import DatasetCard, DatasetOptions, Inventory, Selection
from vfibench.datasets.selection import check_root, choose, read_id_list, unknown_id
from vfibench.errors import VfibenchError
from vfibench.frames.folders import files_in
from vfibench_datasets.files import FileDataset, FileSample

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

LISTS = Path(__file__).resolve().parent / "lists"


@dataclass(frozen=True)
class Layout:
    """One way a dataset lies on disk.

    Attributes:
        folder: relative to the data root; the first layout whose folder exists is taken.
        items: (data root, line of a list, number of inputs) -> the samples the line names, none where
            it is not of the list's form. The disk is looked at for lines outside the official list only,
            and by sets whose clips are as long as on disk (see `scanned`).
        marker: pattern below the folder of which one file at least must exist, for files that come apart.
    """

    folder: str
    items: Callable[[Path, str, int], list[FileSample]]
    marker: str = ""

    def lies_under(self, root: Path) -> bool:
        """Whether the folder, and a file of the marker where there is one, exist; hidden ones are none."""
        folder = root / self.folder
        if not self.marker:
            return folder.is_dir()
        found = (path.relative_to(folder).parts for path in folder.glob(self.marker))
        return any(not any(part.startswith(".") for part in parts) for parts in found)


@dataclass(frozen=True)
class FileSource:
    """A dataset's factory: call it with DatasetOptions, or ask for its `inventory`.

    Attributes:
        card: the dataset's card.
        layouts: arrangements on disk, in order of preference.
        lines: the official list.
        size: official (width, height) of every picture, where there is one.
        refine: last step, for variants that leave samples out by what the files hold.
        view: what samples show of each picture, see FileDataset.
    """

    card: DatasetCard
    layouts: tuple[Layout, ...]
    lines: Callable[[], Sequence[str]]
    size: tuple[int, int] | None = None
    refine: Callable[[FileDataset], FileDataset] | None = None
    view: Callable[[UInt8Array], UInt8Array] | None = None

    def __call__(self, options: DatasetOptions) -> FileDataset:
        """Open the dataset; every file it needs is known to exist afterwards.

        Raises:
            VfibenchError: an option does not apply, or files are missing (see `selection.choose`).
        """
        check_options(self.card, options)
        root = check_root(options.root, self.card.name)
        layout = self._find(root)
        if layout is None:
            self._check_parent(root.absolute())
        if options.list_file is None or layout is None:
            items = self._official(root, layout, options.inputs)
        else:
            items = self._own(root, layout, options.inputs, options.list_file)
        chosen, selection = choose(self._inventory(root, layout, items), options)
        wanted = set(chosen)
        kept = [item for item in items if item.id in wanted]
        dataset = self._dataset(root, kept, selection)
        return self.refine(dataset) if self.refine else dataset

    def inventory(self, root: Path) -> Inventory:
        """What of the official list is there, for the smallest number of inputs; raises nothing."""
        layout = self._find(root)
        return self._inventory(root, layout, self._official(root, layout, min(self.card.inputs)))

    def _dataset(self, root: Path, items: Sequence[FileSample], selection: Selection) -> FileDataset:
        return FileDataset(self.card, root, items, selection, self.size, view=self.view)

    def _find(self, root: Path) -> Layout | None:
        return next((layout for layout in self.layouts if layout.lies_under(root)), None)

    def _check_parent(self, root: Path) -> None:
        """Refuse the dataset's own folder as data root with a better hint than "not found"."""
        if self._find(root.parent):
            folders = " or ".join(self.card.folders)
            raise VfibenchError(
                f"expected the folder that holds {folders}, found {root}", f"do --data-root {root.parent}"
            )

    def _official(self, root: Path, layout: Layout | None, inputs: int) -> list[FileSample]:
        build = (layout or self.layouts[0]).items
        return [item for line in self.lines() for item in build(root, line, inputs)]

    def _own(self, root: Path, layout: Layout, inputs: int, list_file: Path) -> list[FileSample]:
        """Samples of an own list: official ones, and others of the same form that lie on disk."""
        items: list[FileSample] = []
        for line in read_id_list(list_file):
            named = layout.items(root, line, inputs)
            if not any(item.fault or (root / name).is_file() for item in named for name in item.files):
                known = {item.id for item in self._official(root, layout, inputs)} | set(self.lines())
                if line not in known:
                    raise unknown_id(line, list_file, sorted(known), root / layout.folder)
            items += named
        return items

    def _inventory(self, root: Path, layout: Layout | None, items: Sequence[FileSample]) -> Inventory:
        return Inventory(
            dataset=self.card.name,
            looked_for=tuple(root / each.folder / each.marker for each in self.layouts),
            folder=root / layout.folder if layout else None,
            ids=tuple(item.id for item in items),
            missing=missing_files(root, items) if layout else {},
            source=self.card.source,
            faults={root / item.files[0]: item.fault for item in items if item.fault},
        )


def check_options(card: DatasetCard, options: DatasetOptions) -> None:
    """Refuse what a dataset of the official kind has no use for.

    Raises:
        VfibenchError: an argument or factor is given, or the number of inputs is not offered.
    """
    if options.argument:
        raise VfibenchError(f"dataset {card.name!r} takes no argument, found {options.argument!r}")
    if options.factor is not None:
        raise VfibenchError(f"dataset {card.name!r} has its own frame rate, found factor {options.factor}")
    check_inputs(card, options)


def check_inputs(card: DatasetCard, options: DatasetOptions) -> None:
    """Refuse a number of input frames the dataset cannot give.

    Raises:
        VfibenchError: `options.inputs` is not among the card's.
    """
    if options.inputs not in card.inputs:
        offered = " or ".join(str(number) for number in card.inputs)
        raise VfibenchError(f"dataset {card.name!r} gives {offered} input frames, asked for {options.inputs}")


def missing_files(root: Path, items: Iterable[FileSample]) -> dict[str, Path]:
    """First missing file of each incomplete sample, or the first of one with a fault.

    Each folder is listed once, not each file stat'ed.
    """
    listed: dict[str, frozenset[str]] = {}
    missing: dict[str, Path] = {}
    for item in items:
        for name in item.files:
            folder, _, file = name.rpartition("/")
            if folder not in listed:
                listed[folder] = files_in(root / folder)
            if item.fault or file not in listed[folder]:
                missing[item.id] = root / name
                break
    return missing


def count_numbered(folder: Path, digits: int, suffix: str) -> int:
    """How many files of a folder are called by a number of so many digits alone, such as 00012.jpg."""
    form = re.compile(rf"[0-9]{{{digits}}}{re.escape(suffix)}")
    return sum(form.fullmatch(name) is not None for name in files_in(folder))


def read_list(name: str) -> list[str]:
    """Lines of an official list that ships with the package."""
    return (LISTS / name).read_text(encoding="utf-8").split("\n")[:-1]
