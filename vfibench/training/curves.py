"""What a training leaves behind while it runs: every step's losses, validations, TensorBoard's files."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vfibench.errors import VfibenchError
from vfibench.system.files import write_whole
from vfibench.training.complaints import LOWER

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

LOSSES, VALIDATIONS = "losses.csv", "validation.csv"


class Curves:
    """Losses of every step, kept on the device and written in blocks: one wait for the device a block.

    Args:
        folder: where the files go; None for a process that keeps none (all but the first).
        step: steps made before; rows of later ones, left by a training that was killed, are removed.
        every: steps in a block.
        tensorboard: also write TensorBoard's files.
    """

    def __init__(self, folder: Path | None, step: int, every: int, tensorboard: bool) -> None:
        self._folder, self._every, self._first = folder, every, step
        self._waiting: list[dict[str, Tensor]] = []
        self._rates: list[float] = []
        self._rows: dict[str, int] = {}
        self._board: SummaryWriter | None = None
        self._clock = time.perf_counter()
        if folder is not None:
            self._board = _board(folder, step) if tensorboard else None
            for name in (LOSSES, VALIDATIONS):
                _cut(folder / name, step)
                self._rows[name] = _rows_in(folder / name)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within, time does not count in "samples_per_s": validations, checkpoints."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._clock += time.perf_counter() - began

    def add(self, losses: Mapping[str, Tensor], rate: float) -> bool:
        """Keep a step's losses and learning rate; True when a block is full and wants `write`."""
        self._waiting.append(dict(losses))
        self._rates.append(rate)
        return len(self._waiting) >= self._every

    def write(self, world: int, batch: int) -> dict[str, float]:
        """Write the waiting rows, averaged over processes.

        Returns:
            Means of the block's losses, and "samples_per_s".

        Raises:
            VfibenchError: a loss is not a finite number; what was written before stays.
        """
        names = list(self._waiting[0])
        rows = self._averaged(names, world)
        now = time.perf_counter()
        speed, self._clock = len(rows) * batch / (now - self._clock), now
        self._store(names, rows)
        for offset, row in enumerate(rows):
            if not all(map(math.isfinite, row)):
                raise _not_finite(dict(zip(names, row, strict=True)), self._first + offset)
        self._first += len(rows)
        self._waiting, self._rates = [], []
        means = {name: sum(row[k] for row in rows) / len(rows) for k, name in enumerate(names)}
        return {**means, "samples_per_s": speed}

    def _averaged(self, names: list[str], world: int) -> list[list[float]]:
        """The waiting rows as numbers, averaged over processes: the one wait for the device."""
        block = torch.stack([torch.stack([step[name] for name in names]) for step in self._waiting]).double()
        if world > 1:
            torch.distributed.all_reduce(block)
            block /= world
        rows: list[list[float]] = block.cpu().tolist()
        return rows

    def validation(self, step: int, psnr: float) -> None:
        """Write a validation's PSNR, dB, after `step` steps."""
        if self._folder is not None:
            _append(self._folder / VALIDATIONS, ["step", "psnr_db"], [[step, f"{psnr:.4f}"]])
            self._rows[VALIDATIONS] += 1
        if self._board is not None:
            self._board.add_scalar("validation/psnr_db", psnr, step)

    def check(self) -> None:
        """Make sure that all rows are in the files.

        Raises:
            VfibenchError: some are not; something else has removed or changed them.
        """
        for name, rows in self._rows.items():
            assert self._folder is not None
            if (found := _rows_in(self._folder / name)) != rows:
                message = f"expected {rows} rows in {self._folder / name}, found {found}"
                hint = "something else has removed or changed them meanwhile: begin anew in another --out"
                raise VfibenchError(message, hint)

    def close(self) -> None:
        """Flush TensorBoard's files."""
        if self._board is not None:
            self._board.close()

    def _store(self, names: list[str], rows: list[list[float]]) -> None:
        if self._folder is None:
            return
        steps = range(self._first, self._first + len(rows))
        table = [
            [step, repr(rate), *map(repr, row)]
            for step, rate, row in zip(steps, self._rates, rows, strict=True)
        ]
        _append(self._folder / LOSSES, ["step", "lr", *names], table)
        self._rows[LOSSES] += len(table)
        if self._board is not None:
            for step, row in zip(steps, rows, strict=True):
                for name, value in zip(names, row, strict=True):
                    self._board.add_scalar(f"loss/{name}", value, step)


def read_curve(path: Path) -> list[dict[str, float]]:
    """Rows of a losses.csv or validation.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _not_finite(losses: dict[str, float], step: int) -> VfibenchError:
    found = ", ".join(f"{name} {value:.4g}" for name, value in losses.items())
    return VfibenchError(f"expected finite losses, found {found} at step {step}", LOWER)


def _append(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not path.exists():
        writer.writerow(header)
    writer.writerows(rows)
    with path.open("a", encoding="utf-8") as file:
        file.write(text.getvalue())


def _rows_in(path: Path) -> int:
    """Rows of a file below its heading, 0 where there is none."""
    try:
        return max(path.read_bytes().count(b"\n") - 1, 0)
    except FileNotFoundError:
        return 0


def _cut(path: Path, step: int) -> None:
    """Remove rows of step `step` (a validation: after more than `step` steps) and later; at 0 the file."""
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if step == 0 or not lines or not lines[0].endswith("\n"):
        path.unlink()
        return
    last = step if path.name == VALIDATIONS else step - 1
    kept = [line for line in lines[1:] if line.endswith("\n") and _step_of(line, last + 1) <= last]
    write_whole(path, "".join(lines[:1] + kept))


def _step_of(line: str, otherwise: int) -> int:
    """The step that a row begins with, or `otherwise` where it is damaged."""
    text = line.partition(",")[0]
    return int(text) if text.isdecimal() and len(text) < 20 else otherwise


def check_tensorboard() -> None:
    """VfibenchError where TensorBoard is not installed."""
    try:
        import torch.utils.tensorboard.writer  # noqa: F401
    except ImportError as error:
        raise VfibenchError("--tensorboard needs TensorBoard", "pip install 'vfibench[train]'") from error


def _board(folder: Path, step: int) -> SummaryWriter:
    from torch.utils.tensorboard.writer import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"), purge_step=step or None)
