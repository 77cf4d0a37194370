"""Several run folders at once: reading them for tables, and joining shards from different machines."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.store.damage import left_out, raised
from vfibench.store.folder import ResultStore
from vfibench.store.jsonl import undisturbed
from vfibench.store.result import CellResult
from vfibench.system.files import synced, unwritable
from vfibench.system.telling import warn

PATTERNS = ("run*.json", "cells/*.json", "scores/*.jsonl", "timings/*.jsonl")


def run_folders(folders: Sequence[Path]) -> list[Path]:
    """The run folders among and directly below `folders`.

    Raises:
        VfibenchError: a folder is missing, or there is no run in any of them.
    """
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise VfibenchError(
                f"expected a run folder, found nothing at {folder}", "see --out of `vfibench run`"
            )
        found += sorted(
            {path.parent for path in [*folder.glob("run*.json"), *folder.glob("*/run*.json")]} | _lost(folder)
        )
    if not found:
        places = ", ".join(str(folder) for folder in folders)
        raise VfibenchError(f"expected run.json in {places}, found no run", "run `vfibench run` first")
    return found


def _lost(folder: Path) -> set[Path]:
    """Run folders whose run.json is gone, but not what is kept of it."""
    return {
        path.parent.parent
        for path in [*folder.glob("cells/*.*of*.json"), *folder.glob("*/cells/*.*of*.json")]
    }


def read_results(folders: Sequence[Path]) -> list[CellResult]:
    """All cells of run folders, or of folders that hold run folders; errors as `run_folders`.

    A run that is named twice, or once itself and once by the folder it lies in, is read once. What cannot be
    read is left out with a warning, unless nothing else is there.

    Example:
        >>> [(result.cell.label, result.counts.ok) for result in read_results([Path("runs/v1-shards")])]
        [('blend', 4), ('odd-hungry', 3)]
    """
    runs: dict[Path, Path] = {}
    for run in run_folders(folders):
        runs.setdefault(run.resolve(), run)
    wrong: list[VfibenchError] = []
    found: list[CellResult] = []
    with undisturbed():
        for run in runs.values():
            with left_out(wrong):
                found += ResultStore(run).results()
    if wrong and not found:
        raise wrong[0]
    for error in wrong:
        warn(str(error))
    return found


def merge_folders(folders: Sequence[Path], out: Path) -> None:
    """Copy the shards of several run folders into a new one; nothing is written where they do not fit.

    Raises:
        VfibenchError: `out` is not empty, a folder holds no run, two folders hold the same shard file, or
            a sample occurs twice.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise VfibenchError(f"expected an empty folder at {out}, found something", "choose another --out")
    out = out.resolve()
    copies: dict[Path, Path] = {}
    for folder in run_folders(folders):
        for path in sorted(path for pattern in PATTERNS for path in folder.glob(pattern)):
            target = out / path.relative_to(folder)
            if target in copies:
                raise VfibenchError(
                    f"{path} and {copies[target]} are the same shard", "merge each shard once"
                )
            copies[target] = path
    staging = out.with_name(f".{out.name}.merging")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for target, path in copies.items():
            place = staging / target.relative_to(out)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            synced(place)
        ResultStore(staging).results(raised)
        staging.replace(out)
    except OSError as error:
        raise unwritable(out, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
