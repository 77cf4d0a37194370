"""What a baseline keeps of a run: each cell's identity and its rounded scores, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vfibench.errors import VfibenchError
from vfibench.statistics.arrays import FloatArray, Frame
from vfibench.statistics.digits import digits, is_known
from vfibench.store.cells import Cell
from vfibench.store.comparability import changed_settings
from vfibench.store.result import CellResult

MADE_WITH = ("vfibench", "torch")


@dataclass(frozen=True)
class BaselineCell:
    """One cell of a baseline.

    Attributes:
        cell: method, dataset, protocol and all settings that decide the scores.
        frames: (sample id, time) of each of the F frames, in the dataset's order.
        values: [F] rounded scores of each column; infinity where a PSNR is exact, NaN where the definition
            gives no number.
        better: "higher" or "lower", by column.
        made_with: versions of the software that made the scores.
    """

    cell: Cell
    frames: tuple[Frame, ...]
    values: Mapping[str, FloatArray]
    better: Mapping[str, str]
    made_with: Mapping[str, str]

    @property
    def id(self) -> str:
        """What its rows begin with: "blend/synthetic", and the protocol and device where not the usual."""
        return cell_id(self.cell)


def cell_id(cell: Cell) -> str:
    """A readable name of a cell, told apart by all but weights and the like, which a new baseline may change.

    >>> from vfibench.store.settings import Settings
    >>> known = {"inputs": 2, "list_sha256": "ab", "times": (0.5,), "metrics": {"psnr": 1}}
    >>> cell_id(Cell("rife", "ucf101", "vfibench", Settings(**known, precision="fp16", device="cuda")))
    'rife (fp16)/ucf101/cuda'
    """
    device = cell.settings.device
    more = [cell.protocol] * (cell.protocol != "vfibench") + [device] * (device != "cpu")
    return "/".join([cell.label, cell.dataset, *more])


def rounded(column: str, values: FloatArray) -> FloatArray:
    """Scores as a baseline keeps them; a metric of unknown scale is kept as it is.

    Both sides of a comparison go through here, so that a run compared with its own baseline differs by 0.

    >>> rounded("psnr@rife", np.array([31.87654321, np.inf])).tolist()
    [31.8765, inf]
    """
    decimals = kept_digits(column)
    return values if decimals is None else np.round(values, decimals) + 0.0  # no -0


def kept_digits(column: str) -> int | None:
    """Decimals that a baseline keeps, one more than are printed; None, all, of a metric of unknown scale.

    One unit of the last is at most a fiftieth of a default tolerance.
    """
    return digits(column) + 1 if is_known(column) else None


def make_baseline(results: Sequence[CellResult]) -> list[BaselineCell]:
    """The baseline of some results, in an order that does not depend on theirs.

    Raises:
        VfibenchError: no cell, one that is not complete, one without a column, or two that only their
            weights (or other settings a gate judges) tell apart.
    """
    if not results:
        raise VfibenchError("expected cells in the run, found none", "run `vfibench run` first")
    found: dict[str, BaselineCell] = {}
    for result in results:
        _check_whole(result)
        made = _kept(result)
        if made.id in found:
            raise VfibenchError(
                f"expected one cell {made.id}, found two: {difference(found[made.id].cell, made.cell)}",
                "score into a new folder, so that the baseline holds the one you mean",
            )
        found[made.id] = made
    return sorted(found.values(), key=lambda one: (one.cell.dataset, one.cell.protocol, one.id))


def difference(one: Cell, other: Cell) -> str:
    """The settings that tell two cells apart, as "weights_sha256, batch_size"."""
    return ", ".join(changed_settings(one, other)) or "the same settings"


def _check_whole(result: CellResult) -> None:
    """VfibenchError for a cell that a later run cannot be held to."""
    counts, name = result.counts, cell_id(result.cell)
    if not result.complete:
        raise VfibenchError(
            f"expected every frame of {name} scored, found {counts.ok} of {counts.planned} "
            f"({counts.error} failed)",
            "run the same `vfibench run` again",
        )
    if not result.columns:
        raise VfibenchError(f"expected a metric of {name}, found none", "score it with --metric psnr")


def _kept(result: CellResult) -> BaselineCell:
    scores = result.scores
    versions = result.entry.provenance.versions
    return BaselineCell(
        result.cell,
        scores.frames,
        {column: rounded(column, values) for column, values in scores.values.items()},
        {column: fact.better for column, fact in result.columns.items()},
        {name: versions[name] for name in MADE_WITH if name in versions},
    )


def counted(frames: int) -> str:
    """A number of frames in words.

    >>> counted(1), counted(3)
    ('1 frame', '3 frames')
    """
    return "1 frame" if frames == 1 else f"{frames} frames"
