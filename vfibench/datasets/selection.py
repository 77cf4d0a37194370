"""Which samples of a dataset are scored, and how that choice is named and hashed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import Inventory, Selection
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.system.files import why_unreadable
from vfibench.system.json_text import readable
from vfibench.system.paths import path_in_environment

if TYPE_CHECKING:
    from vfibench.contracts import DatasetOptions


def data_root(given: Path | None) -> Path | None:
    """The folder datasets are looked for in: as given, else VFIBENCH_DATA, else None."""
    return given or path_in_environment("VFIBENCH_DATA")


def list_hash(ids: Sequence[str]) -> str:
    """SHA-256 of sample ids in order, one a line, as hex.

    Example:
        >>> list_hash(["a", "b"])[:12]
        '911169ddaaf1'
    """
    return hashlib.sha256("".join(f"{readable(str(name))}\n" for name in ids).encode()).hexdigest()


def read_id_list(path: Path) -> list[str]:
    """Lines of a list file, stripped; blank lines, CRLF and a byte order mark are no matter.

    Raises:
        VfibenchError: the file is missing, no text, or holds no line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise VfibenchError(
            f"cannot read list {path}: {why_unreadable(error)}", "give a text file, one id per line"
        ) from error
    ids = [line.strip() for line in lines if line.strip()]
    if not ids:
        raise VfibenchError(f"expected one id per line, found none in {path}", "name the samples to score")
    return ids


def unknown_id(name: str, list_file: Path, known: Iterable[str], where: Path | None = None) -> VfibenchError:
    """The error for a line of an own list that names nothing: neither official nor on disk."""
    hint = did_you_mean(name, known, "correct or remove the line", most=2, cutoff=0.6)
    place = f" or {where}" if where else ""
    return VfibenchError(f"unknown sequence {name!r} in {list_file}: not in the official list{place}", hint)


def check_root(root: Path | None, dataset: str) -> Path:
    """The data root.

    Raises:
        VfibenchError: there is none, or it is no folder.
    """
    hint = "do --data-root DIR or set VFIBENCH_DATA"
    if root is None:
        raise VfibenchError(f"expected a data root for dataset {dataset!r}, found none", hint)
    if not root.is_dir():
        raise VfibenchError(f"expected a data root for dataset {dataset!r}, found no folder {root}", hint)
    return root


def choose(inventory: Inventory, options: DatasetOptions) -> tuple[list[str], Selection]:
    """Decide which samples are scored.

    Args:
        inventory: what is on disk of the official list, or of `options.list_file` where given.
        options: `partial` and `list_file` decide.

    Returns:
        Sample ids in scoring order, and what they count as.

    Raises:
        VfibenchError: no folder, nothing found, incomplete without `partial`, an own list that is
            incomplete or names a sample twice.
    """
    if inventory.folder is None:
        raise _no_folder(inventory)
    present, tally = inventory.present, inventory.tally
    if options.list_file is not None:
        _check_own(inventory, options.list_file)
        return present, Selection("own list", len(present), None, list_hash(present))
    if tally.found > tally.total:
        raise _too_many(inventory)
    if not present:
        raise _incomplete(inventory, "`--list FILE` scores another selection of what is there, or get")
    whole = tally.found == tally.total and not inventory.missing
    if not whole and not options.partial:
        raise _incomplete(inventory, "do --partial to score what is there, or get")
    total = tally.total if tally.unit == "samples" else None
    return present, Selection("official" if whole else "partial", len(present), total, list_hash(present))


def _no_folder(inventory: Inventory) -> VfibenchError:
    places = " or ".join(str(place) for place in inventory.looked_for)
    return VfibenchError(
        f"expected {inventory.dataset} in {places}, found nothing there", f"get it from {inventory.source}"
    )


def _incomplete(inventory: Inventory, advice: str) -> VfibenchError:
    """N of M found, and the first file that is not there."""
    first, tally = next(iter(inventory.missing.values()), None), inventory.tally
    return VfibenchError(
        f"expected the official {tally.total} {tally.unit} of {inventory.dataset}, found "
        f"{tally.found} of {tally.total} in {inventory.folder}"
        + (f", first {lack(first, inventory.faults)}" if first else ""),
        f"{advice} the rest from {inventory.source}",
    )


def lack(path: Path, faults: Mapping[Path, str]) -> str:
    """A file of `Inventory.missing` in words: "missing PATH", or "incomplete PATH: why"."""
    return f"incomplete {path}: {faults[path]}" if path in faults else f"missing {path}"


def _too_many(inventory: Inventory) -> VfibenchError:
    """More than the official set holds: something else lies in its folder."""
    tally = inventory.tally
    return VfibenchError(
        f"expected the official {tally.total} {tally.unit} of {inventory.dataset}, found {tally.found} in "
        f"{inventory.folder}",
        "remove what is not of the set, or name with --list FILE what to score",
    )


def _check_own(inventory: Inventory, list_file: Path) -> None:
    twice = [name for name, times in Counter(inventory.ids).items() if times > 1]
    if twice:
        raise VfibenchError(f"sample {twice[0]!r} occurs twice in {list_file}", "remove one of the lines")
    if inventory.missing:
        name, path = next(iter(inventory.missing.items()))
        if path in inventory.faults:
            what = lack(path, inventory.faults)
            raise VfibenchError(f"sample {name!r} in {list_file}: {what}", "restore it, or remove the line")
        raise VfibenchError(f"missing image {path} of sample {name!r} in {list_file}", "restore the file")
