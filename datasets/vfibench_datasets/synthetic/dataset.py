"""The synthetic dataset as the harness sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import DatasetOptions, Sample, Selection
from vfibench.datasets.selection import list_hash, read_id_list, unknown_id
from vfibench.errors import VfibenchError
from vfibench_datasets.synthetic.card import CARD
from vfibench_datasets.synthetic.facts import table
from vfibench_datasets.synthetic.photographs import check
from vfibench_datasets.synthetic.scenes import Scene, ids, scene

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array
    from vfibench_datasets.synthetic.truth import Truth

FACTORS = (2, 4, 8)
MIDDLE_INPUTS = (0.0, 1.0)
FOUR_INPUTS = (-1.0, 0.0, 1.0, 2.0)


class SyntheticDataset:
    """Sequences rendered on demand, [3, 256, 448] a frame; safe to use from several threads at once.

    Attributes:
        card: the facts.
        selection: which of the 24 sequences this object stands for.
        times: target times of every sample.
    """

    card = CARD
    fingerprint: str | None = None  # the frames come from code alone

    def __init__(self, names: Sequence[str], selection: Selection, inputs: int, factor: int) -> None:
        self.selection = selection
        self._names = tuple(names)
        self._inputs = FOUR_INPUTS if inputs == 4 else MIDDLE_INPUTS
        self.times = tuple(k / factor for k in range(1, factor))

    @property
    def ids(self) -> Sequence[str]:
        """Sample ids in scoring order, such as "00-cat-drift"."""
        return self._names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Sample:
        """Render sample `index`: only its inputs and targets."""
        name, made = self._names[index], self._scene(index)
        facts = table()[name]
        tags: dict[str, str | float | bool] = {
            "seed": made.seed,
            "motion": facts.motion,
            "motion_p90": facts.motion_p90,
            "seen_by_1": facts.seen_by_1,
            "seen_by_0": facts.seen_by_0,
        }
        return Sample(name, _frames(made, self._inputs), _frames(made, self.times), self.times, tags)

    def truth(self, index: int, time: float) -> Truth:
        """Exact motion and visibility of sample `index` at `time`, towards the inputs at t = 0 and 1.

        Raises:
            VfibenchError: the time is not in 0..1.
        """
        from vfibench_datasets.synthetic.truth import truth

        if not 0.0 <= time <= 1.0:
            raise VfibenchError(f"expected a time in 0..1, found {time}")
        return truth(self._scene(index), time)

    def _scene(self, index: int) -> Scene:
        return scene(ids().index(self._names[index]))


def open_synthetic(options: DatasetOptions) -> SyntheticDataset:
    """Open the dataset; the data root and `partial` do not matter to it.

    Args:
        options: `inputs` (2 or 4), `factor` (8, the default, gives t = 1/8 .. 7/8; 4 and 2 give 3 and 1
            targets) and `list_file` are honoured.

    Raises:
        VfibenchError: an option that does not fit, an unknown sequence in the list, or a photograph of
            scikit-image that is missing or changed.
    """
    if options.argument:
        message = f"expected no argument for dataset {CARD.name!r}, found {options.argument!r}"
        raise VfibenchError(message, f"do --dataset {CARD.name}")
    if options.inputs not in CARD.inputs:
        raise VfibenchError(f"expected 2 or 4 input frames for dataset {CARD.name!r}, found {options.inputs}")
    factor = 8 if options.factor is None else options.factor
    if factor not in FACTORS:
        raise VfibenchError(f"expected a factor of 2, 4 or 8, found {factor}", "do --factor 8")
    check()
    return SyntheticDataset(*_choose(options.list_file), options.inputs, factor)


def _choose(list_file: Path | None) -> tuple[list[str], Selection]:
    official = ids()
    if list_file is None:
        return official, Selection("official", len(official), len(official), list_hash(official))
    names = read_id_list(list_file)
    for name, times in Counter(names).items():
        if name not in official:
            raise unknown_id(name, list_file, official)
        if times > 1:
            raise VfibenchError(f"sample {name!r} occurs twice in {list_file}", "remove one of the lines")
    return names, Selection("own list", len(names), None, list_hash(names))


def _frames(made: Scene, times: Sequence[float]) -> UInt8Array:
    """[len(times), 3, H, W], a channel-first view of interleaved memory."""
    import numpy as np

    from vfibench_datasets.synthetic.render import frame

    return np.stack([frame(made, time).transpose(1, 2, 0) for time in times]).transpose(0, 3, 1, 2)
