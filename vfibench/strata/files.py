"""The files of facts: RUN/strata/<dataset>.<key>.csv, written whole or not at all.

    # vfibench strata 1
    # dataset: ucf101
    # list: ac9f625d2026feaf...
    # how: estimated from the ground truth (DIS optical flow at 448 px, version 1)
    # motion: 90th percentile of the motion between the two inputs around the target, in its pixels
    # occlusion: share of the target's pixels that these two inputs do not both show
    sample,t,motion,occlusion
    31,0.5,3.4120712280273438,0.021142578125

While it is made, the file is called .csv.part: lines are added as they are known, and one that was left
behind is gone on with.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.statistics.arrays import Frame
from vfibench.store.cells import file_word, short_key
from vfibench.store.comparability import FRAMES, values
from vfibench.store.result import CellResult

Row = tuple[Frame, tuple[float, float]]

FORM = "# vfibench strata 1"
EXACT = "exact"
"""How facts were found that the dataset itself told."""
COLUMNS = ["sample", "t", "motion", "occlusion"]
MEANING = {
    "motion": "90th percentile of the motion between the two inputs around the target, in its pixels",
    "occlusion": "share of the target's pixels that these two inputs do not both show",
}


@dataclass(frozen=True)
class FactsFile:
    """A file of facts read back: (motion, occlusion) by frame, and how they were found."""

    rows: Mapping[Frame, tuple[float, float]]
    how: str


def facts_file(result: CellResult) -> Path:
    """Where the facts of a cell's frames lie: one file per dataset, list, files on disk and target times."""
    name = result.cell.dataset
    key = short_key([name, *values(result.cell, FRAMES)])
    return result.folder / "strata" / f"{file_word(name)}.{key}.csv"


def heading(result: CellResult, how: str) -> str:
    """The lines that come before the rows."""
    facts = {
        "dataset": " ".join(result.cell.dataset.split()),
        "list": result.cell.settings.list_sha256,
        "how": how,
    }
    told = [f"# {name}: {text}" for name, text in (facts | MEANING).items()]
    return "\n".join([FORM, *told, ",".join(COLUMNS)]) + "\n"


def row_text(rows: Iterable[Row]) -> str:
    """Rows as lines, figures exactly: a rounded one might change its class."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [sample, *map(repr, (time, motion, occlusion))] for (sample, time), (motion, occlusion) in rows
    )
    return text.getvalue()


def read_facts(path: Path) -> FactsFile:
    """Read a file of facts; a torn last line is left out.

    Raises:
        VfibenchError: it cannot be read, is of another form, or a line is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, f"cannot read {path}: {error}") from error
    lines = text[: text.rfind("\n") + 1].split("\n")
    start = next((place for place, line in enumerate(lines) if not line.startswith("# ")), len(lines))
    told = dict(line[2:].split(": ", 1) for line in lines[1:start] if ": " in line)
    if lines[:1] != [FORM] or "how" not in told or lines[start : start + 1] != [",".join(COLUMNS)]:
        raise _damaged(path, f"expected {FORM!r}, its comments and {','.join(COLUMNS)} at the top of {path}")
    rows = {}
    reader = csv.reader(StringIO("\n".join(lines[start + 1 :]), newline=""))
    while True:
        fields: list[str] = []
        try:
            if (fields := next(reader, fields)) == []:
                break
            sample, *numbers = fields
            time, motion, occlusion = map(float, numbers)
        except (ValueError, csv.Error):
            found = ",".join(fields)[:40]
            number = start + 1 + reader.line_num
            message = f"expected {','.join(COLUMNS)} on line {number} of {path}, found {found!r}"
            raise _damaged(path, message) from None
        rows[sample, time] = (motion, occlusion)
    return FactsFile(rows, told["how"])


def _damaged(path: Path, message: str) -> VfibenchError:
    return VfibenchError(message, f"remove {path.name}, then run `vfibench strata` again")
