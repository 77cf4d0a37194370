"""The baseline as a file: plain CSV under a head of comments, made to be committed and read in a diff.

The head names the schema and, for each cell, its identity (`vfibench.gate.file_header`). Then a row per
frame; each column has its decimals. `inf` is an exact frame, `nan` one that the definition gives no number,
an empty field a column that the cell lacks:

    # vfibench-baseline: 1
    #
    # cell: "blend/synthetic"
    #   frames: 168
    #   method: "blend"
    #   ...
    cell,sample,t,psnr,ssim
    blend/synthetic,00-cat-drift,0.125,49.9035,0.99775
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from vfibench.errors import VfibenchError
from vfibench.gate.baseline import BaselineCell, kept_digits
from vfibench.gate.file_header import AGAIN, CellHeader, damaged, head_lines, read_heads
from vfibench.statistics.arrays import FloatArray, Frame
from vfibench.store.cells import Cell
from vfibench.system.files import why_unreadable, write_whole

SCHEMA_VERSION = 1
FIRST = "# vfibench-baseline: "
FRONT = ("cell", "sample", "t")
UNWRITABLE = re.compile("[\r\ud800-\udfff]")
"""In a name: what UTF-8 cannot hold, and a line end that reading would change."""


def write_baseline(cells: Sequence[BaselineCell], path: Path) -> None:
    """Write cells, in the order given.

    Raises:
        VfibenchError: the file cannot be written, or a name has a character that a text file cannot hold.
    """
    text = baseline_text(cells)
    odd = UNWRITABLE.search(text)
    if odd:
        found = text[max(odd.start() - 30, 0) : odd.end() + 10]
        raise VfibenchError(
            f"expected names that a text file can hold, found {odd[0]!r} in {found!r}",
            "rename the method or the sample",
        )
    write_whole(path, text, make_folder=False)


def baseline_text(cells: Sequence[BaselineCell]) -> str:
    """The content of a baseline file."""
    columns = list(dict.fromkeys(column for cell in cells for column in cell.values))
    out = io.StringIO()
    out.write(f"{FIRST}{SCHEMA_VERSION}\n")
    out.writelines(f"{line}\n" for line in head_lines(cells))
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*FRONT, *columns])
    for cell in cells:
        texts = [_texts(cell, column) for column in columns]
        samples, times = zip(*cell.frames, strict=True)
        rows.writerows(zip([cell.id] * len(samples), samples, map(repr, times), *texts, strict=True))
    return out.getvalue()


def _texts(cell: BaselineCell, column: str) -> list[str]:
    if column not in cell.values:
        return [""] * len(cell.frames)
    decimals = kept_digits(column)
    form = repr if decimals is None else f"{{:.{decimals}f}}".format
    return [form(value) for value in cell.values[column].tolist()]


def read_baseline(path: Path) -> list[BaselineCell]:
    """The cells of a baseline file, in its order; none where it has none.

    Raises:
        VfibenchError: no such file, another schema, or a damaged one; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        found = why_unreadable(error)
        raise VfibenchError(f"expected a baseline, found {found} for {path}", AGAIN) from error
    if not lines[0].startswith(FIRST):
        raise VfibenchError(
            f"expected {FIRST}{SCHEMA_VERSION} in line 1 of {path}, found another file", AGAIN
        )
    version = lines[0].removeprefix(FIRST).strip()
    if version != str(SCHEMA_VERSION):
        raise VfibenchError(
            f"expected schema {SCHEMA_VERSION} in {path}, found {version!r}", "use a matching vfibench"
        )
    size = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
    heads = read_heads(lines[1:size], path)
    return _cells(heads, "\n".join(lines[size:]), size, path)


def _cells(heads: Mapping[str, CellHeader], text: str, before: int, path: Path) -> list[BaselineCell]:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, list[list[str]]] = {name: [] for name in heads}
    try:
        columns = next(table, [])
        if tuple(columns[:3]) != FRONT:
            raise damaged(path, before + 1, ",".join(FRONT), ",".join(columns))
        for row in table:
            if len(row) != len(columns) or row[0] not in rows:
                raise damaged(path, before + table.line_num, "a row of a cell of the head", ",".join(row))
            rows[row[0]].append(row)
    except csv.Error as error:
        raise damaged(path, before + table.line_num, "CSV", str(error)) from error
    return [_cell(heads[name], columns[3:], rows[name], f"cell {name} of {path}") for name in heads]


def _cell(
    facts: CellHeader, columns: Sequence[str], rows: Sequence[Sequence[str]], where: str
) -> BaselineCell:
    """One cell, its rows checked against its head."""
    metrics = set(facts.settings.metrics)
    if len(rows) != facts.frames:
        raise VfibenchError(f"expected {facts.frames} rows of {where}, found {len(rows)}", AGAIN)
    fields = list(zip(*rows, strict=True)) or [()] * (len(columns) + 3)
    try:
        frames: tuple[Frame, ...] = tuple(zip(fields[1], map(float, fields[2]), strict=True))
        values: dict[str, FloatArray] = {
            column: np.array([float(text) for text in texts], np.float64)
            for column, texts in zip(columns, fields[3:], strict=True)
            if column in metrics
        }
    except ValueError as error:
        raise VfibenchError(f"expected numbers in {where}, found {error}", AGAIN) from error
    if len(set(frames)) != len(frames):
        raise VfibenchError(f"expected each sample and time once in {where}", AGAIN)
    if not set(values) == set(facts.better) == metrics:
        raise VfibenchError(f"expected each metric of its head in {where}, and which way is better", AGAIN)
    cell = Cell(facts.method, facts.dataset, facts.protocol, facts.settings)
    return BaselineCell(cell, frames, values, facts.better, facts.made_with)
