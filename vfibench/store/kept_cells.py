"""`cells/<cell>.<shard>.json`: each entry of run.json once more, in a file of its own.

    {"schema_version": 1, "cell": {...}}

A run.json that a power cut has emptied, zeroed or cut is made again from them, and an entry that cannot be
read is taken from here. Run folders of earlier versions have none, and need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vfibench.system.files import write_whole
from vfibench.system.json_text import decoded, encoded

FOLDER = "cells"


def keep_cell(run_file: Path, name: str, version: int, cell: Mapping[str, object]) -> None:
    """Write a cell's entry beside the run.json that is to have it.

    Raises:
        VfibenchError: it cannot be written.
    """
    path = run_file.parent / FOLDER / f"{name}.{shard_of(run_file)}.json"
    write_whole(path, encoded({"schema_version": version, "cell": cell}, indent=1) + "\n")


def kept_cells(run_file: Path) -> dict[str, dict[str, object]]:
    """By the cells' names a run.json of each cell alone; what cannot be read is left out."""
    ending = f".{shard_of(run_file)}.json"
    found = {}
    for path in sorted((run_file.parent / FOLDER).glob(f"*{ending}")):
        try:
            content = decoded(path.read_bytes())
        except (OSError, ValueError):
            continue
        cell = content.get("cell") if isinstance(content, dict) else None
        if isinstance(cell, dict):
            name = path.name.removesuffix(ending)
            found[name] = {"schema_version": content.get("schema_version"), "cells": [cell]}
    return found


def run_files_of_cells(folder: Path) -> set[Path]:
    """The run.json files that the cells of a folder belong to, whether or not they are there."""
    shards = {path.name.split(".")[-2] for path in (folder / FOLDER).glob("*.*of*.json")}
    return {folder / ("run.json" if shard == "0of1" else f"run.{shard}.json") for shard in shards}


def shard_of(run_file: Path) -> str:
    """The shard that a run.json is of: "0of1", or "1of3" for run.1of3.json."""
    return run_file.name.removeprefix("run.").removesuffix("json").strip(".") or "0of1"
